# SPDX-License-Identifier: MIT
"""AUTH below pop3.poplib: challenges and answers (RFC 5034).

The core decodes challenges, encodes answers and knows when the exchange is
over; an exchange that is given up is ended by "*", and the session goes on.
"""

import base64

import _pop3
from pop3._dialogue import CRLF, Dialogue, error_proto, is_over

_COMMAND_LINE = 255     # RFC 2449 §4, with CRLF


class SaslDialogue(Dialogue):
    """A dialogue that can log in by a SASL mechanism."""

    def _exchange(self, mechanism, authobject, initial):
        with self._alone():
            core, unsent = self._begin_exchange(mechanism, initial)
            try:
                return self._answer_challenges(core, authobject, unsent)
            finally:
                self._sasl_due = False

    def _begin_exchange(self, mechanism, initial):
        """Sends AUTH; returns the core, and the initial response if it was
        too long for the line: it is the first answer then (RFC 5034 §4)."""
        core = self._ready_to_ask()
        now, later = initial, None
        if initial is not None and len(mechanism) + 8 + \
                len(base64.b64encode(initial)) > _COMMAND_LINE:
            now, later = None, initial
        try:
            core.submit('AUTH', arg=mechanism, initial=now)
        except _pop3.ResultError as error:
            raise ValueError(error.args[2]) from None
        try:
            self._put_answer(core)
        except BaseException:
            if not is_over(core):       # vetoed: the server knows nothing
                self._engine = None
                self._ready_to_ask()
            raise
        return core, later

    def _put_answer(self, core):
        """Sends what the core has to say, through _putcmd()."""
        line = core.output()[:-2]
        due = len(self._lines_sent)
        try:
            self._putcmd(line.decode('ascii'))
        finally:
            del self._lines_sent[due:]
        core.output_sent(len(core.output()))

    def _answer_challenges(self, core, authobject, first):
        failure = None
        while True:
            line, _ = self._getline()
            core.feed(line + CRLF)
            event = core.next()
            if event.type == _pop3.EVENT_REPLY:
                core.next()
                return line
            if event.type == _pop3.EVENT_CHALLENGE:
                self._sasl_due = True
                failure = self._answer(core, event.text, authobject, first)
                first = None
            elif event.type != _pop3.EVENT_NEED_INPUT:
                try:
                    self._refuse(core, line)
                except error_proto:
                    if failure is None:
                        raise
                raise failure
            try:
                self._put_answer(core)
            except BaseException as error:
                self._give_up(_pop3.ERR_IO, str(error))
                raise

    def _answer(self, core, challenge, authobject, first):
        """Gives the core an answer, or gives up; returns why, or None."""
        try:
            if first is not None:
                answer = first
            elif authobject is None:
                answer = b'*'
            else:
                answer = authobject(challenge)
            if answer is None:
                answer = b''
            if isinstance(answer, str):
                answer = answer.encode(self.encoding)
            if answer == b'*':
                core.respond_cancel()
            else:
                core.respond(answer)
        except BaseException as error:
            core.respond_cancel()
            if isinstance(error, _pop3.ResultError):
                return ValueError(error.args[2])
            return error
        return None
