# SPDX-License-Identifier: MIT
"""What binds a login to its TLS connection (RFC 5056), for SCRAM-…-PLUS.

Python's ssl hands out no tls-exporter (RFC 9266), which is the binding of TLS
1.3; so there is one for TLS 1.2 alone: tls-server-end-point (RFC 5929 §4), a
digest of the server's certificate."""

NAME = "tls-server-end-point"

# Algorithms of signatures, as in DER, and the digest that each has; SHA-256
# in the place of the weak ones. RSA-PSS and EdDSA have none of their own.
_RSA = bytes.fromhex("2a864886f70d0101")
_ECDSA = bytes.fromhex("2a8648ce3d04")
_DIGESTS = {
    _RSA + b"\x04": "sha256", _RSA + b"\x05": "sha256",
    _RSA + b"\x0b": "sha256", _RSA + b"\x0c": "sha384",
    _RSA + b"\x0d": "sha512", _RSA + b"\x0e": "sha224",
    _ECDSA + b"\x01": "sha256", _ECDSA + b"\x03\x01": "sha224",
    _ECDSA + b"\x03\x02": "sha256", _ECDSA + b"\x03\x03": "sha384",
    _ECDSA + b"\x03\x04": "sha512",
}


def channel_binding(sock):
    """(name, octets) for an SSLSocket, or (None, b"") if there is none."""
    if sock is None or sock.version() != "TLSv1.2":
        return None, b""
    certificate = sock.getpeercert(True)
    digest = _DIGESTS.get(_signature_algorithm(certificate or b""))
    if digest is None:
        return None, b""
    import hashlib      # and OpenSSL with it: by need
    return NAME, hashlib.new(digest, certificate).digest()


def _signature_algorithm(certificate):
    """Certificate ::= SEQUENCE { tbs, SEQUENCE { OBJECT IDENTIFIER ... } ...
    (RFC 5280 §4.1), which OpenSSL has read already. Its octets, or None."""
    try:
        begin, _end = _value(certificate, 0)
        _begin, end = _value(certificate, begin)
        begin, _end = _value(certificate, end)
        begin, end = _value(certificate, begin)
    except IndexError:
        return None
    return certificate[begin:end]


def _value(der, at):
    """Where the value begins, and ends, of what stands at `at`."""
    length = der[at + 1]
    begin = at + 2
    if length >= 128:
        begin += length - 128
        length = int.from_bytes(der[at + 2:begin], "big")
    return begin, begin + length
