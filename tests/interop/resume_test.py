# SPDX-License-Identifier: MIT
"""Dovecot resumes a TLS session that the library kept.

    python3 resume_test.py RESUME-PROBE
"""

import signal
import subprocess
import sys
import unittest

import servers

PROBE = ""


class LongLivedDovecot(servers.Dovecot):
    """One login process for all connections: ticket keys are its own, and by
    default each connection gets a process of its own."""
    CONFIG = servers.Dovecot.CONFIG.replace(
        "service pop3-login {{",
        "service pop3-login {{\n  service_count = 0\n  process_limit = 1")


class Resumes(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(LongLivedDovecot())

    def visits(self, *options):
        done = subprocess.run(
            [PROBE, "localhost", str(self.server.ports["tls"]),
             self.server.ca_file, *options], check=False, text=True,
            timeout=60, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 2, done.stdout)
        for line in lines:
            self.assertRegex(line, "^TLSv1.[23] ")
        return [line.endswith(", resumed") for line in lines]

    def test_second_visit(self):
        self.assertEqual(self.visits(), [False, True])

    def test_switched_off(self):
        self.assertEqual(self.visits("no-resumption"), [False, False])


def run():
    """The exit status: 77 means that it was skipped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        LongLivedDovecot()
    except servers.Missing as missing:
        print(f"SKIP {missing}")
        return 77
    done = unittest.main(argv=sys.argv[:1], exit=False, verbosity=2)
    return 0 if done.result.wasSuccessful() else 1


if __name__ == "__main__":
    PROBE = sys.argv.pop(1)
    sys.exit(run())
