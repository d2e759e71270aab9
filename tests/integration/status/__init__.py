"""Promises of the status board, against a real server and against broken ones."""
