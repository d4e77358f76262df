# SPDX-License-Identifier: MIT
"""Plays the server's part of a wire transcript (tests/transcripts).

    S: text     sends text and CRLF; S+ does the same
    S> text     sends exactly text
    C: text     waits for text and CRLF; C> for exactly text
    EOF         closes

Escapes: \\r \\n \\t \\0 \\\\ \\" \\xNN, and \\{c*N} or \\{(text)*N} for N
times c or text. All other rows speak of the client's inside and are skipped
here. Octets of the client that are not the expected ones are logged as
"mismatch" and end the connection.
After the last row the server waits until the client closes.
"""

import re

from link import Hangup, octets, text

NAMED = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", '"': b'"',
         "\\": b"\\"}
ONE = r'(?:\\x[0-9a-fA-F]{2}|\\[rnt0"\\]|[^\\])'
REPEAT = r"\\\{(?:\(([^)]*)\)|(" + ONE + r"))\*(\d+)\}"
TOKEN = re.compile(REPEAT + "|(" + ONE + ")", re.S)


def _one(token):
    if token.startswith("\\x"):
        return bytes.fromhex(token[2:])
    if token.startswith("\\"):
        return NAMED[token[1]]
    return octets(token)


def unescape(string):
    out, at = [], 0
    while at < len(string):
        found = TOKEN.match(string, at)
        if found is None:
            raise ValueError(f"a wrong escape: {string[at:at + 20]}")
        several, repeated, times, single = found.groups()
        piece = (unescape(several) if several is not None else
                 _one(repeated or single))
        out.append(piece * int(times or 1))
        at = found.end()
    return b"".join(out)


def read(path):
    """[("C", "S" or "EOF", octets)]"""
    script = []
    with open(path, encoding="utf-8", errors="surrogateescape",
              newline="\n") as file:
        for line in file.read().split("\n"):
            if line == "EOF":
                script.append(("EOF", b""))
            elif line[:2] in ("C:", "C>", "S:", "S>", "S+"):
                end = b"" if line[1] == ">" else b"\r\n"
                script.append((line[0], unescape(line[3:]) + end))
    return script


def play(script, link):
    for kind, data in script:
        if kind == "S":
            link.send(data)
        elif kind == "C":
            expect(link, data)
        else:
            raise Hangup("clean")
    link.wait_closed()


def expect(link, data):
    got = b""
    while len(got) < len(data):
        more = link.read_some(len(data) - len(got))
        got += more
        if not data.startswith(got):
            link.log("mismatch", want=text(data), got=text(got))
            raise Hangup()
        if not more:
            raise Hangup()
    link.log("command", line=text(got).removesuffix("\r\n"))
