# SPDX-License-Identifier: MIT
"""A disk that fails: the N-th call of each class, for every N that there is,
with each error that it may have; once, or from then on (a signal comes only
once). SQLite's calls are among them. Then the disk is well again.

What is read fails also in a run that has to find out what the one before did,
which was killed in the middle of its deliveries.
"""

import errno
import os
import re
import signal

import lab
import sinks

FULL = ("ENOSPC", "EDQUOT")
ERRORS = {
    "write": (*FULL, "EIO", "EINTR", "short"),
    "fsync": (*FULL, "EIO", "EINTR"),
    "link": (*FULL, "EIO", "EPERM"),
    "rename,noreplace": (*FULL, "EIO"),
    "unlink": ("EIO", "EACCES"),
    "truncate": (*FULL, "EIO"),
    "open": (*FULL, "EIO", "EINTR", "EMFILE"),
    "mkdir": (*FULL, "EIO"),
    "close": (*FULL, "EIO", "EINTR"),
}
READ = ("EIO", "EINTR", "short")
# Calls before which messages are delivered, or half of them, and nobody
# remembers it yet: class, what it is about, number.
MIDDLES = {
    "maildir": (("noreplace", "Mail", 4), ("fsync", "Mail/new", 1)),
    "mbox": (("unlink", "Mail.lock", 1), ("write", "Mail", 2)),
    "eml": (("noreplace", "Mail", 4), ("fsync", "Mail", 2)),
    # The memory of an intent, of a message that was taken, and so on.
    **dict.fromkeys(sinks.TAKERS, [
        ("fsync", ".local/state/pop3/seen.db-wal", at) for at in range(3, 7)]),
}
SOME = [*ERRORS] if lab.WHOLE else ["write", "fsync", "open"]
# Fine; some messages failed; a guard (a state file that cannot be opened has
# no ids); disk; later; the place cannot be used.
ENDS = (0, 1, 74, 75, 78)
COMMANDS = (("fetch",), ("seen", "list"), ("status",))
BLAME = ("damaged", "restore", "move it away", "not a state file")


def check_not_blamed(status, said):
    """There is nothing wrong with any file, and nothing to be mended."""
    if status == 78 or any(word in said for word in BLAME):
        raise AssertionError(f"status {status}: {said}")


