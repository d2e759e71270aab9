"""Unit tests of pictures of workflows."""
