"""Tests of what `doctor` finds on real servers and a real machine."""
