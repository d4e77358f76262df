# SPDX-License-Identifier: MIT
"""The life of a session: its commands' rounds, its errors and its end.

The protocol itself is in C (_pop3.Core). Here is what stands between it and
the commands of _login.py and _session.py. Every command is a generator in the
manner of _wire.py: it yields steps to be driven, and returns what the command
answers. Those that stream yield what is asked for between the steps.

What holds between two commands:

- The session is in step with its server, or over and its socket closed. An
  error whose `fatal` is true ended it; every later command raises its like.
- Answers nobody waits for any more (an iterator was left, a callback raised)
  may still be due. _ready() reads them and throws them away before it lets
  another command begin.
- While an iterator is open (`_stream`), no command may begin but QUIT.

An exception that is not ours may pass through at any point. Where it cannot
have disturbed anything, because it came out of a function of the caller's,
`sound` says so; everywhere else it ends the session (failed()).
"""

import sys
from functools import partial

import _pop3

from . import errors
from ._wire import DATA, NEXT, Wire
from .errors import (ArgumentError, AuthenticationError, CanceledError,
                     ConnectionClosedError, InsecureError, NotSentError,
                     RefusedError, UnsupportedError, UsageError)

NEED_INPUT = _pop3.EVENT_NEED_INPUT
REPLY = _pop3.EVENT_REPLY
DONE = _pop3.EVENT_DONE

CLASSES = {
    _pop3.ERR_USAGE: UsageError,
    _pop3.ERR_ARGUMENT: ArgumentError,
    _pop3.ERR_CANCELED: CanceledError,
    _pop3.ERR_INSECURE: InsecureError,
    _pop3.ERR_NOT_SENT: NotSentError,
    _pop3.ERR_REFUSED: RefusedError,
    _pop3.ERR_AUTH: AuthenticationError,
    _pop3.ERR_UNSUPPORTED: UnsupportedError,
    _pop3.ERR_MALFORMED: errors.MalformedError,
    _pop3.ERR_PROTOCOL: errors.ProtocolError,
    _pop3.ERR_LIMIT: errors.LimitError,
    _pop3.ERR_CLOSED: ConnectionClosedError,
    _pop3.ERR_IO: errors.NetworkError,
    _pop3.ERR_TIMEOUT: errors.TimeoutError,
    _pop3.ERR_RESOLVE: errors.ResolveError,
    _pop3.ERR_TLS: errors.TLSError,
    _pop3.ERR_CERT: errors.CertificateError,
}

CANCELED = "cancel() was called"

STATES = {
    _pop3.STATE_GREETING: "greeting",
    _pop3.STATE_AUTHORIZATION: "authorization",
    _pop3.STATE_TRANSACTION: "transaction",
    _pop3.STATE_CLOSED: "closed",
    _pop3.STATE_BROKEN: "closed",
}


class Nowhere:
    """A sink for what nobody wants."""

    @staticmethod
    def write(_part):
        """Throws it away."""


NOWHERE = Nowhere()


class Sink:
    """Passes parts of a message on to a file and tells how far it came."""

    __slots__ = ("_write", "_progress", "_octets", "_total")

    def __init__(self, file, progress):
        self._write = file.write
        self._progress = progress
        self._octets = 0
        self._total = None

    def announce(self, text):
        """Takes the size out of a +OK, where servers like to tell it."""
        word = text.split(b" ", 1)[0]
        if word.isdigit() and len(word) < 20:
            self._total = int(word)

    def write(self, part):
        """Called by the core with a view that is valid for this call; what is
        raised here is the caller's own."""
        taken = self._write(part)
        size = len(part)
        # What an unbuffered file did not take is given once more.
        octets = taken if type(taken) is int and 0 <= taken < size else size
        self._octets += octets
        self._progress(self._octets, self._total)
        return taken


