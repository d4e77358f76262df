# SPDX-License-Identifier: MIT
"""One POP3 session: all that is not I/O, for Client and for aio.Client.

Each class adds to the one before: Rounds (_rounds.py) knows how a command
goes on and how a session ends, Login (_login.py) how it begins, and Session
all that can be done with a maildrop.
"""

import io

import _pop3

from . import errors
from ._login import Login
from ._rounds import DONE, NEED_INPUT, REPLY, Sink
from ._wire import ITEMS, MESSAGES
from .errors import NotSentError, RefusedError, UsageError
from .values import Deletes, DeleteStatus, MessageInfo, Reply, Stat

# Commands of retr_many() in flight. So many fit into what a server's socket
# holds while it is busy sending.
WINDOW = 2048

# Turns of 96 KiB that retr_many() takes in before it gives what there is. With
# more of them, malloc() gives the memory of the messages back to the system,
# and the page faults of the next ones cost as much as all else.
BURST_TURNS = 1


class Batch:
    """Commands of one verb for many numbers: so many of them submitted, and
    so many of these done."""

    __slots__ = ("verb", "numbers", "window", "submitted", "done")

    def __init__(self, verb, numbers, window):
        self.verb = verb
        self.numbers = numbers
        self.window = window
        self.submitted = 0
        self.done = 0

    def is_left(self):
        """Whether one is not done yet."""
        return self.done < len(self.numbers)

    def give_up(self, make_error):
        """The next number, to which there will be no answer, and why."""
        number = self.numbers[self.done]
        self.done += 1
        self.submitted = max(self.submitted, self.done)
        return number, make_error(self.verb, number)


