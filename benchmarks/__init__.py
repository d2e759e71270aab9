"""What it costs, and two proofs under load: `python -m benchmarks`.

Law: every figure is measured through what users run, on servers that keep their data at a power cut, and is
printed with the machine and the command it comes from. Where a promise is proved, a broken one ends in exit
code 1.
"""
