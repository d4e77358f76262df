# SPDX-License-Identifier: MIT
"""What can go wrong, as classes.

    Error
    ├── UsageError               the call is not legal now     (RuntimeError)
    ├── ArgumentError            a value that cannot be sent   (ValueError)
    ├── CanceledError            cancel() was called
    ├── InsecureError            a credential would travel without TLS
    ├── NotSentError             the server never saw the command
    ├── UnsupportedError         the server, or this library, lacks it
    ├── RefusedError             -ERR                          (error_proto)
    │   └── AuthenticationError  -ERR to a login
    ├── MalformedError           +OK with senseless fields     (error_proto)
    ├── ProtocolError            the server broke the grammar  (error_proto)
    │   └── LimitError           the server exceeded a limit
    ├── ConnectionClosedError    (error_proto, ConnectionError)
    ├── NetworkError             (OSError)
    │   ├── ResolveError         the host name was not found
    │   ├── TimeoutError         (the builtin TimeoutError)
    │   └── TLSError             handshake or record layer
    │       └── CertificateError the certificate is not trusted
    └── InternalError            a bug in this library

Names in brackets are further bases. Where a program would catch poplib's
error_proto, `except pop3.poplib.error_proto` catches these, too, and
args[0] is what it expects there: the server's line as bytes, or a local
reason as str.

After an error whose `fatal` is true the session is closed; after any other
it is in step, and the next command may be given.
"""

import builtins

from .poplib import error_proto

__all__ = [
    "Error", "UsageError", "ArgumentError", "CanceledError", "InsecureError",
    "NotSentError", "UnsupportedError", "RefusedError", "AuthenticationError",
    "MalformedError", "ProtocolError", "LimitError", "ConnectionClosedError",
    "NetworkError", "ResolveError", "TimeoutError", "TLSError",
    "CertificateError", "InternalError"]


class Error(Exception):
    """Anything that this package has to complain about.

    text        one printable line; what the server said comes last
    operation   what was being done, as "RETR 3"; never holds a secret
    response    the server's -ERR line as bytes, if there was one, else None
    code        its response code as "IN-USE" or "SYS/TEMP", else None
    temporary   whether trying again later may help
    fatal       whether the session was closed by this
    """

    fatal = False
    temporary = False

    def __init__(self, text="", *, operation="", response=None, code=None,
                 temporary=None, fatal=None, number=0):
        self.args = (text if response is None else response,)
        self.text = text if isinstance(text, str) else repr(text)
        self.operation = operation
        self.response = response
        self.code = code
        self._number = number
        if temporary is not None:
            self.temporary = temporary
        if fatal is not None:
            self.fatal = fatal

    def __str__(self):
        if not self.operation:
            return self.text
        return f"{self.operation}: {self.text}"


class UsageError(Error, RuntimeError):
    """The call is not legal in this state: before login, while an iterator
    is open, or while another thread or task uses the client."""


class ArgumentError(Error, ValueError):
    """A value that is out of range, or that no command can carry."""


class CanceledError(Error):
    """cancel() was called; the session is closed."""

    fatal = True


class InsecureError(Error):
    """A credential would travel without TLS; nothing was sent."""


class NotSentError(Error):
    """The server never saw the command: the session ended before its
    turn."""


class UnsupportedError(Error):
    """The server does not offer it, or this library does not have it."""


class RefusedError(Error, error_proto):
    """The server answered -ERR: see `code` and `response`."""


class AuthenticationError(RefusedError):
    """The server refused a login. `temporary` tells a maildrop that is in
    use (code "IN-USE") from a wrong password ("AUTH")."""


class MalformedError(Error, error_proto):
    """The server answered +OK, but its numbers make no sense."""


class ProtocolError(Error, error_proto):
    """The server broke the grammar; the session is closed."""

    fatal = True


class LimitError(ProtocolError):
    """The server sent more than a limit allows; the session is closed."""


class ConnectionClosedError(Error, error_proto, ConnectionError):
    """The server closed too early, or the session is over already."""

    fatal = True


class NetworkError(Error, OSError):
    """The network failed: see `errno`. The session is closed."""

    fatal = True

    @property
    def errno(self):
        """The number of the system's error, or None."""
        return self._number or None


class ResolveError(NetworkError):
    """The host name was not found; `errno` is a number of getaddrinfo."""


class TimeoutError(NetworkError, builtins.TimeoutError):
    """A deadline passed; the session is closed."""


class TLSError(NetworkError):
    """TLS could not be started, or broke. Nothing was sent in clear."""


class CertificateError(TLSError):
    """The server's certificate is not trusted."""

    @property
    def verify_code(self):
        """The reason as a number of OpenSSL (X509_V_ERR_*)."""
        return self._number


class InternalError(Error):
    """A bug in this library; the session is closed."""

    fatal = True