class Rounds:
    """See the head of this file."""

    def __init__(self, options, fair):
        self.options = options
        self.welcome = b""
        self.response = b""
        self.skipped_rows = 0
        self.sound = False
        self.canceled = False
        self._context = None
        self._death = None          # makes the error of a session that is over
        self._stream = None         # the token of the iterator that is open
        self._secrets = []
        self._marked = set()
        self._end_of_deletes = None
        if options.security == "tls":
            from ._tls import checked_context
            self._context = checked_context(options.context, options.insecure)
        self.core = _pop3.Core(
            tls_active=options.security == "tls",
            clear_credentials=options.security == "none",
            no_pipelining=not options.pipelining,
            reply_line=options.max_line, list_items=options.max_items,
            body_octets=options.max_message,
            trace=options.trace, trace_level=options.trace_level,
            putline=partial(sys.audit, "pop3.putline", options.host))
        self.wire = Wire(self.core, options.timeout, options.step_timeout,
                         options.min_rate, fair)

    # ---- its end --------------------------------------------------------

    @property
    def over(self):
        """Whether no command can be given any more."""
        return self._death is not None

    @property
    def state(self):
        """In words: see STATES."""
        return "closed" if self.over else STATES[self.core.state]

    def cancel(self):
        """Ends the call that is under way, or the next one; from anywhere."""
        self.canceled = True
        self.wire.cut()

    def close(self):
        """Closes at once, without QUIT."""
        self._end(partial(CanceledError, CANCELED) if self.canceled else
                  partial(ConnectionClosedError, "the client is closed"))

    def failed(self, error):
        """An exception leaves a command: is the session still in step?"""
        if self.core._blame() or self.sound:
            self.sound = False
        elif not isinstance(error, errors.Error):
            self._end(partial(CanceledError, "the session was closed, because "
                              "a call on it was interrupted"))

    def _end(self, death, politely=False):
        self._stream = None
        self._secrets.clear()
        if self._death is None:
            self._death = death
            self.core.fail(_pop3.ERR_CANCELED, 0, None)
        self.wire.close(politely)

    def _check_open(self):
        if self.canceled:
            self.close()
        if self._death is not None:
            raise self._death()

    # ---- errors ---------------------------------------------------------

    def _error(self, event):
        """The exception for a DONE, GREETING or CLOSED that tells one."""
        if self.core.state == _pop3.STATE_BROKEN:
            return self._broken(event)
        error = self._what_is_wrong(event)()
        if self.core.state == _pop3.STATE_CLOSED:
            self._part()
        return error

    def _broken(self, event):
        """The exception that ended the session; with its end."""
        if self._death is None:
            self._end(partial(self._what_is_wrong(event), fatal=True))
        error = self._death()
        if event.id:
            error.operation = operation_of(event)
        error.__cause__ = self.wire.cause
        return error

    def _what_is_wrong(self, event):
        """Makes the exception for the core's last error."""
        result, _code, number, operation, code, text = self.core.error
        if self.canceled:
            return partial(CanceledError, CANCELED, operation=operation)
        line = event.line or None
        return partial(
            CLASSES.get(result, errors.InternalError), text,
            operation=operation, response=self._hide(line),
            code=code.upper() or None, number=number,
            temporary=_pop3.is_temporary(self.core.error))

    def _part(self):
        """QUIT was answered."""
        self._end(partial(ConnectionClosedError,
                          "the session is over: QUIT was sent"), True)

    def _hide(self, line):
        """A server's line without the secrets that it may echo."""
        if line is None:
            return None
        for secret in self._secrets:
            line = line.replace(secret, b"****")
        return line

    def _submit(self, verb, **arguments):
        """Queues a command. What fails here has disturbed nothing."""
        try:
            return self.core.submit(verb, **arguments)
        except _pop3.ResultError as error:
            raise self._refused_call(error) from None
        except BaseException:
            self.sound = True
            raise

    @staticmethod
    def _refused_call(error):
        result, operation, text = error.args
        return CLASSES.get(result, errors.InternalError)(
            text, operation=operation)

    # ---- the rounds of a command ----------------------------------------

    def _ready(self, streams_too=False):
        """Lets a command begin, once all before it are answered."""
        self.sound = False
        self._check_open()
        if self._stream is not None and not streams_too:
            raise UsageError("an iterator over messages or lines is open: "
                             "finish or close it first")
        self._stream = None
        self.wire.asked()
        while self.core.pending:
            event = yield from self._next(NOWHERE)
            if event.type == _pop3.EVENT_CLOSED:
                raise self._error(event)
        self._check_broken()
        self.wire.asked()

    def _check_broken(self):
        if self.core.state == _pop3.STATE_BROKEN:
            raise self._error(self.core.next())

    def _next(self, sink=None):
        """The next event that tells something; data go into the sink."""
        return (yield from self._taken(NEXT if sink is None else DATA, sink))

    def _taken(self, how, target):
        """The first event that tells something; how: see Wire.pull()."""
        while True:
            event = self.wire.pull(how, target)
            kind = event[0]
            if kind != NEED_INPUT:
                if kind == DONE:
                    self.wire.asked()
                return event
            yield from self.wire.move()

    def _finish(self, ident, sink=None):
        """Waits for the end of a command; returns its REPLY and its DONE."""
        reply = None
        while True:
            event = yield from self._next(sink)
            if event.type == REPLY:
                reply = event
                self.response = event.line
                if type(sink) is Sink:
                    sink.announce(event.text)
            elif event.type == DONE:
                if event.result != _pop3.OK:
                    raise self._error(event)
                if event.id == ident:
                    return reply, event
            elif event.type == _pop3.EVENT_CLOSED:
                raise self._error(event)

    def _ask(self, verb, **arguments):
        """A command whose answer is a status line, which is returned."""
        yield from self._ready()
        reply, _done = yield from self._finish(
            self._submit(verb, **arguments))
        return reply

    def command(self, verb):
        """A command whose answer says no more than yes or no."""
        yield from self._ask(verb)


def operation_of(event):
    """What an event is about, as "RETR 3"."""
    return f"{event.verb} {event.number}" if event.number else event.verb
