# SPDX-License-Identifier: MIT
"""What Client and aio.Client have in common: their options, what they know
without asking the server, and the checks of arguments."""

import threading
import warnings
from math import isnan
from operator import index

from ._opening import octets_of
from ._session import Session
from .errors import ArgumentError, UsageError

IN_USE = ("the client is in use: by another thread or task, or by the call "
          "that called back")
WINDOW_MAX = 1 << 30     # no more are ever in flight
# IDNA 2003, which Python has, maps them to others or to none; IDNA 2008 has
# them as letters of their own.
DEVIANT = frozenset("\u00df\u1e9e\u03c2\u200c\u200d")
SECURITY = {"tls": 995, "stls": 110, "none": 110}


class Options:
    """The arguments of a client, checked. Attributes are theirs."""

    def __init__(self, values):
        self.__dict__.update(values)
        if not isinstance(self.host, str):
            raise TypeError("host must be str, not "
                            + type(self.host).__name__)
        if not self.host or "\0" in self.host:
            raise ArgumentError("a host is needed")
        for name in (self.host, self.server_hostname):
            if isinstance(name, str) and not DEVIANT.isdisjoint(name):
                raise ArgumentError(
                    "the host name has a letter that Python's idna codec "
                    "turns into another name (\u00df, \u03c2 or a joiner): "
                    "write it in its xn-- form")
        if self.security not in SECURITY:
            raise ArgumentError('security must be "tls", "stls" or "none", '
                                f"not {self.security!r}")
        if self.port is None:
            self.port = SECURITY[self.security]
        self.port = index(self.port)
        if not 0 < self.port < 65536:
            raise ArgumentError(f"not a port: {self.port}")
        if self.server_hostname is None:
            self.server_hostname = self.host
        self.timeout = checked_seconds(self.timeout, "timeout")
        self.step_timeout = checked_seconds(self.step_timeout, "step_timeout")
        callback(self.trace, "trace")
        trace_level(self.trace_level)
        if self.min_rate <= 0:
            raise ArgumentError("min_rate must be more than 0")
        for name in ("max_line", "max_items", "max_message"):
            if index(getattr(self, name)) < 0:
                raise ArgumentError(f"{name} must not be negative")
        if self.max_line and not 512 <= self.max_line <= 65536:
            raise ArgumentError("max_line must be from 512 to 65536")


def checked_seconds(seconds, name):
    """A timeout: None is never, and 0 is a mistake as it is in poplib."""
    if seconds is None:
        return None
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise TypeError(f"{name} must be a number of seconds or None, not "
                        + type(seconds).__name__)
    if isnan(seconds) or seconds <= 0:
        raise ArgumentError(f"{name} must be more than 0 seconds; a "
                            "non-blocking socket is not supported")
    return None if seconds == float("inf") else float(seconds)


def message_number(number):
    """A message number: an int from 1."""
    number = index(number)
    if not 0 < number < 1 << 64:
        raise ArgumentError(f"not a message number: {number}; they start "
                            "at 1")
    return number


def number_or_all(number):
    """A message number, or 0 for None, which means all of them."""
    return 0 if number is None else message_number(number)


def message_numbers(numbers):
    """Several of them, from any iterable."""
    numbers = list(map(index, numbers))
    if numbers:
        message_number(min(numbers))
        message_number(max(numbers))
    return numbers


def line_count(lines):
    """An int from 0."""
    lines = index(lines)
    if not 0 <= lines < 1 << 64:
        raise ArgumentError(f"not a number of lines: {lines}")
    return lines


def command_window(window):
    """How many commands may be in flight; None is the default."""
    if window is None:
        return None
    window = index(window)
    if window < 1:
        raise ArgumentError("window must be at least 1")
    return min(window, WINDOW_MAX)


def command_text(value, what):
    """An argument of a command as octets, none of which could end it."""
    octets = octets_of(value, what)
    if any(octet < 32 or octet == 127 for octet in octets):
        raise ArgumentError(f"{what} holds a control character")
    return octets


def writable(file):
    """Something with write()."""
    if not callable(getattr(file, "write", None)):
        raise TypeError("file must have a write() method that takes bytes, "
                        f"but {type(file).__name__} has none")
    return file


def callback(function, what):
    """A callable, or None."""
    if function is not None and not callable(function):
        raise TypeError(f"{what} must be callable or None, not "
                        + type(function).__name__)
    return function


