"""`python -m ballot`."""

from ballot.app import main

main()
