#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes the seeds of the fuzzers from the transcripts.

    seeds.py TRANSCRIPTS CORPUS STAMP

CORPUS/fuzz_core gets each transcript as a program for fuzz_core.c; the others
get the lines that servers say. STAMP is written at the end.
"""

import base64
import contextlib
import hashlib
import os
import re
import sys

VERBS = ("CAPA STLS USER PASS APOP AUTH RPOP UTF8 LANG STAT LIST UIDL RETR "
         "TOP DELE NOOP RSET QUIT RAW").split()
OPTIONS = {"tls": 1, "clear": 2, "nopipe": 4, "any_state": 8, "trace": 16,
           "window": 32, "line": 64, "capa": 64, "items": 64,
           "challenge": 64, "challenges": 64, "body": 128}
URLS = ("pop://example.org", "pops://alice@example.org",
        "pop3s://a%40b@example.org:9955/", "pop://user;AUTH=*@h:110",
        "pop://alice;AUTH=+APOP@[::1]:110", "pops://[2001:db8::1]",
        "pop://;AUTH=PLAIN@h", "http://h/", "pop://a:b@h", "pop://h:0",
        "pop://%00@h", "pop://h/x", "alice@example.org", "")
# The first letter chooses the proxy: see fuzz_proxy.c.
DOCUMENTS = [
    b"""<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1"><emailProvider id="example.org">
<domain>example.org</domain><incomingServer type="pop3">
<hostname>pop.%EMAILDOMAIN%</hostname><port>995</port>
<socketType>SSL</socketType><username>%EMAILADDRESS%</username>
<authentication>OAuth2</authentication></incomingServer>
<incomingServer type="pop3"><hostname>b.example.org</hostname>
<port>110</port><socketType>STARTTLS</socketType>
<username>%EMAILLOCALPART%</username></incomingServer>
</emailProvider></clientConfig>""",
    b"<!DOCTYPE c [<!ENTITY a 'x'><!ENTITY b '&a;&a;'>]><c>&b;</c>",
]

PROXIES = (b"s\5\0\5\0\0\1\1\2\3\4\5\6+OK hello\r\n",
           b"S\5\2\1\0\5\0\0\3\4abcd\1\2+OK", b"S\5\2\1\1",
           b"s\5\0\5\5\0\1", b"s\5\xff",
           b"h" b"HTTP/1.1 200 Connection established\r\nA: b\r\n\r\n+OK",
           b"h" b"HTTP/1.1 100 x\r\n\r\nHTTP/1.0 200\r\n\r\n+OK hello\r\n",
           b"H" b"HTTP/1.1 407 sesame YWw6c2VzYW1l\r\n\r\n")
ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|\{(?:\((.*?)\)|(.))\*(\d+)\}|(.))")
NAMED = {"r": "\r", "n": "\n", "t": "\t", "0": "\0"}


def unescape(text):
    def one(match):
        octet, group, char, times, name = match.groups()
        if octet:
            return chr(int(octet, 16))
        if times:
            # Long runs teach a fuzzer nothing and make it slow.
            return unescape(group or char) * min(int(times), 60)
        return NAMED.get(name, name)
    return ESCAPE.sub(one, text)


def octets(text):
    return unescape(text).encode("latin-1", "replace")


def call(line):
    """One `>` line as an instruction."""
    line = re.sub(r" = [A-Z_]+$", "", line)
    verb, _, args = line.partition(" ")
    quoted = re.match(r'"(.*)"$', args)
    text = octets(quoted[1] if quoted else args)[:255]
    if verb == "RESPOND":
        return b"R" + bytes([len(text)]) + text
    if verb == "MASK":
        return b"M" + bytes([len(text)]) + text
    simple = {"RESPOND-CANCEL": b"X", "TLS-DONE": b"T", "FAIL": b"F"}
    if verb in simple:
        return simple[verb]
    number = 200 if verb == "RAW*" else 0
    verb = verb.rstrip("*")
    if verb not in VERBS:
        return b""
    if verb in ("LIST", "UIDL", "RETR", "TOP", "DELE"):
        number = int((args.split() or ["0"])[0]) % 256
        text = b""
    if verb in ("APOP", "AUTH"):
        text = args.split(" ")[0].strip('"').encode()[:255]
    return b">" + bytes([VERBS.index(verb), number, len(text)]) + text


def program(lines):
    options = 0
    code = b""
    for line in lines:
        if line.startswith("O: "):
            for word in line[3:].split():
                options |= OPTIONS.get(word.split("=")[0], 0)
        elif line[:2] in ("S:", "S>", "S+"):
            sent = octets(line[2:].removeprefix(" "))
            sent += b"" if line[1] == ">" else b"\r\n"
            code += b"S" + len(sent).to_bytes(2, "big") + sent
        elif line[:2] in ("C:", "C>"):
            code += b"C"
        elif line == "EOF":
            code += b"E"
        elif line.startswith("> "):
            code += call(line[2:])
    return bytes([options]) + code


def save(corpus, target, data):
    directory = os.path.join(corpus, target)
    os.makedirs(directory, exist_ok=True)
    name = hashlib.sha256(data).hexdigest()[:16]
    with open(os.path.join(directory, name), "wb") as file:
        file.write(data)


def challenges(said):
    """What the server asks in a login, with the nonce of fuzz_auth.c."""
    for line in said:
        with contextlib.suppress(ValueError):
            if line.startswith(b"+ "):
                yield base64.b64decode(line[2:], validate=True).replace(
                    b"fyko+d2lbbFgONRv9qkxdawL", b"n")


def save_transcript(corpus, path):
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    save(corpus, "fuzz_core", program(lines))
    said = [octets(line[2:].removeprefix(" ")) for line in lines
            if line.startswith("S:")]
    for line in said:
        save(corpus, "fuzz_reply", line)
        save(corpus, "fuzz_listing", line)
        save(corpus, "fuzz_listing", line.removeprefix(b"+OK "))
    asked = b"\n".join(challenges(said))
    if "/login/" in path and asked:
        for mechanism in range(10):
            save(corpus, "fuzz_auth", bytes([mechanism]) + asked)
    if "/capabilities/" in path:
        save(corpus, "fuzz_capa", b"\n".join(said))


def main():
    transcripts, corpus, stamp = sys.argv[1:]
    for directory, _, files in sorted(os.walk(transcripts)):
        for name in sorted(files):
            if name.endswith(".pop3"):
                save_transcript(corpus, os.path.join(directory, name))
    for url in URLS:
        save(corpus, "fuzz_url", url.encode())
    for said in PROXIES:
        save(corpus, "fuzz_proxy", said)
    for text in DOCUMENTS:
        save(corpus, "fuzz_autoconfig", text)
    with open(stamp, "w", encoding="utf-8") as file:
        file.write("done\n")


if __name__ == "__main__":
    main()
