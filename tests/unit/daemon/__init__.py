"""Unit tests of the daemon: fakes for the ports, a clock that is stepped, no sleeps."""
