"""`python -m backbot` is `backbot`."""

from backbot.cli import main

if __name__ == "__main__":
    main()
