# SPDX-License-Identifier: MIT
"""From nothing to a session that is logged in.

    connect ─▶ [TLS] ─▶ greeting ─▶ [CAPA ─▶ STLS ─▶ TLS]        open()
    [CAPA] ─┬─▶ USER ─▶ PASS ─┬─▶ [CAPA]                         login()
            ├─▶ APOP ─────────┤
            └─▶ AUTH ⇄ answer ┘                                  auth()

Where TLS is required, nothing is sent before it is up but CAPA and STLS, and
nothing at all after it was refused. What the user named is used and never
replaced; where nothing was named, a password travels inside TLS only, and
APOP, whose MD5 proves nothing today, is never chosen. A credential is sent
once, whatever the answer. The capabilities are asked for before, because the
choice depends on them, and again after, because servers tell more then; a
refusal of either is no failure.
"""

import base64
import sys
from functools import partial

import _pop3

from . import errors
from ._rounds import DONE, Rounds
from ._wire import checked_context
from .errors import (ArgumentError, CanceledError, InsecureError,
                     RefusedError, UnsupportedError, UsageError)
from .values import Capabilities

# RFC 2449 §4: octets of a command line, with its CRLF.
COMMAND_LINE_MAX = 255


class Login(Rounds):
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

    # ---- logging in -----------------------------------------------------

    def login(self, user, password, mechanism, authzid):
        """The safe way that the server offers, or the one that was named."""
        yield from self._ready()
        if self.core.state != _pop3.STATE_AUTHORIZATION:
            raise UsageError("somebody is logged in already",
                             operation="login")
        capa = yield from self._known_capa()
        way = self._way(mechanism, capa)
        if authzid is not None and way != "PLAIN":
            raise ArgumentError("an authorization identity needs PLAIN")
        if callable(password):
            try:
                password = octets_of(password(), "password")
            except BaseException:
                self.sound = True
                raise
        if b"\0" in password:
            raise ArgumentError("the password holds a NUL")
        try:
            self._mask(password)
            if way == "USER":
                yield from self._finish(self._submit("USER", arg=user))
                yield from self._finish(self._submit("PASS", arg=password))
            elif way == "APOP":
                digest = self._apop_digest(password)
                yield from self._finish(
                    self._submit("APOP", arg=user, arg2=digest))
            else:
                message = b"\0".join((authzid or b"", user, password))
                yield from self._authenticate("PLAIN", None, message)
        finally:
            self._secrets.clear()
        yield from self._learn_more()

    def _way(self, mechanism, capa):
        """What the user named is never replaced; what nobody named has to be
        safe, and APOP is not."""
        if mechanism is not None:
            if mechanism.upper() not in ("PLAIN", "USER", "APOP"):
                raise UnsupportedError(
                    f"login() does not have {mechanism!r}: give auth() a "
                    "function that answers its challenges")
            return mechanism.upper()
        if not self.core.is_tls:
            raise InsecureError(
                "no way to log in is safe without TLS: use TLS, or name a "
                "mechanism (USER, PLAIN, APOP)", operation="login")
        if capa is not None and capa.has("SASL", "PLAIN"):
            return "PLAIN"
        return "USER"

    def _mask(self, secret):
        """Keeps a secret out of traces and errors."""
        if secret:
            self.core.mask(secret)
            self._secrets += [secret, base64.b64encode(secret)]

    def _apop_digest(self, password):
        timestamp = self.core.timestamp
        if not timestamp:
            raise UnsupportedError("the server's greeting has no usable APOP "
                                   "timestamp", operation="APOP")
        import hashlib      # it loads a large library that few need
        try:
            return hashlib.md5(timestamp + password,
                               usedforsecurity=False).hexdigest()
        except ValueError:
            raise UnsupportedError("this system has no MD5 for APOP",
                                   operation="APOP") from None

    def _learn_more(self):
        """Servers tell more after a login; who has no CAPA is not asked."""
        if self.core.capa() is not None:
            yield from self._known_capa(again=True)

    def auth(self, mechanism, authobject, initial):
        """AUTH with the caller's own mechanism."""
        yield from self._ready()
        yield from self._known_capa()
        try:
            yield from self._authenticate(mechanism, authobject, initial)
        finally:
            self._secrets.clear()
        yield from self._learn_more()

    def _authenticate(self, mechanism, authobject, initial):
        arguments = {"arg": mechanism}
        if initial is not None:
            self._mask(initial)
            if self._fits_with_auth(mechanism, initial):
                arguments["initial"] = initial
                initial = None
        ident = self._submit("AUTH", **arguments)
        failure = None
        while True:
            event = yield from self._next()
            if event.type != _pop3.EVENT_CHALLENGE:
                break
            challenge = event.text
            try:
                if initial is not None and not challenge:
                    answer, initial = initial, None
                else:
                    answer = self._answer(authobject, challenge)
                self._respond(answer)
            except BaseException as error:
                failure = error
                self._respond_cancel(failure)
        yield from self._end_of_auth(ident, event, failure)

    def _end_of_auth(self, ident, event, failure):
        """The exchange ended: by the server, or by a failure of ours, which
        then is the one to be told."""
        try:
            if event.type != DONE:
                yield from self._finish(ident)
            elif event.result != _pop3.OK:
                raise self._error(event)
        except errors.Error:
            if failure is None:
                raise
        if failure is not None:
            self.sound = True
            raise failure

    def _fits_with_auth(self, mechanism, initial):
        """RFC 5034 §4; a server that announces no SASL gets nothing."""
        capa = self.capabilities
        line = len("AUTH  \r\n") + len(mechanism)
        encoded = (len(initial) + 2) // 3 * 4
        return (capa is not None and capa.has("SASL") and
                line + max(encoded, 1) <= COMMAND_LINE_MAX)

    @staticmethod
    def _answer(authobject, challenge):
        """None gives the exchange up."""
        if authobject is None:
            return None
        answer = authobject(challenge)
        return None if answer is None else octets_of(answer, "answer")

    def _respond(self, answer):
        if answer is None:
            self.core.respond_cancel()
            return
        self._mask(answer)
        try:
            self.core.respond(answer)
        except _pop3.ResultError as error:
            raise self._refused_call(error) from None

    def _respond_cancel(self, failure):
        try:
            self.core.respond_cancel()
        except BaseException:
            # Nothing in order can be sent any more.
            self._end(partial(CanceledError, "the login could not be given "
                              "up in order"))
            self.sound = True
            raise failure from None


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
