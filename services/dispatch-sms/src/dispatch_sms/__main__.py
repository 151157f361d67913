"""`python -m dispatch_sms`."""

from dispatch_sms.app import main

if __name__ == "__main__":
    main()
