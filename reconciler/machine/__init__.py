"""This machine as the process finds it: its Python, its limits, room on its disks, its addresses.

Law: only looks. It stands beside the edges, for it reaches the world as they do, and knows none of them.
"""