def trace_level(level):
    """How much set_trace() tells."""
    level = index(level)
    if level not in (1, 2):
        raise ArgumentError(f"a trace has level 1 or 2, not {level}")
    return level


class ClientBase:
    """The part of a client that needs no I/O. See Client."""

    _fair = False       # whether others want their turn while octets flow

    def __init__(self, host, port=None, *, security="tls", timeout=60.0,
                 context=None, server_hostname=None, insecure=False,
                 sock=None, capa=True, pipelining=True, step_timeout=600.0,
                 min_rate=512, max_line=0, max_items=0, max_message=0,
                 trace=None, trace_level=1):
        values = dict(locals())
        del values["self"]
        self._busy = threading.Lock()
        self._session = None
        self._options = Options(values)
        self._session = Session(self._options, self._fair)
        self._start()

    def _start(self):
        """What a client does when it is made: nothing, or connect."""

    # ---- what it knows --------------------------------------------------

    @property
    def host(self):
        """The host as given."""
        return self._options.host

    @property
    def port(self):
        """The port that is used."""
        return self._options.port

    @property
    def state(self):
        """"greeting", "authorization", "transaction" or "closed"."""
        return self._session.state

    @property
    def closed(self):
        """Whether the session is over."""
        return self._session.over

    @property
    def welcome(self):
        """The greeting as the server sent it, without its line end."""
        return self._session.welcome

    @property
    def response(self):
        """The last +OK line as the server sent it, without its line end."""
        return self._session.response

    @property
    def capabilities(self):
        """The Capabilities as last answered; None if they are unknown."""
        try:
            return self._session.capabilities
        except RuntimeError:        # of a core whose octets are looked at
            raise UsageError(IN_USE) from None

    @property
    def deletes(self):
        """The messages that were marked, and what became of them: a Deletes.
        It can be asked for after the end, too."""
        return self._session.deletes

    @property
    def skipped_rows(self):
        """Rows of the last listing that made no sense and were left out."""
        return self._session.skipped_rows

    @property
    def is_tls(self):
        """Whether the connection is TLS."""
        return self._session.core.is_tls

    @property
    def tls(self):
        """TLS in words, as "TLSv1.3 TLS_AES_256_GCM_SHA384"; "" without."""
        sock = self._session.wire.sock
        if sock is None or not self.is_tls:
            return ""
        return f"{sock.version()} {sock.cipher()[0]}"

    @property
    def sock(self):
        """The socket, for its addresses and its certificate; None when
        closed. Whoever reads or writes it breaks the session."""
        return self._session.wire.sock

    def fileno(self):
        """The number of the socket; -1 when closed."""
        sock = self._session.wire.sock
        return -1 if sock is None else sock.fileno()

    def __repr__(self):
        return (f"<{type(self).__module__}.{type(self).__qualname__} "
                f"{self.host}:{self.port} {self.state}>"
                if self._session is not None else object.__repr__(self))

    # ---- what needs no server -------------------------------------------

    def set_trace(self, trace, level=1):
        """From now on calls trace(direction, line) with "C" or "S" and
        printable text, secrets as ****; level 1: commands and status lines,
        2: every line. None: no more. Not while a call is under way."""
        callback(trace, "trace")
        level = trace_level(level)
        self._enter()
        try:
            self._session.core.set_trace(trace, level)
        finally:
            self._busy.release()

    def cancel(self):
        """Makes the call that is under way, or else the next one, end with
        CanceledError and close the session. From any thread, and from a
        signal handler. After the end it does nothing."""
        self._session.cancel()

    def _close(self):
        """Closes at once, without QUIT, which deletes nothing. If another
        thread is in a call, that call is canceled."""
        if not self._busy.acquire(False):
            self._session.cancel()
            if not self._busy.acquire(False):
                return          # whoever has it closes: see _leave()
        try:
            self._session.close()
        finally:
            self._busy.release()

    def _enter(self):
        """One call at a time: the second one is refused, and the first one
        does not notice."""
        if not self._busy.acquire(False):
            raise UsageError(IN_USE)

    def _leave(self):
        """Ends a call. What was canceled too late for it is closed here."""
        self._busy.release()
        if self._session.canceled and not self._session.over:
            self._close()

    def __del__(self):
        session = getattr(self, "_session", None)
        if session is not None and session.wire.sock is not None:
            warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self)
            session.wire.close()
