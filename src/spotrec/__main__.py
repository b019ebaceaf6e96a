"""`python -m spotrec` is `spotrec`."""

from spotrec.cli import main

if __name__ == "__main__":
    main()
