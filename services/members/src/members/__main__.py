"""`python -m members` runs the service."""

from members.app import main

if __name__ == "__main__":
    main()
