# SPDX-License-Identifier: MIT
"""One connection's bytes: lines in, batches out, TLS in between.

Replies are gathered and leave together when the client has nothing more to
say, so that pipelined commands cost one turn. Everything that shall go wrong
with bytes on their way out is done here by the faults of stage "output".
"""

import socket
import ssl
import struct

BATCH = 1 << 18
MAX_LINE = 1 << 17
PARTING_SECONDS = 2


def text(data):
    """Octets as a str that loses nothing: see octets()."""
    return data.decode("utf-8", "surrogateescape")


def octets(string):
    return string.encode("utf-8", "surrogateescape")


class Hangup(Exception):
    """The server closes now. `how` is "clean", "abrupt" or "reset"."""

    def __init__(self, how="abrupt"):
        super().__init__(how)
        self.how = how


class Link:
    def __init__(self, sock, stopping, log):
        self.sock = sock
        self.stopping = stopping    # threading.Event: the server ends
        self.log = log              # log(event, **details) of this session
        self.output_faults = []     # functions (link, data) -> chunks
        self.idle_line = b""        # said when nothing came for too long
        self.sent = 0
        self.turns = 0              # how often we had to wait after sending
        self._in = bytearray()
        self._out = []
        self._out_len = 0
        self._sent_since_read = False
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # ---- TLS --------------------------------------------------------------

    @property
    def is_tls(self):
        return isinstance(self.sock, ssl.SSLSocket)

    def start_tls(self, context):
        """Octets that came before the handshake are logged: no honest client
        sends any."""
        if self._in:
            self.log("early", data=text(self._in))
            self._in.clear()
        try:
            self.sock = context.wrap_socket(self.sock, server_side=True)
        except (ssl.SSLError, OSError) as error:
            self.log("tls-failed", error=str(error))
            raise Hangup() from error
        peer = self.sock.getpeercert(True)
        self.log("tls", version=self.sock.version(),
                 cipher=self.sock.cipher()[0], client_cert=peer is not None)

    # ---- in -------------------------------------------------------------

    def drop_input(self):
        """Forgets what came together with the last command."""
        dropped = bytes(self._in)
        self._in.clear()
        return dropped

    def read_line(self):
        """The next line without its end; None when the client closed."""
        searched = 0
        while True:
            end = self._in.find(b"\n", searched)
            if end >= 0:
                line = bytes(self._in[:end + 1])
                del self._in[:end + 1]
                return line[:-2] if line.endswith(b"\r\n") else line[:-1]
            searched = len(self._in)
            if searched > MAX_LINE:
                raise Hangup()
            if not self._fill():
                return None

    def read_some(self, most):
        """At least one octet, unless the client closed."""
        if not self._in:
            self._fill()
        data = bytes(self._in[:most])
        del self._in[:most]
        return data

    def wait_closed(self):
        """Reads and forgets until the client closes: a server that hangs."""
        self.flush()
        while self._fill():
            self.log("ignored", data=text(self.drop_input()))

    def _fill(self):
        self.flush()
        if self._sent_since_read:
            self.turns += 1
            self._sent_since_read = False
        try:
            data = self.sock.recv(65536)
        except TimeoutError as error:
            self.log("idle")
            if self.idle_line:
                self._write(self.idle_line + b"\r\n")
            raise Hangup("clean") from error
        except (ConnectionError, ssl.SSLError):
            data = b""
        self._in += data
        return bool(data)

    # ---- out ------------------------------------------------------------

    def send(self, data):
        self._out.append(data)
        self._out_len += len(data)
        if self._out_len >= BATCH:
            self.flush()

    def flush(self):
        if not self._out:
            return
        data = self._out[0] if len(self._out) == 1 else b"".join(self._out)
        self._out.clear()
        self._out_len = 0
        self._through(self.output_faults, data)

    def _through(self, faults, data):
        if not faults:
            self._write(data)
            return
        for chunk in faults[0](self, data):
            self._through(faults[1:], chunk)

    def _write(self, data):
        try:
            self.sock.sendall(data)
        except (ConnectionError, ssl.SSLError) as error:
            raise Hangup() from error
        self.sent += len(data)
        self._sent_since_read = True

    # ---- end ------------------------------------------------------------

    def close(self, how):
        """clean: with close_notify; abrupt: without; reset: RST."""
        if how == "reset":
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 struct.pack("ii", 1, 0))
        else:
            self._part(how)
        self.sock.close()

    def _part(self, how):
        """A close with unread input would become a reset that overtakes what
        was sent last; so say that no more comes, and read the rest."""
        try:
            self.sock.settimeout(PARTING_SECONDS)
            if self.is_tls and how == "clean":
                self.sock.unwrap()
        except (OSError, ValueError):
            pass        # the client was faster: that is an end, too
        if self.is_tls:
            self.sock = socket.socket(fileno=self.sock.detach())
            self.sock.settimeout(PARTING_SECONDS)
        try:
            self.sock.shutdown(socket.SHUT_WR)
            while self.sock.recv(65536):
                pass
        except OSError:
            pass
