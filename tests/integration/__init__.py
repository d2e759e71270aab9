"""Tests of several modules against a real PostgreSQL and a real Redis."""
