"""`python -m catalyst` is the command `catalyst`."""

from catalyst.cli import main

if __name__ == "__main__":
    main()
