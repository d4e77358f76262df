# SPDX-License-Identifier: MIT
"""pop3 doctor and pop3 setup with a real Dovecot.

    python3 look_test.py POP3 [TEST...]
"""

import json
import os
import subprocess
import sys
import unittest

import servers

SECONDS = 60


class Look(unittest.TestCase):
    pop3 = ""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(servers.Dovecot())
        cls.server.add_user("alice", "sesame", 3)
        cls.secret = os.path.join(cls.server.dir, "secret")
        with open(cls.secret, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write("sesame\n")

    def run_pop3(self, command, *args, status=0):
        done = subprocess.run(
            [self.pop3, command, "--json", "--password-file", self.secret,
             "--ca-file", self.server.ca_file, *args], check=False,
            timeout=SECONDS, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, encoding="utf-8",
            env={"PATH": servers.PATH, "HOME": self.server.dir})
        self.assertEqual(done.returncode, status,
                         f"\n{done.stderr}{done.stdout}")
        return json.loads(done.stdout)

    def test_doctor(self):
        for scheme, port in (("pops", "tls"), ("pop", "clear")):
            with self.subTest(scheme):
                done = self.run_pop3(
                    "doctor", f"{scheme}://alice@localhost:"
                    f"{self.server.ports[port]}")
                self.assertEqual(done["mail"]["messages"], 3)
                self.assertEqual(done["mail"]["unique_ids"], 3)
                self.assertTrue(all(
                    step["good"] for step in done["steps"]
                    if not step["name"].startswith("connect ")))
                self.assertIn("localhost", done["certificate"]["names"])
                self.assertIn("TLSv1.", done["tls"])
                self.assertTrue(done["logged_in"])
                self.assertIn("UIDL", done["capabilities_after_login"])

    def test_setup(self):
        config = os.path.join(self.server.dir, "config")
        done = self.run_pop3(
            "setup", "--config", config, "--name", "work", "--user", "alice",
            "--server", "localhost", "--port", str(self.server.ports["tls"]),
            "alice@example.test")
        self.assertEqual(done["messages"], 3)
        done = self.run_pop3("check", "--config", config, "work")
        self.assertEqual(done["accounts"][0]["messages"], 3)


def main():
    Look.pop3 = os.path.abspath(sys.argv.pop(1))
    try:
        unittest.main(verbosity=1)
    except servers.Missing as reason:
        print(f"SKIP: {reason}")
        sys.exit(77)


if __name__ == "__main__":
    main()
