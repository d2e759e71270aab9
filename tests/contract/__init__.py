"""One suite for each port, run against its fake and against the real thing."""
