# SPDX-License-Identifier: MIT
"""The dialogue below pop3.poplib: lines out, replies in.

What poplib's programs may override or replace is here as they know it: sock
and file, _putline() and _putcmd(), _getline(), _getresp() and _getlongresp(),
_shortcmd() and _longcmd(). What a reply means, where a message ends, and
whether the session is still in step is decided by a core (_pop3.Core), which
is told which line was sent when its reply is read, because only then it is
known whether a body is expected: _getresp() or _getlongresp().

`file` stays a real file: what is read from it is exactly what belongs to the
reply at hand, so that a program may read on by itself. A reply that breaks
the protocol, an error of the socket and an exception in the middle of a
message end the session: sock and file are closed, and error_proto is raised
by all that follows.
"""

import base64
import errno
import io
import re
import socket
import sys

import _pop3
from _thread import allocate_lock

CR = b'\r'
LF = b'\n'
CRLF = CR + LF

# Memory of a message that is dropped goes back to the system, to be paged in
# again for the next one: a fifth of all the CPU. One line in so many, kept
# until then, holds it; but not for messages of more octets than that.
_ANCHORS = 1000
_ANCHORED = 16 * 1024 * 1024
_CONTROLS = re.compile(b'[\x00-\x1F\x7F]')
_UNASKED = 'the server sent octets that no command asked for'


class error_proto(Exception):
    """Any protocol error. Its argument is the server's line as bytes, or a
    reason of our own as str. `code` is the response code in the server's
    line, as 'IN-USE' or 'SYS/TEMP' (RFC 2449, RFC 3206), or None."""
    code = None


error_proto.__module__ = 'pop3.poplib'


