"""Results as JSON values: for each subject a file with its columns, its values, their schemas and examples."""
