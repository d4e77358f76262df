# SPDX-License-Identifier: MIT
"""A disk that fails: the N-th call of each class, for every N that there is,
with each error that it may have; once, or from then on (a signal comes only
once). SQLite's calls are among them. Then the disk is well again.
"""

import errno

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
# Fine; some messages failed; a guard (a state file that cannot be opened has
# no ids); disk; later; the place cannot be used.
ENDS = (0, 1, 74, 75, 78)


class Disk(lab.Lab):
    about = 3

    def fail_everywhere(self, call, sink="maildir", about=None):
        points = []
        for policy, args in lab.POLICIES.items():
            lane = self.lane(sink)
            total, _ = lane.counted(*args, call=call, under=lane.home)
            points += [(policy, number, name, on) for number in
                       range(1, total + 1) for name in ERRORS[call]
                       for on in ("", "1") if not (on and name == "EINTR")]

        def one(lane, point):
            policy, number, name, on = point
            how = name if name == "short" else getattr(errno, name)
            args = lab.POLICIES[policy]
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

    def test_many_writes(self):
        """A new state file is made of many, and each has to be heard of."""
        self.fail_everywhere("write", about=150)


def disk_test(call, sink):
    return lambda self: self.fail_everywhere(call, sink)


for sink_name in sinks.FILES:
    for class_name in ERRORS:
        setattr(Disk, f"test_{sink_name}_{class_name.split(',')[0]}",
                disk_test(class_name, sink_name))

if __name__ == "__main__":
    lab.main()
