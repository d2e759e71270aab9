"""What stands in `deploy/`, and what the programs that it is for say of it where they are at hand."""
