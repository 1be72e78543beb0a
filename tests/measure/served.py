"""A server for the tests: says what it was asked, fails on request, streams events."""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        if self.headers.get("accept") == "text/event-stream":
            self._stream(body)
            return
        status = 503 if body == b"fail" else 200
        told = {"method": self.command, "path": self.path, "body": body.decode(), "token": self.headers.get("x-token")}
        self._answer(status, json.dumps(told).encode())

    do_GET = do_PUT = do_POST

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, body: bytes) -> None:
        if body == b"refuse":
            self._answer(429, b"later")
            return
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        last = "error" if body == b"break" else "done"
        for name in ("token", "token", last):
            text = f'id: 1\nevent: {name}\ndata: {{"name": "{name}"}}\n\n'
            # An event may come in pieces.
            for piece in (text[:9], text[9:]):
                self.wfile.write(f"{len(piece):x}\r\n{piece}\r\n".encode())
            time.sleep(0.001)
        if body != b"cut":
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = body == b"cut"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged."""


if __name__ == "__main__":
    print("listening", flush=True)
    if "--refuse" in sys.argv:
        sys.exit("there is no place to listen")
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
