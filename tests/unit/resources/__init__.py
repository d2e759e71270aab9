"""Tests of the resources: identities, canonical forms, graphs."""
