"""`python -m tests.standin --port 9100 [--token-ms 20]`."""

import argparse
import socket
import sys

from .server import BANNER, create_app, create_server


def main() -> None:
    parser = argparse.ArgumentParser(description=BANNER)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9100, help="0 takes a free one")
    parser.add_argument("--token-ms", type=float, default=20.0, help="pause between streamed tokens")
    given = parser.parse_args()
    with socket.create_server((given.host, given.port)) as listener:
        host, port = listener.getsockname()[:2]
        print(f"{BANNER}\nListening on http://{host}:{port}", file=sys.stderr, flush=True)
        create_server(create_app(given.token_ms)).run([listener])


if __name__ == "__main__":
    main()
