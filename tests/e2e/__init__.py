"""Tests of the program as a person runs it: a subprocess, its files, its rows, its exit code."""
