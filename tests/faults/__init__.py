"""Tests that break something on purpose, and look at what is left."""
