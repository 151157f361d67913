"""`python -m sandbox`."""

from sandbox.app import main

main()
