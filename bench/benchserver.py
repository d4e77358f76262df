# SPDX-License-Identifier: MIT
"""The synthetic server as a Python object, for the harness and the tests.

    with Server("build/bench/pop3-bench-server", folder, messages=20) as s:
        ... s.port, s.tls_port, s.ca_file ...
        s.report()["RETR"]
"""

import json
import os
import signal
import subprocess


class Server:
    """Options are those of pop3-bench-server with "_" for "-"; tls=True makes
    a certificate, whose authority is written to a file in `folder`."""

    def __init__(self, program, folder, tls=False, **options):
        self.ca_file = os.path.join(folder, "ca.pem") if tls else ""
        arguments = ["--ca", self.ca_file] if tls else []
        for name, value in options.items():
            flag = "--" + name.replace("_", "-")
            if value is True:
                arguments.append(flag)
            elif value is not False:
                arguments += [flag, str(value)]
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [program, "--control", *arguments], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split()
        if not words:
            self.process.wait()
            raise RuntimeError(f"{program} does not start")
        ports = dict(word.split("=") for word in words)
        self.port, self.tls_port = int(ports["port"]), int(ports["tls_port"])

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def report(self):
        """What was seen since the start or the last reset()."""
        self.tell("report")
        return json.loads(self.process.stdout.readline())

    def reset(self):
        self.tell("reset")

    def delay(self, milliseconds):
        """From now on, for each network turn."""
        self.tell(f"delay {milliseconds}")

    def stop(self):
        """The last report."""
        self.process.send_signal(signal.SIGTERM)
        rest, _ = self.process.communicate()
        return json.loads(rest.splitlines()[-1])

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate()
