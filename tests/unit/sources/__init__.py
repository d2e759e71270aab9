"""What the parts of a source promise, without any file."""
