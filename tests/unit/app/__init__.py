"""Tests of what puts the parts together, as far as no server is needed."""
