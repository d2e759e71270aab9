"""The daemon with real edges: PostgreSQL, Valkey and a folder."""
