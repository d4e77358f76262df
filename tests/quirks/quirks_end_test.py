# SPDX-License-Identifier: MIT
"""Quirks 30 to 33: the end of the session."""

from quirks import Quirks, program
from program import PARTIAL


class End(Quirks):
    def test_quirk_30(self):
        """One DELE is refused: the others are not, and the status tells."""
        done = self.fetch(self.serve("err-on=DELE:2"), "--delete",
                          status=PARTIAL)
        self.assertIn("DELE 2", done.stderr)
        self.assert_delivered()
        self.assertEqual(self.left(), 1)
        self.nothing_comes_again("--delete")
        self.assertEqual(self.left(), 0)

    def test_quirk_31(self):
        """QUIT is refused, or not answered: the next session deletes, and
        fetches nothing twice."""
        for fault in ("close-on=QUIT", "quit-err", "quit-close"):
            with self.subTest(fault):
                self.again()
                self.fetch(self.serve(fault), "--delete", status=PARTIAL)
                self.nothing_comes_again("--delete")
                self.assertEqual(self.left(), 0)

    def test_quirk_32(self):
        """A maildrop that looks empty for a while was not emptied."""
        self.fetch_all(self.serve())
        for _ in range(2):
            self.fetch(self.serve("empty"))
        self.nothing_comes_again()

    def test_quirk_33(self):
        """A server that deletes nothing gets no second DELE of what it
        confirmed. In portions each session ends by QUIT."""
        for _ in range(3):
            server = self.serve("never-deletes")
            self.fetch(server, "--delete")
            self.assert_delivered()
        self.assertEqual(self.retrieved(server) + self.deleted(server), [])
        self.again()
        for left in (4, 2, 0):
            server = self.serve()
            self.fetch(server, "--delete", "--max-messages", "2")
            self.assertEqual(server.log.verbs()["QUIT"], 1)
            self.assertEqual(self.left(), left)
        self.assert_delivered()
        self.again()
        server = self.serve()
        self.fetch_all(server, "--delete", "--batch", "2")
        self.assertEqual(server.log.verbs()["QUIT"], 3)


if __name__ == "__main__":
    program.main()
