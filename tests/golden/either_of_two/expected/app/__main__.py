"""Starts the service: `python -m app [--host H] [--port P]`."""

from app.runtime.server import main

if __name__ == "__main__":
    main("app.main:app")
