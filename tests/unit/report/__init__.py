"""Reports need no service."""
