# SPDX-License-Identifier: MIT
"""VMime, in a small program."""

KIND = "peer"
TOOL = "vmime"
LOCK_STEP = True
SHARE = {"W5": 0.1}


def command(job):
    if job.what not in ("retr", "session"):
        return None
    return [job.tools["vmime"], *job.arguments()]
