"""`python -m members` runs the service; `python -m members client …` and `… key …` work on its database."""

import sys

from members.app import main
from members.cli import cli

if __name__ == "__main__":
    if len(sys.argv) > 1:
        cli()
    else:
        main()
