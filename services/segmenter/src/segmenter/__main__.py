"""`python -m segmenter`."""

from segmenter.app import main

main()
