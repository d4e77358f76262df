# SPDX-License-Identifier: MIT
"""curl: prints messages and listings without looking at them. It cannot
delete as it goes, so that its session is RETR alone."""

KIND = "peer"
PROGRAM = "curl"
LOCK_STEP = True
SHARE = {"W5": 0.1}
DELETES = False


def base(job):
    return (f"pop3s://a:secret@localhost:{job.port}/" if job.tls else
            f"pop3://a:secret@localhost:{job.port}/")


def many(job):
    """A transfer for each message, 300 at once; connections are used again
    for the same account."""
    lines = [f'url = "pop3://u{account}:secret@localhost:{job.port}/'
             f'[1-{job.messages}]"\noutput = "/dev/null"'
             for account in range(job.workload.accounts)]
    return ["--parallel", "--parallel-max", "300", "--config",
            job.write("curlrc", "\n".join(lines) + "\n")]


def command(job):
    arguments = ["curl", "--silent", "--show-error", "--fail"]
    if job.tls:
        arguments += ["--cacert", job.ca_file]
    if job.what == "many":
        return arguments + many(job)
    if job.what in ("retr", "session"):
        return arguments + [base(job) + f"[1-{job.messages}]"]
    if job.what == "list":
        return arguments + [base(job), "--next", "--silent", "--request",
                            "UIDL", base(job)]
    return None
