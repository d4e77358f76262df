# SPDX-License-Identifier: MIT
"""What the tests of the extension share."""

import sys

import _pop3

BODY = (b"Subject: x\r\n\r\n..dot\r\n...\r\nbare\nlf\r\n\rcr\n\r\n"
        b"\0\xff\r\nend\r\n")
LINES = [b"Subject: x", b"", b".dot", b"..", b"bare", b"lf", b"cr", b"",
         b"\0\xff", b"end"]
PLAIN = BODY.replace(b"\n..", b"\n.")


def started(capa=None, **options):
    """A Core behind its greeting, and behind CAPA if rows are given."""
    options.setdefault("any_state", True)
    options.setdefault("clear_credentials", True)
    core = _pop3.Core(**options)
    core.feed(b"+OK hello <a@b>\r\n")
    assert core.next().type == _pop3.EVENT_GREETING
    if capa is not None:
        core.submit("CAPA")
        core.output_sent(len(core.output()))
        core.feed(b"+OK\r\n" + capa + b".\r\n")
        assert core.next().type == _pop3.EVENT_REPLY
        assert core.collect([]).type == _pop3.EVENT_DONE
    return core


def asked(verb="RETR", number=1, **options):
    """A Core whose command was answered by +OK."""
    core = started(**options)
    core.submit(verb, number)
    core.output_sent(len(core.output()))
    core.feed(b"+OK\r\n")
    assert core.next().type == _pop3.EVENT_REPLY
    return core


class Unraisable(list):
    """What went to sys.unraisablehook."""

    def __enter__(self):
        self.old = sys.unraisablehook
        sys.unraisablehook = lambda seen: self.append(seen.exc_type)
        return self

    def __exit__(self, *_):
        sys.unraisablehook = self.old
