"""`python -m dispatch_email`."""

from dispatch_email.app import main

if __name__ == "__main__":
    main()
