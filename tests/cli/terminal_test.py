# SPDX-License-Identifier: MIT
"""The program on a terminal: the question for the password, the progress
line, and mail that would command the terminal."""

import os
import pty
import select
import signal
import termios
import time

import program
from program import Case, until


class Terminal:
    """The program with a terminal of its own as stdin, stdout and stderr."""

    def __init__(self, argv, env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], argv, env)
        self.text = ""
        self.status = None

    def read(self, timeout=0.05):
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        self.text += data.decode("utf-8", "replace")
        return bool(data)

    def expect(self, words, timeout=15):
        end = time.monotonic() + timeout
        while words not in self.text:
            if time.monotonic() > end or not self.read():
                raise AssertionError(f"no {words!r} in {self.text!r}")

    def type(self, text):
        os.write(self.fd, text.encode())

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def wait(self, timeout=15):
        end = time.monotonic() + timeout
        while self.read():
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                break
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        self.status = os.waitstatus_to_exitcode(status)
        return self.status


class OnATerminal(Case):
    def terminal(self, *args, password=True, command="check"):
        return Terminal(self.argv(command, *args, password=password),
                        self.environment(TERM="xterm"))

    def test_prompt(self):
        term = self.terminal(self.url(self.serve()), password=False)
        term.expect("Password for demo@localhost: ")
        until(lambda: not term.echoes())
        term.type("demo\n")
        self.assertEqual(term.wait(), 0)
        self.assertIn("12 messages", term.text)
        self.assertNotIn("demo\r", term.text)

    def test_prompt_once(self):
        """Whatever makes the run connect again."""
        for faults in (["close-on=RETR:2@1"], ["capa-close"],
                       ["close-on=UIDL@1"]):
            server = self.serve(*faults)
            argv = [arg for arg in self.fetch_argv(server)
                    if arg not in ("--password-file", self.path("password"))]
            term = Terminal(argv, self.environment(TERM="xterm"))
            term.expect("Password for demo@localhost: ")
            until(lambda term=term: not term.echoes())
            term.type("demo\n")
            self.assertEqual(term.wait(), 0, term.text)
            self.assertEqual(term.text.count("Password for"), 1)
            self.assertEqual(len(server.log.events("tls")), 2)
            self.maildir, self.state = self.path("M2"), self.path("s2")

    def test_prompt_for_user(self):
        server = self.serve()
        url = self.url(server).replace("demo@", "")
        term = self.terminal(url, password=False)
        term.expect("User at localhost: ")
        self.assertTrue(term.echoes())
        term.type("demo\n")
        term.expect("Password for demo@localhost: ")
        until(lambda: not term.echoes())
        term.type("demo\n")
        self.assertEqual(term.wait(), 0)

    def test_interrupted_prompt(self):
        for key, number in (("\x03", signal.SIGINT), ("\x1c",
                                                      signal.SIGQUIT)):
            server = self.serve()
            term = self.terminal(self.url(server), password=False)
            term.expect("Password for")
            until(lambda: not term.echoes())
            term.type("hal" + key)
            # Its own end of the terminal keeps the settings for a while.
            until(term.echoes)
            self.assertEqual(term.wait(), -number)
            self.assertEqual(server.log.commands(), [])

    def test_closed_prompt(self):
        term = self.terminal(self.url(self.serve()), password=False)
        term.expect("Password for")
        until(lambda: not term.echoes())
        term.type("\x04")
        self.assertEqual(term.wait(), program.CONFIG)

    def test_progress(self):
        term = Terminal(self.fetch_argv(self.serve("chunk=200")),
                        self.environment(TERM="xterm"))
        self.assertEqual(term.wait(), 0)
        self.assertRegex(term.text,
                         r"\r\[#+-*\] \d+/12  [\d.]+ (bytes|kB) of ")
        self.assertRegex(term.text, r"\[#{20}\] 12/12 ")
        self.assertIn("fetched 12 messages", term.text)
        self.assert_delivered()

    def test_quiet(self):
        term = Terminal(self.fetch_argv(self.serve(), "-q"),
                        self.environment(TERM="xterm"))
        self.assertEqual(term.wait(), 0)
        self.assertEqual(term.text, "")

    def test_hostile_mail(self):
        name = os.listdir(os.path.join(self.box, "new"))[0]
        with open(os.path.join(self.box, "new", name), "wb") as file:
            file.write(b"Subject: \x1b]0;owned\x07\n\n\x1b[2Jgone\xc2\x9b1m"
                       b"\xe2\x80\xaeevil\n\tgood \xc3\xa9 \\ end\n")
        term = self.terminal(self.url(self.serve()), name.split(":")[0],
                             command="show")
        self.assertEqual(term.wait(), 0)
        for octet in ("\x1b", "\x07", "\x9b", "\u202e"):
            self.assertNotIn(octet, term.text)
        self.assertIn("\\x1B[2Jgone", term.text)
        self.assertIn("good \u00e9 \\ end", term.text)

    def test_warning_is_loud(self):
        term = self.terminal("--insecure", "-q", self.url(self.serve()))
        self.assertEqual(term.wait(), 0)
        self.assertIn("WARNING", term.text)


if __name__ == "__main__":
    program.main()
