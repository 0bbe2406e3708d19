"""`python -m tests.model [WORD]`."""

import sys

from .explore import main

sys.exit(main(sys.argv[1:]))
