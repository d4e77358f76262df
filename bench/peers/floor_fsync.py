# SPDX-License-Identifier: MIT
"""The Maildir with an fsync for each file, 32 in flight."""

KIND = "floor"


def command(job):
    if job.what != "maildir":
        return None
    return [job.tools["maildir_floor"], job.path("Maildir"), "fsync",
            str(job.messages), str(job.workload.size)]