class Dialogue:
    """What POP3 is built on."""

    encoding = 'UTF-8'

    # On the class, for subclasses that make their connection themselves.
    sock = None
    file = None
    _debugging = 0
    _tls_established = False
    _engine = None          # the _pop3.Core that judges the replies
    _engine_file = None     # what its replies are read from
    _tls_due = False        # STLS was answered by +OK
    _body_due = False       # _getlongresp() is asking _getresp()
    _anchors = ()           # lines of the message before
    _sasl_due = False       # the next line answers a challenge

    # ---- the session ----

    @property
    def _lines_sent(self):
        """Lines whose replies are due, in their order."""
        return self.__dict__.setdefault('_unanswered', [])

    def _judge(self):
        """The core, which has seen the greeting, or now waits for it."""
        core = self._engine
        if core is not None and is_over(core) and \
                self.file is not self._engine_file:
            core = None         # another file is another session
        if core is None:
            core = _pop3.Core(any_state=True, clear_credentials=True,
                              no_pipelining=True, reply_line=65536,
                              tls_active=self._tls_established)
            self._engine = core
            self._tls_due = False
        self._engine_file = self.file
        return core

    def _alive(self):
        """The core of a session that is not over."""
        core = self._judge()
        if is_over(core):
            raise error_proto('-ERR the session is over: ' +
                              (core.error[5] or 'QUIT was answered'))
        return core

    def _ready_to_ask(self):
        """The core, if a command may be sent now."""
        if self.sock is None:
            raise error_proto('-ERR the connection is closed')
        core = self._alive()
        if core.state == _pop3.STATE_GREETING:
            self._pass_greeting(core)
        if self._tls_due:
            self._tls_is_up(core)
        if not self._lines_sent:
            octets = self._unasked()
            if octets:
                self._give_up(_pop3.ERR_PROTOCOL, _UNASKED)
                line = octets.partition(LF)[0].rstrip(CR)
                raise error_proto(line if line[:1] == b'-'
                                  else '-ERR ' + _UNASKED)
        return core

    @staticmethod
    def _pass_greeting(core):
        """Who asks has heard a greeting."""
        core.feed(b'+OK\r\n')
        core.next()

    def _unasked(self):
        """Octets that are there although none are due. Does not wait."""
        file, sock = self.file, self.sock
        if not isinstance(file, io.BufferedReader) or \
                not isinstance(sock, socket.socket) or \
                getattr(file.raw, '_sock', None) is not sock:
            return b''
        timeout = sock.gettimeout()
        sock.settimeout(0)
        try:
            return file.peek(1)
        except OSError as error:
            if _is_nothing_there(error):
                return b''
            self._give_up(_pop3.ERR_IO, str(error))
            raise
        finally:
            if sock.fileno() != -1:
                sock.settimeout(timeout)

    def _give_up(self, result, reason):
        """The session is over. `sock` and `file` stay, but are closed."""
        self._judge().fail(result, 0, reason)
        self._lines_sent.clear()
        for thing in (self.file, self.sock):
            if thing is not None:
                try:
                    thing.close()
                except OSError:
                    pass

    def _alone(self):
        """The lock of one dialogue; RuntimeError if it is taken."""
        lock = self.__dict__.setdefault('_dialogue', allocate_lock())
        return _Alone(lock)

    # ---- sending ----

    def _putline(self, line):
        """Sends a line, given as bytes."""
        if self._debugging > 1:
            print('*put*', repr(self._shown(line)))
        sys.audit("poplib.putline", self, line)
        self._ready_to_ask()
        self._lines_sent.append(line)
        try:
            self.sock.sendall(line + CRLF)
        except BaseException as error:
            self._give_up(_pop3.ERR_IO, str(error))
            raise

    def _putcmd(self, line):
        """Sends a command, given as str."""
        if self._debugging:
            print('*cmd*', repr(self._shown(line)))
        line = bytes(line, self.encoding)
        if _CONTROLS.search(line):
            raise ValueError('Control characters not allowed in commands')
        self._putline(line)

    # ---- what debug prints may show ----

    def _shown(self, line):
        """A line of ours without its secrets, which are remembered."""
        shown = '****' if self._sasl_due else _pop3.masked(line)
        if not shown.endswith('****'):
            return line
        secret = line[len(shown) - 4:]
        if isinstance(secret, str):
            secret = secret.encode(self.encoding, 'replace')
        if secret:
            hidden = self.__dict__.setdefault('_secrets', set())
            hidden.update((secret, base64.b64encode(secret)))
        return shown if isinstance(line, str) else shown.encode()

    def _hidden(self, line):
        """A line of the server's without an echo of our secrets."""
        secrets = self.__dict__.get('_secrets', ())
        for secret in sorted(secrets, key=len, reverse=True):
            line = line.replace(secret, b'****')
        return line

    # ---- receiving ----

    def _getline(self):
        """A line without its line end, and its octets with it."""
        line = self._read_line(self._max_line())
        octets = len(line)
        if line[-2:] == CRLF:
            return line[:-2], octets
        if line[:1] == CR:
            return line[1:-1], octets
        return line[:-1], octets

    def _max_line(self):
        """Octets of a status line."""
        return 2048

    def _read_line(self, limit):
        """A line as it came, of `limit` octets at most; -1: of any length."""
        if self.file is None:
            raise error_proto('-ERR the connection is closed')
        self._alive()
        try:
            line = self.file.readline(limit + 1 if limit >= 0 else -1)
        except BaseException as error:
            self._give_up(_pop3.ERR_IO, str(error))
            raise
        if len(line) > limit >= 0:
            self._give_up(_pop3.ERR_LIMIT, 'line too long')
            raise error_proto('line too long')
        if self._debugging > 1:
            print('*get*', repr(self._hidden(line)))
        if not line.endswith(LF):
            self._at_eof()
        return line

    def _at_eof(self):
        self._give_up(_pop3.ERR_CLOSED, 'the server closed the connection')
        raise error_proto('-ERR EOF')

    def _is_overridden(self, name):
        return name in self.__dict__ or \
            getattr(type(self), name) is not getattr(Dialogue, name)

    def _getresp(self):
        """A status line; error_proto unless it starts with +."""
        line, octets = self._getline()
        if self._debugging > 1:
            print('*resp*', repr(self._hidden(line)))
        # The line end of a status line says how its body will end.
        bare = octets == len(line) + 1 and not self._is_overridden('_getline')
        self._take_status(line, line + (LF if bare else CRLF))
        return line

    def _take_status(self, line, octets):
        core = self._alive()
        asked = b''
        if core.state != _pop3.STATE_GREETING:
            asked = self._account(core, self._body_due)
        was_sasl, self._sasl_due = self._sasl_due, False
        core.feed(octets)
        event = core.next()
        if event.type == _pop3.EVENT_REPLY:
            if not self._body_due:
                core.next()
            self._sasl_due = line[:3].upper() != b'+OK' and \
                (was_sasl or asked[:5].upper() == b'AUTH ')
        elif event.type == _pop3.EVENT_START_TLS:
            self._tls_due = True
        elif event.type != _pop3.EVENT_GREETING or \
                event.result != _pop3.OK:
            self._refuse(core, line)

    def _account(self, core, body):
        """Tells the core which line the next reply answers."""
        sent = self._lines_sent
        asked = sent.pop(0) if sent else b''
        verb = asked.upper().decode('ascii', 'replace')
        if verb not in ('STLS', 'QUIT') or body or \
                verb == 'STLS' and core.is_tls:
            verb = 'RAW'
        core.submit(verb, arg='line' if verb == 'RAW' else None,
                    multiline=body)
        core.output_sent(len(core.output()))
        return asked

    def _refuse(self, core, line):
        """The server said no, or nonsense."""
        error = error_proto(line)
        error.code = core.error[4] or None
        if core.state == _pop3.STATE_BROKEN:
            if core.error[0] == _pop3.ERR_LIMIT:
                error = error_proto('line too long')
            self._give_up(_pop3.ERR_PROTOCOL, '')
        raise error

    def _getlongresp(self):
        """A status line, the lines behind it, and their octets."""
        self._body_due = True
        try:
            resp = self._getresp()
        finally:
            self._body_due = False
        core = self._judge()
        if not core.pending:            # _getresp() is somebody else's
            self._account(core, True)
            core.feed(b'+OK\r\n')
            core.next()
        lines = []
        if self._is_overridden('_getline'):
            return resp, lines, self._body_by_getline(core, lines)
        event = self._body(core, lines)
        if event.result != _pop3.OK:
            self._refuse(core, '-ERR ' + core.error[5])
        self._anchors = lines[::_ANCHORS] if event.octets < _ANCHORED else ()
        return resp, lines, event.octets

    def _body(self, core, lines):
        """Takes from `file` what belongs to this reply, and no octet more."""
        if self._debugging > 1 or not isinstance(self.file,
                                                 io.BufferedReader):
            while True:
                event = self._feed(core, self._read_line(-1), lines)
                if event.type != _pop3.EVENT_NEED_INPUT:
                    return event
        try:
            event, exact, rest = self._body_of_file(core, lines)
        except error_proto:
            raise
        except BaseException as error:
            self._give_up(_pop3.ERR_IO, str(error))
            raise
        if rest:
            self._put_back(rest)
        if not exact and not is_over(core):
            # What follows is not for this core: it may be for the program.
            self._engine = None
            self._pass_greeting(self._judge())
        return event

    def _body_of_file(self, core, lines):
        """(event, whether the core has no octet too many, octets that were
        taken from the file too many)"""
        octets = self.file.peek()
        if not octets:
            self._at_eof()
        used, event = core._collect_from(octets, lines)
        self.file.read(used)
        if event.type != _pop3.EVENT_NEED_INPUT:
            return event, used == len(octets), b''
        # The buffer of the file is empty now: what is below it can be read.
        rest, event = core._receive(self.file.raw.readinto, lines)
        if event.type == _pop3.EVENT_NEED_INPUT:
            self._at_eof()
        return event, not rest, rest

    def _put_back(self, octets):
        if not isinstance(self.file.raw, _Replay):
            self.file = io.BufferedReader(_Replay(self.file.detach()))
        self.file.raw.octets = octets + self.file.raw.octets

    def _feed(self, core, octets, lines):
        """Feeds the octets of one line, however long it is."""
        while True:
            taken, event = core._collect_from(octets, lines)
            octets = octets[taken:]
            if not octets:
                return event

    def _body_by_getline(self, core, lines):
        """As _body(), through a _getline() that is not ours."""
        total = 0
        try:
            while True:
                line, octets = self._getline()
                known = len(lines)
                event = self._feed(core, line + CRLF, lines)
                if event.type != _pop3.EVENT_NEED_INPUT:
                    return total
                total += octets - (len(line) - len(lines[known]))
        except BaseException as error:
            self._give_up(_pop3.ERR_CANCELED, str(error))
            raise

    def _shortcmd(self, line):
        """Sends a command and returns its status line."""
        with self._alone():
            due = len(self._lines_sent)
            try:
                self._putcmd(line)
                return self._getresp()
            finally:
                del self._lines_sent[due:]

    def _longcmd(self, line):
        """Sends a command and returns its status line, lines and octets."""
        with self._alone():
            due = len(self._lines_sent)
            try:
                self._putcmd(line)
                return self._getlongresp()
            finally:
                del self._lines_sent[due:]

    # ---- the connection ----

    def close(self):
        """Close the connection without assuming anything about it."""
        self._engine = None
        self._anchors = ()
        self._lines_sent.clear()
        self.__dict__.pop('_secrets', None)
        try:
            file, self.file = self.file, None
            if file is not None:
                file.close()
        finally:
            sock, self.sock = self.sock, None
            if sock is not None:
                _shut_down(sock)

    def _start_tls(self, context):
        """Wraps the socket, after the +OK to STLS."""
        if self._unasked():
            self._give_up(_pop3.ERR_PROTOCOL, _UNASKED)
            raise error_proto('-ERR the server sent octets in clear after '
                              'its answer to STLS')
        try:
            self.file.close()
            self.sock = context.wrap_socket(self.sock,
                                            server_hostname=self.host)
            self.file = self.sock.makefile('rb')
        except BaseException as error:
            self._give_up(_pop3.ERR_TLS, str(error))
            raise
        if self._tls_due:
            self._tls_is_up(self._judge())

    def _tls_is_up(self, core):
        self._tls_due = False
        core.tls_done()
        core.next()


