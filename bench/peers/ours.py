# SPDX-License-Identifier: MIT
"""Small programs on the public interface of libpop3: pop3_client, and for many
accounts pop3_conn."""

import os

KIND = "ours"


def command(job):
    if job.what == "maildir":
        return None
    if job.what == "many":
        if "w7_ours" not in job.tools:
            return None
        return [job.tools["w7_ours"], str(job.port),
                str(job.workload.accounts), str(job.messages)]
    port, ca_file, what, count = job.arguments()
    if what == "keep":
        # What was seen stands beside the folders of the runs, and is written
        # by the first of them, which is not measured.
        count = os.path.join(os.path.dirname(job.folder), "seen")
    return [job.tools["ours"], port, ca_file, what, count]


def prepare(job):
    """An uncounted run before the first one."""
    return job.what == "keep"
