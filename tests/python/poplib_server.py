# SPDX-License-Identifier: MIT
"""A server that says what a test wants, octet by octet.

    with Server({"STAT": b"+OK 2 320\\r\\n"}) as server:
        client = poplib.POP3("localhost", server.port)

A reply is bytes, None (the server closes), a function of the command line
that returns one of these, or a list of them, one for each time. Commands
that are not named get +OK; QUIT closes after its reply, STLS starts TLS.
"""

import os
import socket
import ssl
import sys
import tempfile
import threading

sys.path.insert(1, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "server"))

import certs    # noqa: E402

WAIT = 20


class Server:
    def __init__(self, replies=None, greeting=b"+OK ready\r\n", tls=None,
                 stls=None):
        self.replies = {line: list(reply) if isinstance(reply, list) else reply
                        for line, reply in (replies or {}).items()}
        self.greeting = greeting
        self.tls = tls
        self.stls = stls
        self.lines = []             # what clients sent, all together
        self.open = 0               # connections that clients keep open
        self.changed = threading.Condition()
        self._threads = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self):
        self._spawn(self._accept)
        return self

    def __exit__(self, *_):
        # Wakes accept() up, and makes it fail.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(WAIT)
            assert not thread.is_alive(), "a client did not hang up"

    def wait_closed(self):
        """Whether the clients have closed all connections."""
        with self.changed:
            return self.changed.wait_for(lambda: self.open == 0, WAIT)

    def _spawn(self, target, *args):
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.settimeout(WAIT)
            with self.changed:
                self.open += 1
            self._spawn(self._serve, sock)

    def _serve(self, sock):
        try:
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
            sock.sendall(self.greeting)
            sock = self._talk(sock, sock.makefile("rb"))
            # Until the client hangs up, or has done so.
            while sock.recv(65536):
                pass
        except OSError:
            pass
        finally:
            sock.close()
            with self.changed:
                self.open -= 1
                self.changed.notify_all()

    def _talk(self, sock, file):
        while True:
            line = file.readline()
            if not line:
                return sock
            line = line.rstrip(b"\r\n").decode("latin-1")
            self.lines.append(line)
            reply = self._reply(line)
            if reply is not None:
                sock.sendall(reply)
            if reply is None or line == "QUIT":
                sock.shutdown(socket.SHUT_WR)
                return sock
            if line == "STLS" and self.stls and reply == b"+OK\r\n":
                sock = self.stls.wrap_socket(sock, server_side=True)
                file = sock.makefile("rb")

    def _reply(self, line):
        reply = self.replies.get(line, self.replies.get(
            line.split(" ")[0], b"+OK\r\n"))
        if isinstance(reply, list):
            reply = reply.pop(0)
        return reply(line) if callable(reply) else reply


class Certificates:
    """A certificate for localhost, and contexts for both sides."""

    def __init__(self):
        self._directory = tempfile.TemporaryDirectory()
        authority = certs.Authority(self._directory.name)
        pair = authority.issue("good")
        self.pair = pair
        self.ca_file = authority.ca_file
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(pair.cert, pair.key)

    def client(self):
        return ssl.create_default_context(cafile=self.ca_file)

    def close(self):
        self._directory.cleanup()
