"""Tests of what `doctor` makes of facts."""
