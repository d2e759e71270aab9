"""Tests of what the store says, without a server."""
