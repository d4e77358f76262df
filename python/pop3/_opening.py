# SPDX-License-Identifier: MIT
"""From nothing to a session that can log in.

    connect ─▶ [TLS] ─▶ greeting ─▶ [CAPA ─▶ STLS ─▶ TLS]

Where TLS is required, nothing is sent before it is up but CAPA and STLS, and
nothing at all after it was refused.
"""

import sys

import _pop3

from ._rounds import DONE, Rounds
from .errors import (ArgumentError, RefusedError, UnsupportedError)
from .values import Capabilities


class Opening(Rounds):
    """See the head of this file."""

    # ---- opening --------------------------------------------------------

    def open(self):
        """From nothing to a session that can log in."""
        options = self.options
        self._check_open()
        sys.audit("pop3.connect", options.host, options.port)
        if options.sock is not None:
            self.wire.adopt(options.sock)
        else:
            yield from self.wire.connect(options.host, options.port)
            self._check_broken()
        if options.security == "tls":
            yield from self.wire.handshake(self._context,
                                           options.server_hostname)
            self._check_broken()
        self.wire.opened()
        event = yield from self._next()
        if event.type != _pop3.EVENT_GREETING or event.result != _pop3.OK:
            raise self._error(event)
        self.welcome = event.line
        if options.security == "stls":
            yield from self._require_tls()

    def _require_tls(self):
        """STLS or nothing: no failure lets anything else be sent."""
        why = None
        if not (yield from self._offers_stls()):
            why = "TLS is required, but the server does not offer STLS"
        else:
            try:
                yield from self._start_tls(self.options.context)
            except RefusedError as error:
                why = "TLS is required, but STLS was refused; " + error.text
        if why is not None:
            self.wire.fail(_pop3.ERR_TLS, None, why)
            self._check_broken()

    def _offers_stls(self):
        """False if CAPA says so; a server without CAPA may have it."""
        capa = yield from self._known_capa()
        return capa is None or capa.has("STLS")

    def _start_tls(self, context):
        from ._tls import checked_context
        context = checked_context(context, self.options.insecure)
        ident = self._submit("STLS")
        event = yield from self._next()
        if event.type == _pop3.EVENT_START_TLS:
            yield from self.wire.handshake(context,
                                           self.options.server_hostname)
            try:
                self.core.tls_done()
            except _pop3.ResultError:
                pass        # the session is broken, as its DONE will tell
            self.wire.asked()
            yield from self._finish(ident)
        elif event.type == DONE and event.id == ident:
            raise self._error(event)
        else:
            self._check_broken()

    def stls(self, context):
        """STLS on a session that began in clear."""
        yield from self._ready()
        if not (yield from self._offers_stls()):
            raise UnsupportedError("the server does not offer STLS",
                                   operation="STLS")
        yield from self._start_tls(
            self.options.context if context is None else context)

    # ---- capabilities ---------------------------------------------------

    @property
    def capabilities(self):
        """As last answered, or None."""
        rows = self.core.capa()
        return None if rows is None else Capabilities(rows)

    def capa(self):
        """CAPA."""
        yield from self._ready()
        return (yield from self._ask_capa())

    def _ask_capa(self):
        yield from self._finish(self._submit("CAPA"), [])
        return self.capabilities

    def _known_capa(self, again=False):
        """The capabilities, asked for if need be; a refusal is no failure."""
        known = self.core.capa() is not None
        if self.options.capa and (again or not known):
            try:
                yield from self._ask_capa()
            except RefusedError:
                pass
        return self.capabilities


def octets_of(value, what):
    """Text of the caller's as octets."""
    if isinstance(value, str):
        try:
            return value.encode("utf-8")
        except UnicodeEncodeError:      # which would hold a password
            raise ArgumentError(f"{what} holds a lone surrogate") from None
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise TypeError(f"{what} must be str or bytes, not "
                    + type(value).__name__)
