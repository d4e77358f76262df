# SPDX-License-Identifier: MIT
"""The commands, for both clients: their arguments are checked here, what they
do is in _session.py, and how it is waited for is the client's: _run(), which
makes each of these methods blocking in Client and a coroutine in aio.Client,
and _stream(), which makes an iterator of the one kind or the other."""

from ._base import (ClientBase, callback, command_text, command_window,
                    line_count, message_number, message_numbers,
                    number_or_all, writable)
from ._opening import octets_of
from .errors import ArgumentError


def secret_of(password):
    """A function that returns a password as octets; None: there is none."""
    if password is None:
        return None
    if callable(password):
        return lambda: octets_of(password(), "password")
    octets = octets_of(password, "password")
    return lambda: octets


def token_of(token):
    """A function that fetches a token, as octets to octets."""
    callback(token, "token")
    if token is None:
        return None

    def fetch(error):
        answer = token(None if error is None
                       else error.decode("utf-8", "replace"))
        return None if answer is None else octets_of(answer, "token")
    return fetch


class Commands(ClientBase):
    """See Client."""

    # ---- logging in -----------------------------------------------------

    def login(self, user=None, password=None, mechanism=None, *,
              authzid=None, token=None):
        """Logs in: by the safest mechanism that both sides have, and inside
        TLS only.

        user       the name, as str (sent as UTF-8) or bytes
        password   the same, or a function that returns it when it is needed
        token      OAuth 2: token(error) returns a bearer token. It is called
                   with None, and, if the server refused that token, once more
                   with what it said of it, a str of JSON as a rule: another
                   token is tried; the same one, or None, is not
        mechanism  the one way that is used: "SCRAM-SHA-256", "XOAUTH2",
                   "OAUTHBEARER", "EXTERNAL", "GSSAPI", "PLAIN", "LOGIN",
                   "CRAM-MD5", "ANONYMOUS", SCRAM with "-PLUS" (TLS 1.2
                   only), "USER" or "APOP"; in clear too, if security is
                   "none" and it can be
        authzid    act as this user, where the mechanism can

        Raises AuthenticationError if the server refuses; its `temporary`
        tells a maildrop that is in use from a wrong password. With SCRAM a
        server has to prove that it knows the password, and computing takes up
        to a second."""
        if mechanism is not None and not isinstance(mechanism, str):
            raise TypeError("mechanism must be str or None")
        wish = {"user": None if user is None else command_text(user, "user"),
                "authzid": None if authzid is None
                else command_text(authzid, "authzid"),
                "mechanism": mechanism,
                "password": secret_of(password),
                "token": token_of(token)}
        return self._run(self._session.login(wish))

    def auth(self, mechanism, authobject=None, initial_response=None):
        """AUTH with a SASL mechanism of your own (RFC 5034), as "XOAUTH2".

        initial_response (str or bytes) is sent at once if it fits, else as
        the answer to the first, empty, challenge. Every other challenge is
        given, decoded, to authobject(challenge: bytes), which returns the
        answer as bytes or str, or None to give up. Nothing has to be
        base64."""
        if not isinstance(mechanism, str):
            raise TypeError("mechanism must be str")
        authobject = callback(authobject, "authobject")
        if initial_response is not None:
            initial_response = octets_of(initial_response,
                                         "initial_response")
        return self._run(self._session.auth(mechanism, authobject,
                                            initial_response))

    def capa(self):
        """CAPA: what the server offers, as Capabilities."""
        return self._run(self._session.capa())

    def stls(self, context=None):
        """STLS: TLS from now on, in a session that began in clear
        (RFC 2595). context: as that of Client."""
        return self._run(self._session.stls(context))

    def utf8(self):
        """UTF8: messages may have UTF-8 in their headers (RFC 6856)."""
        return self._run(self._session.command("UTF8"))

    def lang(self, tag=None):
        """LANG (RFC 6856): chooses the language of the server's texts and
        returns its answer; without a tag a list of the languages."""
        if tag is not None:
            tag = command_text(tag, "tag")
        return self._run(self._session.lang(tag))

    # ---- what there is --------------------------------------------------

    def stat(self):
        """STAT: a Stat with the count of messages and their octets."""
        return self._run(self._session.stat())

    def messages(self):
        """What is in the maildrop: a list of MessageInfo with number, octets
        and unique-id, by LIST and UIDL in one turn."""
        return self._run(self._session.messages())

    def list(self, number=None):
        """LIST: a list of (number, octets), or the one of `number`."""
        return self._run(self._session.list(number_or_all(number)))

    def uidl(self, number=None):
        """UIDL: a list of (number, unique-id as bytes), or the one of
        `number`."""
        return self._run(self._session.uidl(number_or_all(number)))

    # ---- messages -------------------------------------------------------

    def retr(self, number, *, progress=None):
        """RETR: the message as bytes, exactly as the server has it.

        progress(octets, total) is called while it comes; total is what the
        server announced, or None."""
        return self._run(self._session.fetch(
            message_number(number),
            progress=callback(progress, "progress")))

    def retr_into(self, number, file, *, progress=None):
        """RETR into file.write(), in parts of at most 96 KiB: a message of
        any size in little memory. Returns its octets. What an error left
        behind in the file is not the whole message.

        The parts are memoryviews that are valid until write() returns."""
        return self._run(self._session.fetch_into(
            message_number(number), writable(file),
            callback(progress, "progress")))

    def iter_lines(self, number):
        """RETR: an iterator over the lines, bytes without line ends, while
        they come. It holds one line in memory, and what was received with
        it."""
        return self._stream_each(self._session.parts(
            message_number(number), list))

    def iter_parts(self, number):
        """RETR: an iterator over the message in bytes of at most 96 KiB."""
        return self._stream(self._session.parts(
            message_number(number), bytearray), bytes)

    def retr_many(self, numbers, *, window=None):
        """RETR of many messages, pipelined: an iterator that yields (number,
        message as bytes), or (number, Error) for one that could not be had,
        in the order asked for and exactly one for each.

        The pipe is kept full, with at most `window` commands in flight; so
        much may still come, and is read and thrown away, when the iterator is
        left early. No other command but quit() may be given while it is
        open."""
        return self._stream_each(self._session.fetch_many(
            message_numbers(numbers), command_window(window)))

    def email(self, number, *, policy=None):
        """RETR: the message as an email.message.EmailMessage, or what
        `policy` makes (email.policy.default)."""
        return self._run(self._session.email(message_number(number),
                                             policy))

    def top(self, number, lines):
        """TOP: the header, the empty line and `lines` lines of the body, as
        bytes."""
        return self._run(self._session.fetch(message_number(number),
                                             line_count(lines)))

    # ---- deletes, and the end -------------------------------------------

    def delete(self, number):
        """DELE: marks a message. It is gone when quit() was confirmed."""
        return self._run(self._session.delete(message_number(number)))

    dele = delete

    def delete_many(self, numbers, *, window=None):
        """DELE of many messages, pipelined. Returns the refused ones as
        {number: RefusedError}; all others are marked."""
        return self._run(self._session.delete_many(
            message_numbers(numbers), command_window(window)))

    dele_many = delete_many

    def rset(self):
        """RSET: no message is marked any more."""
        return self._run(self._session.rset())

    def noop(self):
        """NOOP: tells the server that we are still here."""
        return self._run(self._session.command("NOOP"))

    def raw(self, line, *, multiline=False):
        """A command of your own, as str or bytes: a Reply. multiline: its
        +OK is followed by lines that end with a dot, which become the
        body."""
        return self._run(self._session.raw(
            command_text(line, "line"), bool(multiline)))

    def quit(self):
        """QUIT: deletes what was marked, and closes. Returns the Deletes,
        whose `confirmed` are gone. On an error see `deletes`: the server may
        have refused (RefusedError), or nobody can tell."""
        return self._run(self._session.quit())
