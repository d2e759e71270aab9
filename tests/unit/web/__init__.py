"""The HTTP interface, without any server."""
