# SPDX-License-Identifier: MIT
"""Moves octets between a core and a socket, under deadlines.

Nothing here waits. A function that would have to is a generator: it yields a
step, and goes on when whoever drives it has done what the step says:

    Wait      wait until `fd` is ready for `events`, for `seconds` at most
    Resolve   look up a host; send the rows of getaddrinfo() into the
              generator, or the exception that addresses() returned, or a
              TimeoutError
    PAUSE     nothing is to be done: others may have their turn

So the blocking client, which polls, and the asyncio client, which asks its
loop, are a few lines each over the same code (client.py, aio.py).

Whatever fails is told to the core, which ends every command with it; the
error is raised where that end is taken (_session.py).

Order of reading and writing: while nothing is asked, reading comes first, so
that octets which no command asked for are found before a command is sent that
they could answer; while answers are due, writing comes first, to keep the
pipe full. Reading goes on while writing cannot, so that neither side waits
for the other.
"""

import _socket
import errno
import socket
import struct
from time import monotonic

import _pop3

from .errors import ArgumentError

READ = 1
WRITE = 2

# Received in one go before others may have their turn, in buffers of 96 KiB,
# and one buffer more: less than 1 MiB.
FAIR_SHARE = 9
TURN_OCTETS = 96 << 10

INFINITY = float("inf")

# What an attempt to connect to one of several addresses is given at least.
ATTEMPT_SECONDS = 3.0

NEED_INPUT = _pop3.EVENT_NEED_INPUT

# What pull() shall take: see take.c.
NEXT, DATA, ITEMS, MESSAGES = range(4)

# struct linger: close() discards what was not sent.
RESET = struct.pack("ii", 1, 0)

class Step:
    """What a driver shall do; see the head of this file."""

    __slots__ = ()


class Wait(Step):
    """Wait until fd is ready for READ, WRITE or both, or seconds are over."""

    __slots__ = ("fd", "events", "seconds")


class Resolve(Step):
    """Look up host and port for a stream; seconds: None, or at most."""

    __slots__ = ("host", "port", "seconds")


PAUSE = Step()


