# SPDX-License-Identifier: MIT
"""What the commands answer, as small immutable values."""

import enum
from collections import namedtuple
from collections.abc import Mapping

__all__ = ["Capabilities", "Deletes", "DeleteStatus", "MessageInfo", "Reply",
           "Stat"]

Stat = namedtuple("Stat", "count octets")
Stat.__doc__ = """The answer to STAT: messages in the maildrop, and their size
as the server counts it, which need not be exact."""

MessageInfo = namedtuple("MessageInfo", "number octets uid")
MessageInfo.__doc__ = """A message as messages() lists it.

number   its number in this session, from 1
octets   its size as the server counts it; None if LIST did not tell
uid      its unique-id as opaque bytes; None if it has none
"""

Reply = namedtuple("Reply", "line body")
Reply.__doc__ = """The answer to raw(): the +OK line, and what followed it, or
None if nothing was asked to follow. Both are bytes."""


class DeleteStatus(enum.Enum):
    """What became of the messages that were marked for deletion."""

    NONE = "none was marked"
    PENDING = "marked, but QUIT was not sent: nothing is deleted"
    CONFIRMED = "the server confirmed QUIT: they are gone"
    REFUSED = "the server refused QUIT: some or all of them are still there"
    UNKNOWN = "the answer to QUIT never came: nobody can tell"


class Deletes(namedtuple("Deletes", "status numbers")):
    """Which messages were marked, and what became of them.

    status    a DeleteStatus
    numbers   the numbers that were marked, in rising order
    """

    __slots__ = ()

    @property
    def confirmed(self):
        """The numbers of the messages that are surely gone."""
        return self.numbers if self.status is DeleteStatus.CONFIRMED else ()


class Capabilities(Mapping):
    """What CAPA told: tag -> list of arguments.

    Tags are found in any case and kept in the server's; the arguments of a
    tag that the server repeats are put together. Text is UTF-8; octets that
    are not become lone surrogates.
    """

    def __init__(self, rows):
        """rows: pairs (tag, arguments) of bytes."""
        self._rows = {}
        for tag, args in rows:
            name = tag.decode("utf-8", "surrogateescape")
            words = args.decode("utf-8", "surrogateescape").split(" ")
            entry = self._rows.setdefault(name.upper(), (name, []))
            entry[1].extend(word for word in words if word)

    def __getitem__(self, tag):
        return self._rows[tag.upper()][1]

    def __contains__(self, tag):
        return isinstance(tag, str) and tag.upper() in self._rows

    def __iter__(self):
        return (name for name, _args in self._rows.values())

    def __len__(self):
        return len(self._rows)

    def __repr__(self):
        return f"Capabilities({dict(self)!r})"

    def has(self, tag, argument=None):
        """Whether `tag` was announced, with `argument` if one is given;
        case does not matter: capa.has("SASL", "PLAIN")."""
        if tag not in self:
            return False
        return argument is None or argument.upper() in (
            word.upper() for word in self[tag])
