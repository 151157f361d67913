"""`python -m access` runs the service; `python -m access client …` and `… key …` work on its database."""

import sys

from access.app import main
from access.cli import cli

if __name__ == "__main__":
    if len(sys.argv) > 1:
        cli()
    else:
        main()
