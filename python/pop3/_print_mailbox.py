# SPDX-License-Identifier: MIT
"""python -m pop3.poplib HOST USER: prints all messages of a mailbox, as the
example in the documentation of poplib does."""

import argparse
import getpass
import ssl
import sys

import _pop3
from pop3.poplib import (POP3, POP3_PORT, POP3_SSL, POP3_SSL_PORT,
                         error_proto)


def main():
    parser = argparse.ArgumentParser(
        prog='python -m pop3.poplib',
        description='Print every message of a mailbox. Asks for the password.')
    parser.add_argument('host')
    parser.add_argument('user')
    parser.add_argument('--port', type=int, help='995, or 110 with --clear')
    parser.add_argument('--cafile', help='certificates to trust instead of '
                                         "the system's")
    parser.add_argument('--clear', action='store_true',
                        help='no TLS: the password can be read on the way')
    options = parser.parse_args()
    try:
        if options.clear:
            session = POP3(options.host, options.port or POP3_PORT)
        else:
            session = POP3_SSL(
                options.host, options.port or POP3_SSL_PORT,
                context=ssl.create_default_context(cafile=options.cafile))
        with session:
            session.user(options.user)
            session.pass_(getpass.getpass())
            for row in session.list()[1]:
                for line in session.retr(row.split()[0].decode())[1]:
                    print(_readable(line))
    except (error_proto, OSError) as error:
        reason = error.args[0] if isinstance(error, error_proto) else error
        if isinstance(reason, bytes):
            reason = 'server said: ' + _pop3.printable(reason)
        sys.exit('poplib: %s: %s' % (options.host, reason))


def _readable(line):
    """Text of a stranger, safe on a terminal."""
    return ''.join(c if c.isprintable() or c == '\t' else '\\x%02X' % ord(c)
                   for c in line.decode('utf-8', 'backslashreplace'))
