"""Unit tests of the metrics: told by hand, read as Prometheus reads them."""