class Session(Login):
    """See the head of this file."""

    # ---- the maildrop ---------------------------------------------------

    def stat(self):
        """STAT."""
        reply = yield from self._ask("STAT")
        return Stat(reply.stat_count, reply.stat_octets)

    def list(self, number):
        """LIST: all rows, or one."""
        if number:
            reply = yield from self._ask("LIST", number=number)
            return reply.item_number, reply.item_octets
        yield from self._ready()
        return (yield from self._rows(self._submit("LIST")))

    def uidl(self, number):
        """UIDL: all rows, or one."""
        if number:
            reply = yield from self._ask("UIDL", number=number)
            return reply.item_number, reply.item_uid
        yield from self._ready()
        return (yield from self._rows(self._submit("UIDL")))

    def _rows(self, ident):
        """The rows of a listing; those that make no sense are counted."""
        rows = []
        self.skipped_rows = 0
        while True:
            event = yield from self._taken(ITEMS, rows)
            if event.type == REPLY:
                self.response = event.line
            elif event.type == _pop3.EVENT_ITEM:
                self.skipped_rows += 1
            elif event.type == DONE and event.result == _pop3.OK:
                if event.id == ident:
                    return rows
            else:
                raise self._error(event)

    def messages(self):
        """LIST and UIDL together, in one turn where the server allows it."""
        yield from self._ready()
        listing = self._submit("LIST")
        naming = self._submit("UIDL")
        sizes = dict((yield from self._rows(listing)))
        skipped = self.skipped_rows
        try:
            names = dict((yield from self._rows(naming)))
        except RefusedError:
            names = {}
        self.skipped_rows += skipped
        found = [MessageInfo(number, octets, names.pop(number, None) or None)
                 for number, octets in sizes.items()]
        found += [MessageInfo(number, None, uid or None)
                  for number, uid in names.items()]
        return found

    def lang(self, tag):
        """LANG: the rows that list languages, or the words of one."""
        if tag is not None:
            reply = yield from self._ask("LANG", arg=tag)
            return reply.text.decode("utf-8", "replace")
        yield from self._ready()
        ident = self._submit("LANG")
        rows = []
        while True:
            event = yield from self._next()
            if event.type == _pop3.EVENT_ITEM:
                rows.append(event.line.decode("utf-8", "replace"))
            elif event.type == DONE and event.result == _pop3.OK:
                if event.id == ident:
                    return rows
            elif event.type != REPLY:
                raise self._error(event)

    def raw(self, line, multiline):
        """A command that the library does not know."""
        yield from self._ready()
        body = io.BytesIO() if multiline else None
        reply, _done = yield from self._finish(
            self._submit("RAW", arg=line, multiline=multiline), body)
        return Reply(reply.line, body and body.getvalue())

    # ---- messages -------------------------------------------------------

    def fetch_into(self, number, file, progress):
        """RETR into something with write(); returns the octets."""
        yield from self._ready()
        ident = self._submit("RETR", number=number)
        _reply, done = yield from self._finish(
            ident, file if progress is None else Sink(file, progress))
        return done.octets

    def fetch(self, number, lines=None, progress=None):
        """RETR, or TOP if lines are given; returns the octets as bytes."""
        yield from self._ready()
        if lines is None:
            ident = self._submit("RETR", number=number)
        else:
            ident = self._submit("TOP", number=number, lines=lines)
        whole = io.BytesIO()
        sink = whole if progress is None else Sink(whole, progress)
        yield from self._finish(ident, sink)
        return whole.getvalue()

    def email(self, number, policy):
        """RETR, parsed."""
        octets = yield from self.fetch(number)
        from email import message_from_bytes, policy as policies
        try:
            return message_from_bytes(octets, policy=policy or
                                      policies.default)
        except BaseException:
            self.sound = True       # the message is here, and whole
            raise

    def _begin_stream(self):
        self._stream = object()
        return self._stream

    def _end_stream(self, token):
        if self._stream is token:
            self._stream = None

    def _resume_stream(self, token):
        """The caller is back: time has passed, and more may have."""
        self.sound = False
        self._check_open()
        if self._stream is not token:
            raise UsageError("another command has ended this iterator")
        self.wire.asked()

    def parts(self, number, make):
        """RETR; yields what make() made and the core filled, as far as each
        turn filled it: a list with lines, or a bytearray."""
        yield from self._ready()
        ident = self._submit("RETR", number=number)
        token = self._begin_stream()
        part = make()
        try:
            while True:
                event = self.core.collect(part)
                if event.type == REPLY:
                    self.response = event.line
                    continue
                if part:
                    yield part
                    part = make()
                    if event.type == NEED_INPUT:
                        self._resume_stream(token)
                if event.type == NEED_INPUT:
                    yield from self.wire.move()
                elif event.type == DONE and event.result == _pop3.OK:
                    if event.id == ident:
                        return
                else:
                    raise self._error(event)
        finally:
            self._end_stream(token)

    # ---- many at once ---------------------------------------------------

    def fetch_many(self, numbers, window):
        """RETR for each number, as many in flight as the window allows;
        yields lists of (number, bytes or error), in all one for each."""
        yield from self._ready()
        token = self._begin_stream()
        batch = Batch("RETR", numbers, self._window(window))
        try:
            while batch.is_left():
                self._fill(batch)
                yield (yield from self._some_of_many(batch))
                self._resume_many(token)
        finally:
            self._end_stream(token)

    def _resume_many(self, token):
        """As _resume_stream(); but a session that broke still has to tell
        what became of each command."""
        self.sound = False
        if not self.over:
            self._resume_stream(token)

    def _window(self, window):
        capa = self.capabilities
        if self.options.pipelining and capa and capa.has("PIPELINING"):
            return window or WINDOW
        return 1

    def _fill(self, batch):
        """Submits what the window has room for, once half of it is free: few
        large writes cost less than many small ones."""
        free = batch.window - (batch.submitted - batch.done)
        if self.over or free * 2 < batch.window:
            return
        try:
            batch.submitted += self.core._submit_many(
                batch.verb, batch.numbers, batch.submitted,
                batch.submitted + free)
        except _pop3.ResultError as error:
            raise self._refused_call(error) from None
        except BaseException:
            self.sound = True
            raise

    def _some_of_many(self, batch):
        """What comes of a batch without waiting, but at least one: a list of
        numbers with their octets or errors."""
        if batch.done == batch.submitted:
            return [batch.give_up(not_sent)]
        found = []
        while True:
            event = self.wire.pull(MESSAGES, found, BURST_TURNS)
            kind = event[0]
            if kind == DONE:
                found.append((event.number, self._error_of_many(event)))
            elif kind != NEED_INPUT:
                # Another command threw the answers away, and ended it all.
                return found + [batch.give_up(lambda *_: self._death())]
            if found:
                break
            yield from self.wire.move()
        batch.done += len(found)
        self.wire.asked()
        return found

    def _error_of_many(self, event):
        error = self._error(event)      # it closes what is over
        if event.result == _pop3.ERR_NOT_SENT:
            return not_sent(event.verb, event.number)
        return error

    # ---- deletes, and the end -------------------------------------------

    @property
    def deletes(self):
        """What became of the messages that were marked."""
        status = self._end_of_deletes
        if status is None:
            status = (DeleteStatus.PENDING if self._marked
                      else DeleteStatus.NONE)
        return Deletes(status, tuple(sorted(self._marked)))

    def delete(self, number):
        """DELE."""
        yield from self._ask("DELE", number=number)
        self._marked.add(number)

    def delete_many(self, numbers, window):
        """DELE for each number; returns {number: error} of the refused."""
        yield from self._ready()
        batch = Batch("DELE", numbers, self._window(window))
        refused = {}
        while batch.is_left():
            self._fill(batch)
            for number, outcome in (yield from self._some_of_many(batch)):
                if not isinstance(outcome, errors.Error):
                    self._marked.add(number)
                elif outcome.fatal:
                    raise outcome
                else:
                    refused[number] = outcome
        return refused

    def rset(self):
        """RSET."""
        yield from self._ask("RSET")
        self._marked.clear()

    def quit(self):
        """QUIT, whatever iterator is open; the socket is closed after it."""
        yield from self._ready(streams_too=True)
        ident = self._submit("QUIT")
        status = DeleteStatus.UNKNOWN
        try:
            yield from self._finish(ident)
            status = DeleteStatus.CONFIRMED
        except RefusedError:
            status = DeleteStatus.REFUSED
            raise
        finally:
            if self._marked:
                self._end_of_deletes = status
            self._part()
        return self.deletes


def not_sent(verb, number):
    """The error of a command whose turn never came."""
    return NotSentError("the session ended before its turn",
                        operation=f"{verb} {number}")
