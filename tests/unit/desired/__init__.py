"""Tests of the manifests: bytes in, resources and diagnostics out."""
