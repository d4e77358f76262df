# SPDX-License-Identifier: MIT
"""A Maildir of varied messages, the same ones for the same seed.

    python3 mailbox.py DIR --count 500 --big 20971520
        makes it, and prints a row for each message: unique-id, octets and
        SHA-256 of the file that a client shall write
    python3 mailbox.py DIR --compare MAILDIR
        compares byte for byte what a client delivered

Every kind of message is one function below. As modules: make(), delivered
bytes by expected(), and compare().
"""

import argparse
import base64
import collections
import hashlib
import os
import random
import sys

import store

WORDS = ("alpha bravo charlie delta echo foxtrot golf hotel india juliett "
         "kilo lima mike november oscar papa quebec romeo sierra tango "
         "uniform victor whiskey xray yankee zulu").split()


def _header(rng, number, extra=""):
    subject = " ".join(rng.choices(WORDS, k=4))
    return (f"From: {rng.choice(WORDS)}@example.test\n"
            "To: demo@example.test\n"
            f"Subject: {number}: {subject}\n"
            f"Message-ID: <{number}.{rng.getrandbits(64):x}@example.test>\n"
            f"Date: Sat, 01 Aug 2026 {number // 60 % 24:02}:{number % 60:02}"
            f":00 +0000\n{extra}\n").encode()


def _prose(rng, lines):
    return "".join(" ".join(rng.choices(WORDS, k=rng.randint(1, 11))) + "\n"
                   for _ in range(lines)).encode()


def plain(rng, number):
    return _header(rng, number) + _prose(rng, rng.randint(1, 60))


def latin1(rng, number):
    """8-bit octets that are not UTF-8."""
    return _header(rng, number) + "Grüße aus Köln, ¡olé!\n".encode(
        "latin-1") * rng.randint(1, 20) + bytes(range(0x80, 0x100)) + b"\n"


def utf8(rng, number):
    return _header(rng, number, "Content-Type: text/plain; charset=utf-8\n"
                   ) + "żółć 日本語 Ελλάδα 🎉\n".encode() * rng.randint(1, 20)


def dots(rng, number):
    """Every way to begin a line with dots, and to look like the end."""
    return (_header(rng, number) + b".\n..\n...\n.a\n..b\n a.\n\n.\n\n." +
            b"." * rng.randint(1, 600) + b"\n.\r.\n.\n")


def dots_first(_rng, number):
    """The very first octet is a dot; it has no header either."""
    return b".dot line\n.\n" + str(number).encode() + b"\n"


def long_line(rng, number):
    return _header(rng, number) + b"x" * rng.choice(
        [997, 998, 999, 4095, 4096, 4097, 65535, 65536, 300000]) + b"\nend\n"


def attachment(rng, number):
    data = base64.encodebytes(rng.randbytes(rng.randint(1000, 60000)))
    return _header(
        rng, number, "MIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=\"=_b\"\n") + (
        b"--=_b\nContent-Type: text/plain\n\nSee below.\n--=_b\n"
        b"Content-Type: application/octet-stream\n"
        b"Content-Transfer-Encoding: base64\n\n" + data + b"--=_b--\n")


def empty_body(rng, number):
    return _header(rng, number)


def header_only(rng, number):
    """Without the empty line."""
    return _header(rng, number)[:-1]


def no_header(rng, number):
    return b"\n" + _prose(rng, 3) + str(number).encode() + b"\n"


def nul(rng, number):
    return _header(rng, number) + b"a\0b\n\0\n\0\0\0.\n" + _prose(rng, 2)


def from_line(rng, number):
    """A left-over of mbox at the top, and lines that mbox would quote."""
    return (b"From nobody Sat Aug  1 00:00:00 2026\n" + _header(rng, number) +
            b"From here on\n>From there\nFrom\n")


def bare_cr(rng, number):
    return _header(rng, number) + b"one\rtwo\r\rthree\n\r.\r\n\rend\n"


def crlf(rng, number):
    """A file that has CRLF already: it must not be doubled."""
    return (_header(rng, number) + _prose(rng, 4)).replace(b"\n", b"\r\n")


def no_last_line_end(rng, number):
    return _header(rng, number) + b"the end has no line end"


def last_line_dot(rng, number):
    return _header(rng, number) + b"the end is a dot\n."


