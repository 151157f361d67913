"""`python -m dispatch_email` runs the service; `python -m dispatch_email stop` stops its sending."""

from dispatch.brake.cli import run_or_stop
from dispatch_email.app import main
from dispatch_email.settings import Settings

if __name__ == "__main__":
    run_or_stop(main, Settings)