class Wire:
    """A core, its socket, and the deadlines of both."""

    def __init__(self, core, timeout, step_timeout, min_rate, fair):
        self.core = core
        self.sock = None
        self.cause = None           # the exception behind a failure
        self._timeout = timeout
        self._silence = INFINITY if timeout is None else timeout
        self._step_timeout = step_timeout
        self._min_rate = min_rate
        self._fair = fair           # give others their turn
        self._turns = 0
        self._sent = False          # something, by move()
        self._tls = None            # the module _tls, once TLS is spoken
        # What says that there is nothing to read, or no room to write; TLS
        # has exceptions of its own (handshake()).
        self._unreadable = (BlockingIOError,)
        self._unwritable = ()
        self._plain = False         # recv(2) does what recv_into() does
        self._drained = False       # the last read took all there was
        self._wait = Wait()
        self._want = 0
        self._connect_by = None
        self.asked()

    # ---- deadlines ------------------------------------------------------

    def asked(self):
        """A command has its turn: its time begins."""
        self._last_io = self._step_began = monotonic()
        self._step_octets = 0

    def _deadline(self):
        """When it is over, and the words for it; (None, "") is never."""
        if self._connect_by is not None:
            return self._connect_by, "no connection within the timeout"
        by, words = None, ""
        if self._timeout is not None:
            by = self._last_io + self._timeout
            words = "the server was silent for the timeout"
        if self._step_timeout is not None:
            step = self._step_by()
            if by is None or step < by:
                return step, "the server took longer than the step timeout"
        return by, words

    def _step_by(self):
        return (self._step_began + self._step_timeout
                + self._step_octets / self._min_rate)

    def _ready_to_wait(self, events):
        """The step that waits; None if a deadline has passed."""
        by, words = self._deadline()
        left = None if by is None else by - monotonic()
        if left is not None and left <= 0:
            self.fail(_pop3.ERR_TIMEOUT, None, words)
            return None
        wait = self._wait
        wait.fd = self.sock.fileno()
        wait.events = events
        wait.seconds = left
        return wait

    # ---- the end --------------------------------------------------------

    def fail(self, result, error, text=None, number=0):
        """Tells the core that the transport failed."""
        if error is not None:
            number = number or error.errno or 0
            text = text or error.strerror or str(error)
            # Its frames would keep everything alive.
            error.__traceback__ = error.__context__ = None
        if self.cause is None:
            self.cause = error
        self.core.fail(result, number, text)

    def _fail_io(self, error):
        if self._tls and isinstance(error, self._tls.ERRORS):
            self.fail(_pop3.ERR_TLS, error, self._tls.words(error))
        else:
            self.fail(_pop3.ERR_IO, error)

    def cut(self):
        """Ends all traffic, from any thread; close() is still due, and resets
        the connection then. Else a server whose window was full would wait
        for a minute for somebody to read on."""
        sock = self.sock
        if sock is not None:
            try:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                # Not SSLSocket's, which would pull the session from under a
                # thread that reads.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                pass            # not connected any more

    def close(self, politely=False):
        """Closes the socket; politely: with close_notify, if that does not
        need to wait."""
        sock, self.sock = self.sock, None
        if sock is None:
            return
        if politely and self._tls:
            try:
                sock.unwrap().close()
            except (OSError, ValueError):
                pass
        sock.close()

    # ---- opening --------------------------------------------------------

    def adopt(self, sock):
        """Takes a socket that is connected already."""
        sock.setblocking(False)
        self.sock = sock
        self._plain = (getattr(type(sock), "recv_into", None)
                       is _socket.socket.recv_into
                       and "recv_into" not in getattr(sock, "__dict__", ()))

    def connect(self, host, port):
        """A generator: connects to one of the addresses of a host, one after
        the other, within the timeout in all."""
        if self._timeout is not None:
            self._connect_by = monotonic() + self._timeout
        step = Resolve()
        step.host, step.port, step.seconds = host, port, self._timeout
        rows = yield step
        if isinstance(rows, socket.gaierror):
            self.fail(_pop3.ERR_RESOLVE, rows)
            return
        if isinstance(rows, ArgumentError):
            raise rows
        if isinstance(rows, Exception):
            self.fail(_pop3.ERR_TIMEOUT, rows,
                      "the host name was not found within the timeout")
            return
        error = None
        for index, row in enumerate(rows):
            error = yield from self._attempt(row, len(rows) - index)
            if error is None:
                return
        if isinstance(error, TimeoutError):
            self.fail(_pop3.ERR_TIMEOUT, error,
                      "no connection within the timeout")
        else:
            self._fail_io(error or OSError(errno.EADDRNOTAVAIL,
                                           "the host has no address"))

    def _attempt(self, row, rows_left):
        """A generator: tries one address; returns the error, if any."""
        family, kind, protocol, _name, address = row
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:
            return error
        try:
            self.adopt(sock)
            number = sock.connect_ex(address)
            if number == errno.EINPROGRESS:
                number = yield from self._connected(rows_left)
            if number == 0:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return None
            error = OSError(number, _strerror(number))
        except OSError as caught:
            error = caught
        except BaseException:
            self.close()
            raise
        self.close()
        return error

    def _connected(self, rows_left):
        """A generator: waits for a connection attempt; returns its errno."""
        until = None
        if self._connect_by is not None:
            share = (self._connect_by - monotonic()) / rows_left
            until = min(monotonic() + max(share, ATTEMPT_SECONDS),
                        self._connect_by)
        wait = self._wait
        wait.fd, wait.events = self.sock.fileno(), WRITE
        wait.seconds = None if until is None else until - monotonic()
        yield wait
        number = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number == 0 and until is not None and monotonic() >= until:
            return errno.ETIMEDOUT
        return number

    def handshake(self, context, name):
        """A generator: puts TLS around the socket. What fails is told to the
        core."""
        from . import _tls
        if self._connect_by is None and self._timeout is not None:
            self._connect_by = monotonic() + self._timeout
        try:
            self.sock = context.wrap_socket(
                self.sock, server_hostname=name,
                do_handshake_on_connect=False)
            self._tls = _tls
            self._unreadable = _tls.UNREADABLE
            self._unwritable = _tls.UNWRITABLE
            self._plain = False
            if (yield from self._shake_hands()):
                fault = _tls.fault_of_peer(self.sock, context, name)
                if fault is not None:
                    self.fail(fault.result, None, fault.text, fault.number)
        except _tls.CertificateError as error:
            self.fail(_pop3.ERR_CERT, error, error.verify_message,
                      error.verify_code)
        except _tls.ERRORS as error:
            self.fail(_pop3.ERR_TLS, error, _tls.words(error))
        except (OSError, ValueError) as error:
            self.fail(_pop3.ERR_TLS, _as_os_error(error),
                      "the connection ended in the TLS handshake: "
                      + str(error))
        self._connect_by = None
        self._drained = False

    def _shake_hands(self):
        """A generator: whether it came to an end."""
        while True:
            try:
                self.sock.do_handshake()
                return True
            except self._unreadable:
                events = READ
            except self._unwritable:
                events = WRITE
            step = self._ready_to_wait(events)
            if step is None:
                return False
            yield step

    def opened(self):
        """The connection is there; from now on other deadlines hold."""
        self._connect_by = None
        self.asked()

    # ---- octets ---------------------------------------------------------

    def pull(self, how, target=None, turns=0):
        """Takes events (how: see take.c), and receives what they need, until
        there is one that is something else than NEED_INPUT; or there is
        nothing to be received without waiting, or something else is to be
        done; or it has received so many `turns`. The way of everything
        large: a turn is up to 96 KiB."""
        if self._fair:
            share = FAIR_SHARE + 1 - self._turns
            if share <= 0:
                return self.core._take(how, target)
            turns = min(turns or share, share)
        if not self._plain:
            return self._pull_through(how, target, turns)
        event, received, number, drained, self._last_io = self.core._pull(
            self.sock, how, target, turns, self._silence, self._wait_until(),
            self._last_io)
        self._received(received)
        if number:
            self._fail_io(OSError(number, _strerror(number)))
            return self.core._take(how, target)
        self._drained = drained
        return event

    def _wait_until(self):
        """When a plain socket is waited for no longer where octets are
        pulled; asyncio's are not waited for there at all."""
        if self._fair:
            return -INFINITY
        if self._step_timeout is None:
            return INFINITY
        return self._step_by()

    def _received(self, octets):
        self._step_octets += octets
        if self._fair:
            self._turns += octets // TURN_OCTETS + 1

    def _pull_through(self, how, target, turns):
        """pull() through the methods of a socket of any kind, as TLS is."""
        core = self.core
        take, room_of, filled, output = (core._take, core.input_buffer,
                                         core.input_filled, core.output)
        received = 0
        event = take(how, target)
        while event[0] == NEED_INPUT and not core.is_quiet and not output():
            room = room_of()
            try:
                got = self.sock.recv_into(room)
            except (*self._unreadable, *self._unwritable):
                filled(0)       # which gives the memory back
                break
            except OSError as error:
                self._fail_io(error)
                return take(how, target)
            if got:
                filled(got)
                received += got
            else:
                core.eof()
            event = take(how, target)
            turns -= 1
            if turns == 0:
                break
        if received:
            self._last_io = monotonic()
            self._received(received)
        return event

    def move(self):
        """A generator: sends what waits, and ends when something was
        received, or pull() can wait for that, or the transport failed."""
        core = self.core
        self._sent = False
        while self.sock is not None:
            self._want = 0
            quiet = core.is_quiet
            if not quiet and not self._send():
                return
            # Where the last read took all there was, poll tells more cheaply
            # than an exception that there is nothing new.
            if (quiet or not self._drained) and self._receive():
                break
            self._drained = False
            if quiet and not self._send():
                return
            if self._sent and self._plain and not (self._fair or self._want):
                return          # pull() waits at less cost
            step = self._ready_to_wait(self._want | READ)
            if step is None:
                return
            yield step
        self._turns += self._fair
        if self._turns > FAIR_SHARE:
            self._turns = 0
            yield PAUSE

    def _send(self):
        """Sends what can be sent now; False if the transport failed."""
        core = self.core
        while True:
            data = core.output()
            if not data:
                return True
            try:
                sent = self.sock.send(data)
            except self._unwritable:
                self._want |= WRITE
                return True
            except self._unreadable as error:
                # Of a plain socket this means that it cannot be written.
                self._want |= (WRITE if isinstance(error, BlockingIOError)
                               else READ)
                return True
            except OSError as error:
                self._fail_io(error)
                return False
            core.output_sent(sent)
            self._sent = True

    def _receive(self):
        """Receives what is there; True if something came, or an end."""
        core = self.core
        try:
            room = core.input_buffer()
            got = self.sock.recv_into(room)
        except self._unreadable:
            core.input_filled(0)        # which gives the memory back
            return False
        except self._unwritable:
            core.input_filled(0)
            self._want |= WRITE
            return False
        except OSError as error:
            self._fail_io(error)
            return True
        if got:
            self._drained = self._plain and got < len(room)
            core.input_filled(got)
            self._last_io = monotonic()
            self._step_octets += got
        else:
            core.eof()
        return True


def addresses(step, flags=0):
    """What a Resolve asks for: the rows of getaddrinfo(), or the error."""
    try:
        return socket.getaddrinfo(step.host, step.port,
                                  type=socket.SOCK_STREAM, flags=flags)
    except UnicodeError:
        return ArgumentError(f"not a host name: {step.host!r}")
    except OSError as error:
        error.__traceback__ = None
        return error


def numeric_address(step):
    """The row for a host that is an address, which takes no time; or None."""
    rows = addresses(step, socket.AI_NUMERICHOST)
    return None if isinstance(rows, Exception) else rows


def _as_os_error(error):
    return error if isinstance(error, OSError) else OSError(0, str(error))


def _strerror(number):
    return OSError(number, "").strerror or socket.os.strerror(number)
