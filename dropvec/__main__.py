"""`python -m dropvec`: the command line."""

import sys

from dropvec.command_line import main

if __name__ == "__main__":
    sys.exit(main())
