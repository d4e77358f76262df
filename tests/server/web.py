# SPDX-License-Identifier: MIT
"""A web server of the tests' own: HTTPS on loopback, on a port of the
system's choice.

    with Web(pair, answer) as web:      # pair: of certs.py; None: clear HTTP
        ... web.url("/token") ...
        web.requests                    # what came, in order

`answer(request)` gives an Answer, or octets that are sent as they are, after
which the connection is closed; None closes it without a word.
"""

import contextlib
import dataclasses
import http.server
import socketserver
import ssl
import threading
import urllib.parse


@dataclasses.dataclass(frozen=True)
class Request:
    method: str
    path: str           # without the query
    query: dict
    headers: dict       # names in small letters
    body: bytes

    @property
    def form(self):
        """The fields of a form, each once."""
        pairs = urllib.parse.parse_qsl(self.body.decode(), strict_parsing=True,
                                       keep_blank_values=True)
        fields = dict(pairs)
        assert len(fields) == len(pairs), pairs
        return fields


@dataclasses.dataclass(frozen=True)
class Answer:
    body: bytes = b""
    status: int = 200
    type: str = "application/json"
    headers: tuple = ()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20

    def _serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        parts = urllib.parse.urlsplit(self.path)
        request = Request(
            self.command, parts.path,
            dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length))
        self.server.owner.requests.append(request)
        answer = self.server.owner.answer(request)
        self.close_connection = True
        if isinstance(answer, bytes):
            self.wfile.write(answer)
        elif answer is not None:
            self._send(answer)

    def _send(self, answer):
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Connection", "close")
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = _serve

    def log_message(self, *_args):
        pass


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    owner = None
    context = None

    def finish_request(self, request, client_address):
        """The handshake too happens in the thread of the connection."""
        request.settimeout(20)
        if self.context is not None:
            request = self.context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)
        if self.context is not None:
            with contextlib.suppress(OSError):
                request.unwrap()
            request.close()

    def handle_error(self, request, client_address):
        """A client that goes away is no trouble."""


class Web:
    def __init__(self, pair, answer):
        self.answer = answer
        self.requests = []
        self.scheme = "http" if pair is None else "https"
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        if pair is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pair.cert, pair.key)
            self._server.context = context
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True)

    def url(self, path="/"):
        return f"{self.scheme}://localhost:{self.port}{path}"

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_exc):
        self.stop()
