"""Whole passes: a real folder, a real PostgreSQL, and nothing in between that is not ours."""
