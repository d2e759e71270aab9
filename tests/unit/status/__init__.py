"""What of the status board needs no Redis."""
