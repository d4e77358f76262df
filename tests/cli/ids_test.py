# SPDX-License-Identifier: MIT
"""The guard against unique-ids that all changed: it stops what would flood the
mailbox, and never a mailbox that was emptied and filled again."""

import os
import shutil

import program
from program import FINE, GUARD, PARTIAL, Case, mailbox


class Ids(Case):
    def replace(self, count, seed):
        """Another client empties the mailbox; then new mail comes."""
        shutil.rmtree(self.box)
        more = mailbox.make(self.box, count, seed=seed)
        self.expected.update(more)
        self.uids = sorted(self.expected)

    def take(self, *args, fault=(), status=FINE):
        server = self.serve(*fault)
        self.fetch(server, *args, status=status)
        return len(self.retrieved(server))

    def test_changed(self):
        self.fetch(self.serve())
        for _ in range(2):
            self.assertEqual(self.take(fault=["new-uids"], status=GUARD), 0)
        self.assertEqual(self.take(), 0)
        self.assert_delivered()

    def test_changed_after_it_looked_empty(self):
        self.fetch(self.serve())
        self.assertEqual(self.take(fault=["empty"]), 0)
        self.assertEqual(self.take(fault=["new-uids"], status=GUARD), 0)
        self.assertEqual(self.take(), 0)

    def test_quit_lost_and_all_deleted(self):
        self.fetch(self.serve("quit-close"), "--delete", status=PARTIAL)
        self.assertEqual(self.left(), 0)
        self.replace(15, seed=2)
        self.assertEqual(self.take("--delete"), 15)
        self.assert_delivered()

    def test_emptied_by_another(self):
        self.fetch(self.serve())
        for seed, count in ((2, 1), (3, 15), (4, 5), (5, 12)):
            self.replace(count, seed)
            self.assertEqual(self.take(), count)
        self.assert_delivered()

    def test_equal_sizes(self):
        """Mail that machines write is often of one size."""
        self.fetch(self.serve("sizes=700"))
        self.replace(1, seed=2)
        self.assertEqual(self.take(fault=["sizes=700"]), 1)
        self.assert_delivered()

    def test_hidden_for_a_while(self):
        """Only new mail is listed, then all again: nothing comes twice."""
        self.fetch(self.serve())
        hidden = self.path("hidden")
        os.rename(self.box, hidden)
        os.makedirs(self.box)
        self.replace(2, seed=2)
        self.assertEqual(self.take(), 2)
        for sub in ("new", "cur"):
            for name in os.listdir(os.path.join(hidden, sub)):
                os.rename(os.path.join(hidden, sub, name),
                          os.path.join(self.box, sub, name))
        self.assertEqual(self.left(), 14)
        self.assertEqual(self.take(), 0)
        self.assert_delivered()


if __name__ == "__main__":
    program.main()
