"""`python -m dispatch_sms` runs the service; `python -m dispatch_sms stop` stops its sending."""

from dispatch.brake.cli import run_or_stop
from dispatch_sms.app import main
from dispatch_sms.settings import Settings

if __name__ == "__main__":
    run_or_stop(main, Settings)
