# SPDX-License-Identifier: MIT
"""A POP3 client class: a drop-in for the standard library's poplib.

    from pop3 import poplib                     # or, for a whole program:
    sys.modules['poplib'] = pop3.poplib

Names, results, errors, audit events and debug prints are those of poplib, and
so are the methods that programs override or replace. What the server says is
judged by the core of libpop3 (_pop3), which also splits the messages, so that
a session is in step with its server or dead: whatever leaves that in doubt
closes the connection, and later calls raise error_proto.

What is better: lines of messages have no length limit (_MAXLINE is for status
lines); secrets are not printed; sockets do not leak; auth(), a context
manager, and error_proto.code. What still is as it was, because programs count
on it: passwords travel in clear if asked to, and TLS is not verified unless a
context is given, for which there is an UnverifiedTLSWarning. One line verifies
always:

    pop3.poplib.verify_by_default = True
"""

import re
import socket
import sys
import warnings
from importlib.util import find_spec

import _pop3
from pop3._dialogue import (CR, CRLF, LF, InUse,  # noqa: F401
                            error_proto, is_over)
from pop3._sasl import SaslDialogue

HAVE_SSL = find_spec('_ssl') is not None

__all__ = ["POP3", "error_proto"]

POP3_PORT = 110
POP3_SSL_PORT = 995

# The longest status line, with its line end; may be set at any time.
_MAXLINE = 2048

# True: POP3_SSL() and stls() without a context verify the server, and apop()
# wants a msg-id. The standard library does neither.
verify_by_default = False

_BARE_TIMESTAMP = re.compile(rb"[^<]*(<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+>)")


def __getattr__(name):
    """ssl takes more memory than all the rest: who needs no TLS is spared."""
    if name != 'ssl' or not HAVE_SSL:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    import ssl
    globals()['ssl'] = ssl
    return ssl


class UnverifiedTLSWarning(UserWarning):
    """TLS without a look at who the server is; see verify_by_default."""


class WeakChallengeWarning(UserWarning):
    """APOP with a timestamp that is no msg-id of RFC 822."""