def empty_lines(rng, number):
    return _header(rng, number) + b"\n" * rng.randint(1, 500)


def folded(rng, number):
    """Long folded header lines, and some that no grammar allows."""
    references = "".join(f"\n <{rng.getrandbits(96):x}@example.test>"
                         for _ in range(rng.randint(1, 200)))
    return _header(rng, number, f"References:{references}\n"
                   "no colon here\n: no name\nX-8bit: ä\n") + b"folded\n"


def twin(_rng, _number):
    """Octet for octet the same as the other messages of this kind."""
    return b"Subject: a twin\n\nsame as the other one\n"


def nothing(_rng, _number):
    """A file of no octets at all."""
    return b""


def big(rng, number, octets=20 << 20):
    """Lines of text, with a dot line now and then; exactly `octets` long."""
    head = _header(rng, number)
    block = b"".join(base64.b64encode(rng.randbytes(57)) + b"\n" +
                     (b".dot\n" if i % 50 == 0 else b"")
                     for i in range(4000))
    copies = max(octets - len(head), 0) // len(block) + 1
    return (head + block * copies)[:octets - 1] + b"\n"


KINDS = [plain, latin1, utf8, dots, dots_first, long_line, attachment,
         empty_body, header_only, no_header, nul, from_line, bare_cr, crlf,
         no_last_line_end, last_line_dot, empty_lines, folded, twin, nothing]


def messages(count, big_octets=0, seed=1):
    """Yields (file name, kind, octets of the file). The big one, if any,
    stands in the middle."""
    for number in range(1, count + 1):
        rng = random.Random(f"{seed}/{number}")
        name = f"{1700000000 + number}.M{number}P{seed}.test"
        if big_octets and number == count // 2 + 1:
            yield name, "big", big(rng, number, big_octets)
        else:
            kind = KINDS[(number - 1) % len(KINDS)]
            yield name, kind.__name__, kind(rng, number)


def make(directory, count, big_octets=0, seed=1):
    """Writes the Maildir; returns {unique-id: bytes a client delivers}."""
    for sub in ("tmp", "new", "cur"):
        os.makedirs(os.path.join(directory, sub), exist_ok=True)
    made = {}
    for number, (name, _kind, data) in enumerate(
            messages(count, big_octets, seed)):
        sub = "cur" if number % 3 == 0 else "new"
        path = os.path.join(directory, sub,
                            name + (":2,S" if sub == "cur" else ""))
        with open(path, "wb") as file:
            file.write(data)
        made[name] = store.delivered(data)
    return made


def _files(directory):
    for sub in ("new", "cur"):
        for name in sorted(os.listdir(os.path.join(directory, sub))):
            path = os.path.join(directory, sub, name)
            with open(path, "rb") as file:
                yield path, name.split(":")[0], file.read()


def expected(directory):
    """{unique-id: bytes a client delivers} of a Maildir that is there."""
    return {uid: store.delivered(data) for _, uid, data in _files(directory)}


def compare(directory, other):
    """Compares every delivered file with its source. Returns (number of
    messages that are equal, list of complaints)."""
    want = collections.defaultdict(list)
    for path, _uid, data in _files(directory):
        want[store.delivered(data)].append(path)
    equal, complaints = 0, []
    for path, _uid, data in _files(other):
        if want.get(data):
            want[data].pop()
            equal += 1
        else:
            complaints.append(f"no source has these octets: {path}")
    for paths in want.values():
        complaints += [f"was not delivered: {path}" for path in paths]
    return equal, complaints


def main():
    parser = argparse.ArgumentParser(description="a Maildir for tests")
    parser.add_argument("directory")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--big", type=int, default=0, metavar="OCTETS",
                        help="size of the one big message; 0: there is none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compare", metavar="MAILDIR")
    parser.add_argument("--quiet", action="store_true")
    args = parser.parse_args()
    if args.compare:
        equal, complaints = compare(args.directory, args.compare)
        print(f"{equal} messages are equal to their sources, "
              f"{len(complaints)} are not")
        for complaint in complaints[:20]:
            print("  " + complaint)
        return 1 if complaints else 0
    made = make(args.directory, args.count, args.big, args.seed)
    for name, data in made.items() if not args.quiet else ():
        print(name, len(data), hashlib.sha256(data).hexdigest())
    return 0


if __name__ == "__main__":
    sys.exit(main())
