"""Backbot beside what a site owner could take instead: see `side_by_side.py`."""

from side_by_side import main

if __name__ == "__main__":
    main()