class POP3(SaslDialogue):
    """A POP3 session. Arguments may be str or int where that makes sense:
    retr(1) and retr('1') are the same.

    Minimal commands:  user pass_ stat list retr dele noop rset quit
    Optional commands: apop auth rpop top uidl capa utf8 stls

    Raises error_proto; errors of the socket come as they are. As a context
    manager it sends QUIT at the end, or only closes after an exception.
    """

    def __init__(self, host, port=POP3_PORT,
                 timeout=socket._GLOBAL_DEFAULT_TIMEOUT):
        self.host = host
        self.port = port
        self._tls_established = False
        sys.audit("poplib.connect", self, host, port)
        self.sock = self._create_socket(timeout)
        try:
            self.file = self.sock.makefile('rb')
            self._debugging = 0
            self.welcome = self._getresp()
        except BaseException:
            self.close()
            raise

    def _create_socket(self, timeout):
        if timeout is not None and not timeout:
            raise ValueError('Non-blocking socket (timeout=0) is not '
                             'supported')
        return socket.create_connection((self.host, self.port), timeout)

    def _max_line(self):
        return _MAXLINE

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        if kind is None and self.sock is not None:
            self.quit()
        else:
            self.close()

    # ---- these can be useful ----

    def getwelcome(self):
        """The greeting of the server."""
        return self.welcome

    def set_debuglevel(self, level):
        """0: nothing is printed; 1: a line for each request; 2: every line
        that is sent or received. Secrets are printed as ****."""
        self._debugging = level

    # ---- commands ----

    def user(self, user):
        """Send user name, return response."""
        return self._shortcmd('USER %s' % user)

    def pass_(self, pswd):
        """Send password, return response. The mailbox is locked from here
        to quit()."""
        return self._shortcmd('PASS %s' % pswd)

    def stat(self):
        """Get mailbox status: (message count, mailbox size)."""
        retval = self._shortcmd('STAT')
        rets = retval.split()
        if self._debugging:
            print('*stat*', repr(rets))
        if len(rets) < 3:
            raise error_proto("Invalid STAT response format")
        return _number(rets[1]), _number(rets[2])

    def list(self, which=None):
        """Request listing: (response, [b'number octets', ...], octets), or
        the response alone if a message number is given."""
        if which is not None:
            return self._shortcmd('LIST %s' % which)
        return self._longcmd('LIST')

    def retr(self, which):
        """Retrieve message number 'which': (response, lines, octets)."""
        return self._longcmd('RETR %s' % which)

    def dele(self, which):
        """Mark message number 'which' as deleted, return response."""
        return self._shortcmd('DELE %s' % which)

    def noop(self):
        """Do nothing, return response."""
        return self._shortcmd('NOOP')

    def rset(self):
        """Unmark all messages marked for deletion."""
        return self._shortcmd('RSET')

    def quit(self):
        """Signoff: commit changes on server, unlock mailbox, close
        connection, whatever is answered."""
        try:
            response = self._shortcmd('QUIT')
        except InUse:
            raise
        except BaseException:
            self.close()
            raise
        self.close()
        return response

    # ---- optional commands ----

    def rpop(self, user):
        """Log in by the name alone (RFC 1081), return response."""
        return self._shortcmd('RPOP %s' % user)

    timestamp = re.compile(br'\+OK.[^<]*(<.*>)')

    def apop(self, user, password):
        """Log in with a digest of the password (MD5), return response.

        Only possible if the greeting holds a timestamp, which has to be a
        msg-id: with another one a server could work the password out
        (CVE-2007-1558). A name without @ in it, as CPython's own tests have
        it, is taken with a WeakChallengeWarning, unless verify_by_default.
        """
        secret = bytes(password, self.encoding)
        timestamp = _pop3.timestamp(self.welcome)
        if not timestamp and not verify_by_default:
            match = _BARE_TIMESTAMP.match(self.welcome)
            if match:
                timestamp = match[1]
                warnings.warn("the server's APOP timestamp is no msg-id",
                              WeakChallengeWarning, 2)
        if not timestamp:
            raise error_proto('-ERR APOP not supported by server')
        import hashlib
        digest = hashlib.md5(timestamp + secret).hexdigest()
        return self._shortcmd('APOP %s %s' % (user, digest))

    def auth(self, mechanism, authobject=None, initial_response=None):
        """Log in by a SASL mechanism (RFC 5034), return response.

        initial_response is sent with the command, or as the first answer if
        it is too long for that. authobject(challenge) is called with each
        challenge, decoded, and returns the answer as bytes or str; None is an
        empty answer, and b'*' gives the exchange up, as does an exception,
        which then comes out of auth(). Without either, the server's first
        line is returned, and the dialogue is the caller's.
        """
        if authobject is not None and initial_response is not None:
            raise ValueError('authobject and initial_response are mutually '
                             'exclusive')
        if authobject is None and initial_response is None:
            return self._shortcmd('AUTH %s' % mechanism)
        if isinstance(initial_response, str):
            initial_response = initial_response.encode(self.encoding)
        return self._exchange(str(mechanism), authobject, initial_response)

    def top(self, which, howmuch):
        """Retrieve the header of message number 'which' and 'howmuch' lines
        of its body: (response, lines, octets)."""
        return self._longcmd('TOP %s %s' % (which, howmuch))

    def uidl(self, which=None):
        """Return unique-ids: (response, [b'number uid', ...], octets), or
        the response alone if a message number is given."""
        if which is not None:
            return self._shortcmd('UIDL %s' % which)
        return self._longcmd('UIDL')

    def utf8(self):
        """Try to enter UTF-8 mode (RFC 6856), return response."""
        return self._shortcmd('UTF8')

    def capa(self):
        """Return server capabilities (RFC 2449) as a dictionary of lists:

        {'IMPLEMENTATION': ['Dovecot'], 'SASL': ['PLAIN', 'LOGIN'],
         'STLS': [], 'TOP': [], 'UIDL': []}

        What stands behind a name that is repeated is joined.
        """
        try:
            rows = self._longcmd('CAPA')[1]
        except error_proto:
            core = self._engine
            if core is not None and is_over(core):
                raise
            raise error_proto('-ERR CAPA not supported by server')
        caps = {}
        for row in rows:
            words = row.decode('utf-8', 'surrogateescape').split()
            if words:
                caps.setdefault(words[0], []).extend(words[1:])
        return caps

    def stls(self, context=None):
        """Start TLS on the connection (RFC 2595), return response."""
        if not HAVE_SSL:
            raise error_proto('-ERR TLS support missing')
        if self._tls_established:
            raise error_proto('-ERR TLS session already established')
        if 'STLS' not in map(str.upper, self.capa()):
            raise error_proto('-ERR STLS not supported by server')
        if context is None:
            context = _default_context(3)
        resp = self._shortcmd('STLS')
        self._start_tls(context)
        self._tls_established = True
        return resp


