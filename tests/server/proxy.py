# SPDX-License-Identifier: MIT
"""A proxy of SOCKS 5 and HTTP CONNECT for tests, on a port of 127.0.0.1.

    with Proxy(to=port) as proxy:
        ... proxy.port, proxy.asked ...

Whatever host it is asked for, it connects to `to` on 127.0.0.1: so names that
nobody else knows can be used. `asked` has a row for each connection: the kind,
the host as the client named it, the port, and the login or None.

    login="user:password"   what it wants to be told
    answer=b"..."           is said in place of its own last answer; then it
                            closes
    silent=True             it never answers
    greeting=True           the server's first octets go out together with the
                            last answer
"""

import base64
import contextlib
import ipaddress
import socket
import struct
import threading


class Refused(Exception):
    """The client gets this answer, and no more."""


def exactly(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise ConnectionError("it closed early")
        data += part
    return data


def relay(one, other):
    with contextlib.suppress(OSError):
        while part := one.recv(65536):
            other.sendall(part)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_WR)


class Proxy:
    def __init__(self, to, login=None, answer=None, silent=False,
                 greeting=False):
        self.to, self.login, self.answer = to, login, answer
        self.silent, self.greeting = silent, greeting
        self.asked = []
        self.seen = b""     # what the client sent behind its request
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open = []

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                threading.Thread(target=self._serve, args=[connection],
                                 daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError, ConnectionError):
            if self.silent:
                exactly(connection, 1 << 20)
            first = connection.recv(1, socket.MSG_PEEK)
            try:
                good = (self._socks(connection) if first == b"\5"
                        else self._http(connection))
            except Refused as refusal:
                connection.sendall(refusal.args[0])
                connection.close()
                return
            self._connect(connection, good)

    def _connect(self, connection, good):
        if self.answer is not None:
            connection.sendall(self.answer)
            connection.close()
            return
        server = socket.create_connection(("127.0.0.1", self.to))
        self._open.append(server)
        connection.sendall(good + (server.recv(4096) if self.greeting
                                   else b""))
        threading.Thread(target=relay, args=[server, connection],
                         daemon=True).start()
        self.seen = connection.recv(4096)
        server.sendall(self.seen)
        relay(connection, server)

    # ---- SOCKS 5 --------------------------------------------------------

    def _socks(self, connection):
        methods = exactly(connection, exactly(connection, 2)[1])
        login = None
        if self.login is None:
            connection.sendall(b"\5\0")
        elif 2 not in methods:
            raise Refused(b"\5\xff")
        else:
            connection.sendall(b"\5\2")
            login = self._socks_login(connection)
        kind = exactly(connection, 4)[3]
        if kind == 3:
            host = exactly(connection, exactly(connection, 1)[0]).decode()
        else:
            size = {1: 4, 4: 16}[kind]
            host = str(ipaddress.ip_address(exactly(connection, size)))
        port, = struct.unpack("!H", exactly(connection, 2))
        self.asked.append(("socks", host, port, login))
        return b"\5\0\0\1\x7f\0\0\1\0\1"

    def _socks_login(self, connection):
        user = exactly(connection, exactly(connection, 2)[1])
        password = exactly(connection, exactly(connection, 1)[0])
        login = (user + b":" + password).decode()
        if login != self.login:
            raise Refused(b"\1\1")
        connection.sendall(b"\1\0")
        return login

    # ---- HTTP -----------------------------------------------------------

    def _http(self, connection):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += exactly(connection, 1)
        request, *fields = head.decode().split("\r\n")
        _, target, _ = request.split(" ")
        login = None
        for field in fields:
            name, _, value = field.partition(": Basic ")
            if name == "Proxy-Authorization":
                login = base64.b64decode(value).decode()
        if login != self.login:
            # It tells the client what it must not show to anybody.
            raise Refused(f"HTTP/1.1 407 not {login}\r\n\r\n".encode())
        host, _, port = target.rpartition(":")
        self.asked.append(("http", host, int(port), login))
        return b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n"
