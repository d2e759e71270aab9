"""The routes, one module for what belongs together.

Law: a route parses, calls and gives back; what it gives is read or decided elsewhere.
"""
