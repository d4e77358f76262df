# SPDX-License-Identifier: MIT
"""The units for systemd: it understands them, and they leave little open."""

import os
import re
import subprocess

import program
from program import HERE

UNITS = os.path.join(HERE, "..", "..", "packaging", "systemd")


class Units(program.Case):
    count = 1

    def unit(self, template):
        with open(os.path.join(UNITS, template), encoding="utf-8") as file:
            text = file.read()
        text = text.replace("@bindir@", os.path.dirname(program.PROGRAM))
        self.assertNotIn("@", re.sub(r"@(system-service|privileged)", "",
                                     text))
        path = self.path("pop3.service")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def analyze(self, *args):
        done = subprocess.run(
            ["systemd-analyze", *args], capture_output=True, text=True,
            check=False, timeout=60,
            env=self.environment(XDG_RUNTIME_DIR=self.dir))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def verify(self, template, *args):
        told = self.analyze(*args, "verify", "--man=no", "--recursive-errors="
                            "no", self.unit(template))
        self.assertNotIn("pop3.service:", told)

    def test_system_unit(self):
        self.verify("pop3.service.in")

    def test_user_unit(self):
        self.verify("pop3-user.service.in", "--user")

    def test_a_wrong_unit_is_found(self):
        path = self.unit("pop3.service.in")
        with open(path, "a", encoding="utf-8") as file:
            file.write("[Service]\nExecStart=\nExecStart=/dev/null/x\n")
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", path],
            capture_output=True, check=False, timeout=60)
        self.assertIn(b"/dev/null/x", done.stderr)

    def test_hardening(self):
        """An exposure of 2.0 at most, of 10."""
        self.analyze("security", "--offline=yes", "--threshold=20",
                     self.unit("pop3.service.in"))


if __name__ == "__main__":
    program.main()
