# SPDX-License-Identifier: MIT
"""pop3 fetch is killed before each of its system calls that change the disk or
ask the server; then it runs again. What lies between two of these calls
changes nothing that outlives the process, so there are no other moments.

Run as: see lab.py.
"""

import resource
import signal

import lab
import sinks

GROUPS = 34     # open files: groups of a few messages
# Each batch has a QUIT of its own.
BATCHES = {**lab.POLICIES, "batches": ["--delete", "--batch=7"]}


def limit_files():
    resource.setrlimit(resource.RLIMIT_NOFILE, (GROUPS, GROUPS))


class Kill(lab.Lab):
    count = 50
    about = 5       # points of each kind, unless all are asked for

    def kill_everywhere(self, *args, sink="maildir", kind="clear",
                        preexec=None):
        # A program for each message takes its time.
        self.count = 50 if sink in sinks.FILES or lab.WHOLE else 8
        lane = self.lane(sink)
        total, _ = lane.counted(*args, kind=kind, preexec=preexec,
                                call="any", under=lane.home)
        self.assertGreater(total, 3 * self.count)

        def one(lane, number):
            status, said = lane.fetch(*args, kind=kind, preexec=preexec,
                                      call="any", under=lane.home,
                                      at=number, how="kill")
            # Answers may come together, and save a call for each message.
            if status != 0 and status != -signal.SIGKILL:
                raise AssertionError(f"status {status}: {said}")
            if status == 0 and number < total * 0.9 - self.count:
                raise AssertionError("it was not killed")
            lane.check_broken()
            lane.heal(*args, kind=kind)

        self.each(lab.thin(range(1, total + 1), self.about), one, sink)

    def test_in_groups(self):
        for args in lab.POLICIES.values():
            self.kill_everywhere(*args, preexec=limit_files)

    def test_with_syncfs(self):
        self.kill_everywhere("--delete", "--sync=syncfs")

    def test_within_tls(self):
        self.kill_everywhere("--delete", kind="tls")

    def test_recovery_itself(self):
        """Killed in the run that mends the one before."""
        lane = self.lane()
        at = lane.counted("--delete", call="noreplace")[0] * 3 // 5

        def one(lane, number):
            lane.fetch("--delete", call="noreplace", at=at, how="kill")
            lane.fetch("--delete", call="any", under=lane.home, at=number,
                       how="kill")
            lane.check_broken()
            lane.heal("--delete")

        lane.fetch("--delete", call="noreplace", at=at, how="kill")
        path = lane.path("count")
        lane.fetch("--delete", call="any", under=lane.home, how="0",
                   count=path)
        with open(path, encoding="ascii") as file:
            total = int(file.read().split()[0])
        self.each(lab.thin(range(1, total + 1), self.about), one)

    def test_recipient_who_waits(self):
        """Before each call of the run in which it takes nothing."""
        self.count = 8
        lane = self.lane("lmtp")
        path = lane.path("count")
        status, said = self.fetch_for_two(lane, call="any", how="0",
                                          under=lane.home, count=path)
        self.assertEqual(status, 1, said)
        with open(path, encoding="ascii") as file:
            total = int(file.read().split()[0])

        def one(lane, number):
            status, said = self.fetch_for_two(
                lane, call="any", at=number, under=lane.home, how="kill")
            if status not in (1, -signal.SIGKILL):
                raise AssertionError(f"status {status}: {said}")
            self.heal_for_two(lane)

        self.each(lab.thin(range(1, total + 1), self.about), one, "lmtp")


def kill_test(sink, args):
    return lambda self: self.kill_everywhere(*args, sink=sink)


for sink_name in sinks.SINKS:
    for policy, flags in BATCHES.items():
        setattr(Kill, f"test_{sink_name}_{policy}",
                kill_test(sink_name, flags))

if __name__ == "__main__":
    lab.main()
