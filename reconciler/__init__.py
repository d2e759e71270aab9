"""Keeps PostgreSQL equal to a folder of YAML manifests, and says how it stands in Redis.

Imports point downwards only; the layers and their order are drawn in pyproject.toml and checked there.
"""

__version__ = "0.1.0"
