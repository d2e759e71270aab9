"""What `reconciler` promises, each promise by a test of that name.

`unit` needs nothing. The others run against real servers. Fakes stand in for ports only, and no test patches
the code that it tests.
"""