def _number(field):
    """RFC 1939: digits, and no more than 64 bits of them."""
    if field.isascii() and field.isdigit() and len(field) <= 20:
        return int(field)
    raise error_proto("Invalid STAT response data: non-numeric values")


def _default_context(stacklevel, certfile=None, keyfile=None):
    """As the standard library has it, or verified: see verify_by_default."""
    ssl = sys.modules[__name__].ssl
    if verify_by_default:
        context = ssl.create_default_context()
        if certfile or keyfile:
            context.load_cert_chain(certfile, keyfile)
        return context
    # Programs replace this function to have TLS verified.
    context = ssl._create_stdlib_context(certfile=certfile, keyfile=keyfile)
    if context.verify_mode == ssl.CERT_NONE:
        warnings.warn(
            'TLS without a context does not verify the server: give '
            'context=ssl.create_default_context(), or set '
            'pop3.poplib.verify_by_default = True', UnverifiedTLSWarning,
            stacklevel)
    return context


if HAVE_SSL:

    class POP3_SSL(POP3):
        """POP3 over TLS: POP3_SSL(host, port=995, *, timeout, context).

        keyfile and certfile, which Python 3.12 removed, are deprecated: load
        them into a context. See POP3 for the methods.
        """

        def __init__(self, host, port=POP3_SSL_PORT, *older,
                     timeout=socket._GLOBAL_DEFAULT_TIMEOUT, context=None,
                     keyfile=None, certfile=None):
            if len(older) > 4:
                raise TypeError('POP3_SSL() takes from 1 to 6 positional '
                                'arguments')
            if older:
                given = (keyfile, certfile, timeout, context)
                keyfile, certfile, timeout, context = \
                    older + given[len(older):]
            if context is not None and (keyfile is not None or
                                        certfile is not None):
                raise ValueError('context and keyfile or certfile are '
                                 'mutually exclusive')
            if older or keyfile is not None or certfile is not None:
                warnings.warn('keyfile, certfile and positional arguments '
                              'are deprecated, use a context instead',
                              DeprecationWarning, 2)
            if context is None:
                context = _default_context(3, certfile, keyfile)
            self.keyfile = keyfile
            self.certfile = certfile
            self.context = context
            POP3.__init__(self, host, port, timeout)

        def _create_socket(self, timeout):
            sock = POP3._create_socket(self, timeout)
            try:
                return self.context.wrap_socket(sock,
                                                server_hostname=self.host)
            except BaseException:
                sock.close()
                raise

        def stls(self, context=None, *older, **oldest):
            """Raises error_proto: there is TLS already."""
            raise error_proto('-ERR TLS session already established')

    __all__.append("POP3_SSL")


if __name__ == '__main__':
    from pop3._print_mailbox import main
    main()
