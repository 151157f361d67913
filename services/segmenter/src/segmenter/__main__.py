"""`python -m segmenter` answers HTTP; `python -m segmenter worker` runs consumers and background steps."""

import sys

from segmenter.app import main

match sys.argv[1:]:
    case []:
        main(worker=False)
    case ["worker"]:
        main(worker=True)
    case _:
        sys.exit(__doc__)
