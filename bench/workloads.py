# SPDX-License-Identifier: MIT
"""What is measured. A plug-in gets a Job and says which command does it."""

import dataclasses
import os

MIB = 1048576


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    title: str
    what: str               # retr, list, keep, session, many or maildir
    messages: int
    size: int = 4096
    tls: bool = False
    delay_ms: int = 0
    accounts: int = 1
    shrinks: str = "messages"   # what a scale makes smaller

    def scaled(self, scale):
        """The same with less of it."""
        least = {"messages": 2, "size": 4096, "accounts": 2}[self.shrinks]
        value = int(getattr(self, self.shrinks) * scale)
        return dataclasses.replace(self, **{self.shrinks: max(least, value)})

    def octets(self):
        """Of all messages, as LIST tells them."""
        return self.messages * self.size * self.accounts


ALL = [
    Workload("W1", "RETR of 1 GiB, thrown away", "retr", 1, 1024 * MIB,
             shrinks="size"),
    Workload("W1t", "the same in TLS 1.3", "retr", 1, 1024 * MIB, tls=True,
             shrinks="size"),
    Workload("W2", "20,000 messages of 4 KiB, thrown away", "retr", 20000),
    Workload("W3", "200 messages of 5 MiB, thrown away", "retr", 200,
             5 * MIB),
    Workload("W4", "LIST and UIDL of 1,000,000 rows, streamed", "list",
             1000000),
    Workload("W4k", "the same, kept and compared with what was seen", "keep",
             1000000),
    Workload("W5", "a session with 2,000 messages of 4 KiB, 20 ms round trip:"
             " CAPA, UIDL, LIST, RETR, DELE, QUIT", "session", 2000,
             delay_ms=20),
    Workload("W7", "500 accounts with 20 messages of 4 KiB, 20 ms round trip",
             "many", 20, delay_ms=20, accounts=500, shrinks="accounts"),
    Workload("W7x", "10,000 accounts with 1 message of 4 KiB, 20 ms round "
             "trip", "many", 1, delay_ms=20, accounts=10000,
             shrinks="accounts"),
    Workload("M", "2,000 messages of 4 KiB into a Maildir, every one safe "
             "before its DELE", "maildir", 2000),
]


@dataclasses.dataclass
class Job:
    """One run of one client. Its folder is empty, its own and its HOME."""
    workload: Workload
    folder: str
    port: int               # that of TLS, if the workload wants it
    ca_file: str
    tools: dict             # programs of bench/, by name

    @property
    def what(self):
        return self.workload.what

    @property
    def tls(self):
        return self.workload.tls

    @property
    def messages(self):
        return self.workload.messages

    def deletes(self):
        """Whether the workload wants messages deleted."""
        return self.what in ("session", "maildir")

    def arguments(self):
        """Of the small clients: PORT CA-FILE|- WHAT COUNT."""
        return [str(self.port), self.ca_file if self.tls else "-", self.what,
                str(self.messages if self.what != "list" else 0)]

    def path(self, name):
        return f"{self.folder}/{name}"

    def write(self, name, text):
        """A file that only its owner may read, as the peers demand."""
        with open(self.path(name), "w", encoding="utf-8",
                  opener=opener) as file:
            file.write(text)
        return self.path(name)


def opener(path, flags):
    return os.open(path, flags, 0o600)
