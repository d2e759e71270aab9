"""The HTTP interface, on real servers."""
