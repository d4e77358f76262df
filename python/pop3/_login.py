# SPDX-License-Identifier: MIT
"""From a session that can log in to one that is logged in.

    [CAPA] ─┬─▶ [UTF8] ─▶ USER ─▶ PASS ─┬─▶ [CAPA]               login()
            ├─▶ [UTF8] ─▶ APOP ─────────┤
            └─▶ AUTH ⇄ answer ──────────┘                        auth()

Which mechanism, what it answers, and whether anything may follow a refusal is
decided in C, by the table that the library has (_pop3.Login). Here it is
carried: a credential is sent once, whatever the answer, and a server that has
to prove itself is not believed before it did. The capabilities are asked for
before, because the choice depends on them, and again after, because servers
tell more then; a refusal of either is no failure.
"""

import base64
from functools import partial

import _pop3

from . import errors
from ._binding import channel_binding
from ._opening import Opening, octets_of
from ._rounds import DONE
from .errors import (AuthenticationError, CanceledError, ProtocolError,
                     RefusedError, UsageError)

# RFC 2449 §4: octets of a command line, with its CRLF.
COMMAND_LINE_MAX = 255

UNPROVEN = ("the server let us in without proving that it knows the password: "
            "it may be somebody else")


class Login(Opening):
    """See the head of this file."""

    _initial_sent = False       # whether an answer went with the last AUTH

    # ---- by name and password, or token ---------------------------------

    def login(self, wish):
        """The safest way that both sides have, or the one that was named;
        `wish`: arguments of _pop3.Login."""
        yield from self._ready()
        if self.core.state != _pop3.STATE_AUTHORIZATION:
            raise UsageError("somebody is logged in already",
                             operation="login")
        yield from self._known_capa()
        way = self._new_way(wish)
        try:
            self._call(way.begin)
            while not (yield from self._go(way, wish["user"])):
                pass
        finally:
            self._secrets.clear()
        yield from self._learn_more()

    def _new_way(self, wish):
        name, octets = None, b""
        if self.core.is_tls:
            name, octets = channel_binding(self.wire.sock)
        # Whether the context has a certificate to show, only its owner knows.
        return _pop3.Login(self.core, host=self.options.host,
                           binding_name=name, binding=octets,
                           certificate=self.options.context is not None,
                           **wish)

    def _call(self, function, *arguments):
        """A call of src/auth; nothing that fails there, or in a function of
        the caller's below it, has disturbed anything."""
        try:
            return function(*arguments)
        except _pop3.ResultError as error:
            raise self._refused_call(error) from None
        except BaseException:
            self.sound = True
            raise

    def _go(self, way, user):
        """One way to its end; False: there is another, to be gone."""
        if self._call(way.needs_utf8):
            try:
                yield from self._finish(self._submit("UTF8"))
            except RefusedError:
                pass        # it changes nothing about what is sent
        if way.is_sasl:
            return (yield from self._go_by_sasl(way))
        if way.is_apop:
            digest = self._call(way.apop, self.core.timestamp)
            yield from self._finish(
                self._submit("APOP", arg=user, arg2=digest))
        else:
            password = self._call(way.secret)
            self._mask(password)
            yield from self._finish(self._submit("USER", arg=user))
            yield from self._finish(self._submit("PASS", arg=password))
        return True

    def _go_by_sasl(self, way):
        try:
            initial = None
            if way.client_first:
                initial = self._answer_of(way, b"")
            yield from self._authenticate(
                way.mechanism, partial(self._answer_of, way), initial, way)
        except AuthenticationError as error:
            refusal = way.refusal
            if refusal:
                error.text = ("the token was refused: " + _pop3.printable(
                    self._hide(refusal)) + "; " + error.text)
            if error.fatal or not self._call(
                    way.again, self.core.error[1], error.temporary,
                    self._initial_sent):
                raise
            return False
        return True

    def _answer_of(self, way, challenge):
        """An answer, with its secret kept out of traces and errors."""
        answer = self._call(way.answer, challenge)
        self._mask(way.held)
        return answer

    def _mask(self, secret):
        """Keeps a secret out of traces and errors."""
        if secret and secret not in self._secrets:
            self.core.mask(secret)
            self._secrets += [secret, base64.b64encode(secret)]

    # ---- with the caller's own mechanism --------------------------------

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

    def _authenticate(self, mechanism, authobject, initial, way=None):
        arguments = {"arg": mechanism}
        self._initial_sent = False
        if initial is not None:
            self._mask(initial)
            if self._fits_with_auth(mechanism, initial) and \
                    not (way is not None and way.two_steps):
                arguments["initial"] = initial
                initial = None
                self._initial_sent = True
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
                elif initial is not None and way is not None:
                    raise ProtocolError("the server sent a challenge where "
                                        "the client speaks first")
                else:
                    answer = self._answer(authobject, challenge)
                self._respond(answer)
            except BaseException as error:
                failure = error
                self._respond_cancel(failure)
        if way is not None and event.type != DONE and not way.is_proven:
            self.wire.fail(_pop3.ERR_PROTOCOL, None, UNPROVEN)
            self._check_broken()
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
