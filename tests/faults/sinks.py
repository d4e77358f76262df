# SPDX-License-Identifier: MIT
"""The places for mail, and how a test looks into them.

A sink is a class: argument is what --deliver is told in the lane's home;
delivered() counts the octets of all messages, with LF; litter() names what a
run left behind and nobody wants.
"""

import collections
import os


class Sink:
    def __init__(self, lane):
        self.lane = lane
        self.place = os.path.join(lane.home, "Mail")

    def reset(self):
        pass

    def stop(self):
        pass

    def litter(self):
        return []

    @staticmethod
    def form(data):
        """What becomes of a message with LF."""
        return data

    def unsettled(self, _expected):
        """delivered(), before the run that mends it."""
        return self.delivered()


class Maildir(Sink):
    argument = "maildir:Mail"

    def _files(self, *subs):
        for sub in subs:
            folder = os.path.join(self.place, sub)
            if os.path.isdir(folder):
                for name in os.listdir(folder):
                    yield os.path.join(folder, name)

    def delivered(self):
        counted = collections.Counter()
        for path in self._files("new", "cur"):
            with open(path, "rb") as file:
                counted[file.read()] += 1
        return counted

    def litter(self):
        return list(self._files("tmp"))


# Those of which a model of the file system knows everything.
FILES = {"maildir": Maildir}
SINKS = {**FILES}
