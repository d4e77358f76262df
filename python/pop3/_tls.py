# SPDX-License-Identifier: MIT
"""What sessions with TLS need beside their wire. Loaded when TLS is asked for:
Python's ssl takes 4 MiB of memory, more than all of this package.
"""

import socket
from typing import NamedTuple

import _pop3

from .errors import ArgumentError

try:
    import ssl
except ImportError:     # a Python without TLS
    ssl = None
    UNREADABLE = (BlockingIOError,)
    UNWRITABLE = CertificateError = ERRORS = ()
else:
    # What says that there is nothing to read, or no room to write.
    UNREADABLE = (BlockingIOError, ssl.SSLWantReadError)
    UNWRITABLE = (ssl.SSLWantWriteError,)
    CertificateError = ssl.SSLCertVerificationError
    ERRORS = ssl.SSLError

# X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_OCSP_VERIFY_NEEDED
HOSTNAME_MISMATCH = 62
STAPLE_NEEDED = 73
# The extension by which a certificate demands a staple (RFC 7633 section 6),
# as it stands in DER.
MUST_STAPLE = bytes.fromhex("06082b06010505070118")


class Fault(NamedTuple):
    """What is wrong with a server, as a core is told of it."""
    result: int
    text: str
    number: int


def verified_context(insecure=False):
    """What a client should be content with: the system's authorities, the
    host name in subjectAltName alone, TLS 1.2, keys of 112 bits or more, no
    SHA-1."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DEFAULT:!aNULL:@SECLEVEL=2")
    if hasattr(context, "hostname_checks_common_name"):
        context.hostname_checks_common_name = False
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def checked_context(context, insecure):
    """The caller's context, or ours. One that would accept anybody is an
    accident unless the caller says `insecure`."""
    if ssl is None:
        raise ArgumentError("this Python has no TLS")
    if context is None:
        return verified_context(insecure)
    if not isinstance(context, ssl.SSLContext):
        raise TypeError("context must be an ssl.SSLContext, not "
                        + type(context).__name__)
    if context.protocol == ssl.PROTOCOL_TLS_SERVER:
        raise ArgumentError("the context is one for servers: use "
                            "ssl.create_default_context()")
    if not insecure and not (context.verify_mode == ssl.CERT_REQUIRED
                             and context.check_hostname):
        raise ArgumentError(
            "the context does not verify the server: use "
            "ssl.create_default_context(), or say insecure=True")
    return context


def fault_of_peer(sock, context, name):
    """What contexts of the caller's own may have left open: TLS 1.2 at least,
    and a name that stands in subjectAltName (RFC 9525); and a staple that is
    demanded, as Python's ssl cannot look at one. None if all is well."""
    if sock.version() in ("SSLv3", "TLSv1", "TLSv1.1"):
        return Fault(_pop3.ERR_TLS,
                     "the server has no TLS 1.2: " + sock.version(), 0)
    if context.check_hostname and not is_address(name) and not any(
            kind == "DNS" for kind, _value in
            sock.getpeercert().get("subjectAltName", ())):
        return Fault(_pop3.ERR_CERT, "the certificate has no name in "
                     f"subjectAltName: it is not for {name!r}",
                     HOSTNAME_MISMATCH)
    if context.verify_mode == ssl.CERT_REQUIRED and \
            MUST_STAPLE in sock.getpeercert(True):
        return Fault(_pop3.ERR_CERT, "the certificate demands an OCSP staple "
                     "(must-staple), which Python's ssl cannot look at: use "
                     "the C library or the program pop3 for this server",
                     STAPLE_NEEDED)
    return None


def is_address(host):
    """Whether it is an IP address and no name."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
            return True
        except (OSError, ValueError):
            pass
    return False


def words(error):
    """A failure of TLS in words."""
    reason = getattr(error, "reason", None)
    if not reason:
        return f"TLS failed: {error}"
    return "TLS failed: " + reason.replace("_", " ").lower()
