"""`python -m reconciler`: the same as the command `reconciler`."""

import sys

from reconciler.cli import main

if __name__ == "__main__":
    sys.exit(main())
