"""What `doctor` makes of what it found: facts in, remarks out, each with its cure.

Law: pure. Whoever looks at a server or at this machine gives facts, and judges nothing; whoever judges looks
at nothing but facts.
"""
