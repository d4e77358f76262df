# SPDX-License-Identifier: MIT
"""A Maildir as a maildrop, and how its bytes look on the wire.

Files in a Maildir have LF line ends; a line end on the wire is CRLF. So each
LF that has no CR before it gets one; bare CRs, NULs and 8-bit octets travel
as they are; a message that does not end with a line end gets one.
"""

import dataclasses
import os
import threading


def wire(data):
    """The octets of a message as RETR serves them, before dot-stuffing."""
    data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if data and not data.endswith(b"\r\n"):
        data += b"\r\n"
    return data


def delivered(data):
    """The octets of the same message as a client writes them to a Maildir."""
    return wire(data).replace(b"\r\n", b"\n")


def stuffed(data, end=b"\r\n"):
    """A multi-line body with its final dot; `data` consists of lines."""
    if data.startswith(b"."):
        data = b"." + data
    return data.replace(b"\n.", b"\n..") + b"." + end


def top(data, lines):
    """Header, empty line and so many lines of the body."""
    end = data.find(b"\r\n\r\n")
    if data.startswith(b"\r\n"):
        end = 2
    elif end < 0:
        return data
    else:
        end += 4
    for _ in range(lines):
        found = data.find(b"\r\n", end)
        if found < 0:
            return data
        end = found + 2
    return data[:end]


@dataclasses.dataclass
class Message:
    number: int
    uid: str
    path: str
    octets: int
    deleted: bool = False

    def read(self):
        with open(self.path, "rb") as file:
            return wire(file.read())

    def remove(self):
        os.unlink(self.path)


class Maildrop:
    """The messages of one Maildir, in the order of their file names. Held by
    one session at a time; files are removed at QUIT only."""

    def __init__(self, path):
        self.path = path
        self._lock = threading.Lock()
        self._sizes = {}

    def acquire(self, timeout):
        """Waits a little, because a client that just closed may be back
        before its old session noticed."""
        return self._lock.acquire(timeout=timeout)

    def release(self):
        self._lock.release()

    def messages(self):
        files = []
        for sub in ("new", "cur"):
            directory = os.path.join(self.path, sub)
            for name in os.listdir(directory) if os.path.isdir(
                    directory) else []:
                files.append((name.split(":")[0],
                              os.path.join(directory, name)))
        return [Message(number, uid, path, self._size(uid, path))
                for number, (uid, path) in enumerate(sorted(files), 1)]

    def _size(self, uid, path):
        key = (uid, os.stat(path).st_mtime_ns)
        if key not in self._sizes:
            with open(path, "rb") as file:
                self._sizes[key] = len(wire(file.read()))
        return self._sizes[key]
