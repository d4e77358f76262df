# SPDX-License-Identifier: MIT
"""The program: pop3 fetch, into a Maildir, with its memory of what was
fetched."""

KIND = "ours"


def command(job):
    if job.what not in ("session", "maildir") or "pop3" not in job.tools:
        return None
    return [job.tools["pop3"], "fetch", f"pop://a@localhost:{job.port}",
            "--tls", "none", "--auth", "user", "--delete", "--quiet",
            "--password-file", job.write("password", "secret\n"),
            "--deliver", "maildir:" + job.path("Maildir"),
            "--state", job.path("state")]
