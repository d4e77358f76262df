# SPDX-License-Identifier: MIT
"""A name server of the tests' own, on a UDP port of 127.0.0.1.

    with Dns({"example.test": {...}}) as dns:
        ... dns.address ... dns.asked ...

zone: name -> list of records, each a tuple:
    ("A", "127.0.0.1")
    ("SRV", priority, weight, port, target)      target "" is the root
    ("CNAME", name)
A name that is not in the zone does not exist. A name with the value "fail" is
answered by SERVFAIL, one with "silent" not at all, one with octets by these,
behind the header and the question.
"""

import contextlib
import ipaddress
import socket
import struct
import threading

TYPES = {"A": 1, "CNAME": 5, "SRV": 33}


def encode(name):
    return b"".join(bytes([len(label)]) + label.encode()
                    for label in name.split(".") if label) + b"\0"


def data_of(record):
    kind, *values = record
    if kind == "A":
        return ipaddress.ip_address(values[0]).packed
    if kind == "CNAME":
        return encode(values[0])
    priority, weight, port, target = values
    target = target if isinstance(target, bytes) else encode(target)
    return struct.pack("!HHH", priority, weight, port) + target


class Dns:
    def __init__(self, zone):
        self.zone = zone
        self.asked = []     # (type as a number, name), in order
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self):
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        # An empty datagram to itself ends the loop.
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join(10)
        self._socket.close()

    def _serve(self):
        while True:
            query, client = self._socket.recvfrom(4096)
            if not query:
                return
            answer = self._answer(query)
            if answer is not None:
                with contextlib.suppress(OSError):
                    self._socket.sendto(answer, client)

    def _answer(self, query):
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
            at += query[at] + 1
        name, question = ".".join(labels), query[12:at + 5]
        kind, = struct.unpack("!H", query[at + 1:at + 3])
        self.asked.append((kind, name))
        found = self.zone.get(name)
        if found == "silent":
            return None
        if found == "fail" or found is None:
            return self._message(query, question, [], 2 if found else 3)
        if isinstance(found, bytes):
            return self._message(query, question, [], 0)[:6] + \
                b"\0\1\0\0\0\0" + question + found
        rows = []
        self._collect(name, kind, rows)
        return self._message(query, question, rows, 0)

    def _collect(self, name, kind, rows, depth=0):
        """The records of a name, and of what its CNAME leads to."""
        for record in self.zone.get(name, ()):
            if TYPES[record[0]] == kind or record[0] == "CNAME":
                data = data_of(record)
                owner = encode(name) if depth else b"\xc0\x0c"
                rows.append(owner +
                            struct.pack("!HHIH", TYPES[record[0]], 1, 1,
                                        len(data)) + data)
            if record[0] == "CNAME" and depth < 8:
                self._collect(record[1], kind, rows, depth + 1)

    @staticmethod
    def _message(query, question, rows, status):
        head = query[:2] + struct.pack("!HHHHH", 0x8180 | status, 1,
                                       len(rows), 0, 0)
        return head + question + b"".join(rows)