class Disk(lab.Lab):
    about = 3
    about_reads = 9
    count = 6

    def messages(self):
        """One of them takes more than a write."""
        lines = b"".join(b"line %05d\n" % n for n in range(4000))
        few = dict([*super().messages().items()][:self.count - 1])
        return {**few, "1700000006.M6P1.test": b"Subject: long\n\n" + lines}

    def fail_everywhere(self, calls, sink="maildir", about=None,
                        policies=None):
        points = []
        policies = policies or lab.POLICIES
        lane = self.lane(sink)
        for policy, args in policies.items():
            for call in calls:
                total, _ = lane.counted(*args, call=call, under=lane.home)
                points += [(policy, call, number, name, on) for number in
                           range(1, total + 1) for name in ERRORS[call]
                           for on in ("", "1") if not (on and name == "EINTR")]

        def one(lane, point):
            policy, call, number, name, on = point
            how = name if name == "short" else getattr(errno, name)
            args = policies[policy]
            faults = {"on": on} if on else {}
            status, said = lane.fetch(*args, call=call, under=lane.home,
                                      at=number, how=how,
                                      hit=lane.path("hit"), **faults)
            if status not in ENDS:
                raise AssertionError(f"status {status}: {said}")
            if name == "short" and status != 0:
                raise AssertionError(f"a short write: {said}")
            lane.check_broken()
            lane.heal(*args, litter=call == "unlink")

        if points:
            self.each(lab.thin(points, about or self.about), one, sink)

    def fail_reading(self, sink="maildir", about=None, args=("--delete",)):
        """Each read of a run that finds one behind it that was killed, or
        none."""
        lane = self.lane(sink)
        middles = MIDDLES[sink] if lab.WHOLE else MIDDLES[sink][:1]
        points = [(before, number, name, on)
                  for before in (None, *middles)
                  for number in range(1, self.reads(lane, before, args) + 1)
                  for name in READ for on in ("", "1")
                  if not (on and name == "EINTR")]

        def one(lane, point):
            before, number, name, on = point
            how = name if name == "short" else getattr(errno, name)
            self.killed(lane, before, args)
            status, said = lane.fetch(
                *args, call="read", under=lane.home, at=number, how=how,
                **({"on": on} if on else {}))
            if status not in (ENDS if name != "short" else (0,)):
                raise AssertionError(f"status {status}: {said}")
            check_not_blamed(status, said)
            lane.check_broken()
            lane.heal(*args, litter=True)

        self.each(lab.thin(points, about or self.about_reads), one, sink)

    @staticmethod
    def killed(lane, before, args=("--delete",)):
        if before:
            call, name, at = before
            status, said = lane.fetch(*args, call=call, at=at, how="kill",
                                      under=os.path.join(lane.home, name))
            if status != -signal.SIGKILL:
                raise AssertionError(f"it was not killed: {status} {said}")

    def reads(self, lane, before, args):
        """How many there are in a run without a fault."""
        path = lane.path("count")
        lane.reset()
        self.killed(lane, before, args)
        status, said = lane.fetch(*args, call="read", how="0",
                                  under=lane.home, count=path)
        self.assertEqual(status, 0, said)
        with open(path, encoding="ascii") as file:
            return int(file.read().split()[0])

    def test_memory_read(self):
        """What cannot be read is told so, in a line, and is not damaged: the
        memory as a run leaves it, and with the log of one that was killed;
        and the file of the status beside it."""
        lane = self.lane()
        points = []
        for before in (None, MIDDLES["maildir"][0]):
            for command in COMMANDS:
                path = lane.path("count")
                self.remember(lane, before)
                status, said = self.ask(lane, command, how="0", count=path)
                self.assertEqual(status, 0, said)
                with open(path, encoding="ascii") as file:
                    total = int(file.read().split()[0])
                points += [(before, command, number, name, on)
                           for number in range(1, total + 1)
                           for name in (*READ, "ENOMEM", "EMFILE")
                           for on in ("", "1") if not (on and name == "EINTR")]
        told = []

        def one(lane, point):
            before, command, number, name, on = point
            how = name if name == "short" else getattr(errno, name)
            self.remember(lane, before)
            status, said = self.ask(lane, command, at=number, how=how,
                                    **({"on": on} if on else {}))
            if status == 0:
                return
            check_not_blamed(status, said)
            want = f"could not be read.*: {os.strerror(how)}"
            if (status != (74 if name == "EIO" else 75)
                    or not re.search(want, said)):
                raise AssertionError(f"status {status}: {said}")
            told.append(point)

        self.each(lab.thin(points, 60), one)
        self.assertEqual({point[1] for point in told}, set(COMMANDS))

    def remember(self, lane, before):
        """Something, whole or with the log of a run that was killed."""
        lane.reset()
        if before:
            self.killed(lane, before)
        else:
            self.assertEqual(lane.fetch(), (0, ""))

    @staticmethod
    def ask(lane, command, **faults):
        under = os.path.join(lane.home, ".local", "state", "pop3")
        if command == ("fetch",):
            return lane.fetch(call="read", under=under, **faults)
        return lane.look(*command, call="read", under=under, **faults)

    def test_configuration_read(self):
        """The same of the configuration file."""
        lane = self.lane()
        under = os.path.join(lane.home, ".config", "pop3")
        os.makedirs(under)
        with open(os.path.join(under, "config"), "w",
                  encoding="ascii") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write("[account a]\nserver = pop.x.test\nuser = a\n")
        for kind in ("open", "read"):
            for name, want in (("EIO", 74), ("EMFILE", 75), ("ENOMEM", 75)):
                how = getattr(errno, name)
                status, said = lane.fetch(call=kind, under=under, at=1,
                                          how=how)
                self.assertEqual(status, want, said)
                self.assertIn(os.strerror(how), said)

    def test_recipient_who_waits(self):
        """What the other one took is in a file, which cannot be used."""
        lane = self.lane("lmtp")
        errors = {**ERRORS, "read": READ}
        points = []
        for call in errors:
            path = lane.path("count")
            lane.reset()
            self.fetch_for_two(lane, call=call, how="0", under=lane.home,
                               count=path)
            with open(path, encoding="ascii") as file:
                total = int(file.read().split()[0])
            points += [(call, number, name, on)
                       for number in range(1, total + 1)
                       for name in errors[call] for on in ("", "1")
                       if not (on and name == "EINTR")]

        def one(lane, point):
            call, number, name, on = point
            how = name if name == "short" else getattr(errno, name)
            status, said = self.fetch_for_two(
                lane, call=call, under=lane.home, at=number, how=how,
                **({"on": on} if on else {}))
            if status not in ENDS:
                raise AssertionError(f"status {status}: {said}")
            self.heal_for_two(lane)

        self.each(lab.thin(points, 8), one, "lmtp")

    def test_many_writes(self):
        """A new state file is made of many, and each has to be heard of."""
        self.fail_everywhere(["write"], about=150)


def call(name, *args, **kwargs):
    return lambda self: getattr(self, name)(*args, **kwargs)


for sink_name in sinks.SINKS:
    setattr(Disk, f"test_{sink_name}_read", call("fail_reading", sink_name))
    setattr(Disk, f"test_{sink_name}_batches", call(
        "fail_everywhere", SOME, sink_name, policies=lab.BATCHES,
        about=8 if sink_name == "maildir" else 4))
    setattr(Disk, f"test_{sink_name}_batches_read", call(
        "fail_reading", sink_name, about=4, args=lab.BATCHES["batches"]))
for sink_name in sinks.FILES:
    for class_name in ERRORS:
        setattr(Disk, f"test_{sink_name}_{class_name.split(',')[0]}",
                call("fail_everywhere", [class_name], sink_name))
for sink_name in sinks.TAKERS:
    setattr(Disk, f"test_{sink_name}", call(
        "fail_everywhere", SOME, sink_name, about=5))

if __name__ == "__main__":
    lab.main()
