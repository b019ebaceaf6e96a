"""S3, from Amazon or any compatible server (boto3): a client from the settings, and a place in a bucket."""
