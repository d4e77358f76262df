# SPDX-License-Identifier: MIT
"""libetpan, in a small program: a message is one block of memory."""

KIND = "peer"
TOOL = "libetpan"
LOCK_STEP = True
SHARE = {"W5": 0.1}


def command(job):
    if job.what not in ("retr", "session", "list"):
        return None
    return [job.tools["libetpan"], *job.arguments()]
