# SPDX-License-Identifier: MIT
"""A wire between a client and a server that can be cut at a chosen moment.

    with Cutter(lambda: server_port) as wire:
        wire.cut_after(octets=100000)        # or cut_at_quit(), ...
        ... a client that connects to wire.port ...
        wire.happened.wait(20)

When the moment comes nothing passes any more, in either direction, until
hang_up(). Then the wire is whole again, for the connections that follow. So
tests need no luck to kill a server in the middle of a message.
"""

import select
import socket
import threading


class Cutter:
    """Serves one connection at a time. `target` tells the server's port at
    that moment, which may be another one after it was started again."""

    def __init__(self, target):
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.happened = threading.Event()
        self._released = threading.Event()
        self._closing = False
        self._never()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._closing = True
        self._released.set()
        # Wakes accept(), which would wait for ever.
        with socket.create_connection(("127.0.0.1", self.port)):
            pass
        self._thread.join()
        self._listener.close()

    # ---- the moment -------------------------------------------------------

    def _never(self):
        self._octets = None
        self._quit = ""

    def cut_after(self, octets):
        """After so many octets from the server."""
        self._octets = octets

    def cut_at_quit(self):
        """QUIT is sent, and never reaches the server."""
        self._quit = "command"

    def cut_after_quit(self):
        """QUIT reaches the server; its answer never comes."""
        self._quit = "answer"

    def hang_up(self):
        """Ends the connection that was cut, and heals the wire."""
        self._released.set()

    # ---- the wire ---------------------------------------------------------

    def _serve(self):
        while True:
            client, _ = self._listener.accept()
            with client:
                if self._closing:
                    return
                try:
                    with socket.create_connection(
                            ("127.0.0.1", self._target())) as server:
                        self._relay(client, server)
                except OSError:
                    # One side is gone; the other one learns it now.
                    pass

    def _relay(self, client, server):
        """Until one side closes, or the moment comes."""
        while True:
            for source in select.select([client, server], [], [])[0]:
                data = source.recv(65536)
                if not data:
                    return
                passed = (self._from_client(data) if source is client
                          else self._from_server(data))
                other = server if source is client else client
                other.sendall(data if passed is None else data[:passed])
                if passed is not None:
                    self._cut(server)
                    return

    def _from_client(self, data):
        """None: goes on; else the octets that pass before the cut."""
        at = data.find(b"QUIT\r\n")
        if at < 0 or not self._quit:
            return None
        return at if self._quit == "command" else len(data)

    def _from_server(self, data):
        if self._octets is None:
            return None
        self._octets -= len(data)
        return None if self._octets > 0 else len(data) + self._octets

    def _cut(self, server):
        if self._quit == "answer":
            # It closes when it has done what QUIT asks for.
            while server.recv(65536):
                pass
        self._never()
        self.happened.set()
        self._released.wait()
        self._released.clear()
