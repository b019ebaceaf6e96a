"""S3, Amazon's or any server that speaks it (boto3): a client by the settings, and a place in a bucket."""
