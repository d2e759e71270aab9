"""Tests of one module each, laid out as the package is: no server, no network, no waiting."""
