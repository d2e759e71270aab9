"""Unit tests of what is reported."""
