# SPDX-License-Identifier: MIT
"""pop3 fetch with limits: those of the user, and those of the system."""

import resource

import program
from program import PARTIAL, Case, until


class MaxMessages(Case):
    count = 5

    def test_bad_message_does_not_count(self):
        done = self.fetch(self.serve("err-on=RETR:1"), "--max-messages", "1",
                          status=PARTIAL)
        self.assertIn("fetched 1 message,", done.stderr)
        self.assertIn("3 left for later", done.stderr)
        self.assertIn("1 failed", done.stderr)
        self.assert_delivered(1, 3, 4, 5)
        self.fetch(self.serve("err-on=RETR:1"), "--max-messages", "2",
                   status=PARTIAL)
        self.assert_delivered(1, 5)
        self.fetch(self.serve(), "--max-messages", "1")
        self.assert_delivered(5)
        done = self.fetch(self.serve(), "--max-messages", "1")
        self.assertNotIn("left for later", done.stderr)
        self.assert_delivered()

    def test_only_as_many(self):
        server = self.serve()
        done = self.fetch(server, "--max-messages", "2", "--delete")
        self.assertIn("3 left for later", done.stderr)
        self.assertEqual(self.retrieved(server), [1, 2])
        self.assertEqual(self.left(), 3)


class OpenFiles(Case):
    count = 100

    @staticmethod
    def limit(soft, hard):
        return lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                          (soft, hard))

    def test_few(self):
        for files in (60, 40, 24):
            with self.subTest(files=files):
                self.setUp()
                self.fetch(self.serve(), "--delete",
                           preexec_fn=self.limit(files, files))
                self.assert_delivered()
                self.assertEqual(self.left(), 0)

    def test_raised(self):
        server = self.serve("stall-on=RETR:1")
        process = self.start(self.fetch_argv(server),
                             preexec_fn=self.limit(50, 300))
        until(lambda: self.retrieved(server))
        with open(f"/proc/{process.pid}/limits", encoding="ascii") as file:
            row, = (line for line in file if line.startswith("Max open"))
        self.assertEqual(row.split()[3:5], ["300", "300"])


if __name__ == "__main__":
    program.main()