class _Replay(io.RawIOBase):
    """A raw file with octets in front of it, which were read too early."""
    octets = b''

    def __init__(self, raw):
        self._raw = raw
        self._sock = getattr(raw, '_sock', None)

    def readable(self):
        return True

    def readinto(self, buffer):
        if not self.octets:
            return self._raw.readinto(buffer)
        count = min(len(buffer), len(self.octets))
        buffer[:count] = self.octets[:count]
        self.octets = self.octets[count:]
        return count

    def fileno(self):
        return self._raw.fileno()

    def close(self):
        self._raw.close()
        super().close()


class InUse(RuntimeError):
    """Two calls at once."""


class _Alone:
    """One dialogue at a time."""

    def __init__(self, lock):
        self._lock = lock

    def __enter__(self):
        if not self._lock.acquire(blocking=False):
            raise InUse('this POP3 object is in use: by another thread, or '
                         'by the call that called back')

    def __exit__(self, *_):
        self._lock.release()


def _is_nothing_there(error):
    """Whether that is what a socket says that does not wait."""
    ssl = sys.modules.get('ssl')
    return isinstance(error, BlockingIOError) or \
        ssl is not None and isinstance(error, ssl.SSLWantReadError)


def is_over(core):
    return core.state in (_pop3.STATE_BROKEN, _pop3.STATE_CLOSED)


def _shut_down(sock):
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError as exc:
        # The server may have closed already, or we, after an error. Windows
        # says WSAEINVAL (10022) then.
        if exc.errno not in (errno.ENOTCONN, errno.EBADF) and \
                getattr(exc, 'winerror', 0) != 10022:
            raise
    finally:
        sock.close()
