# SPDX-License-Identifier: MIT
"""fetchmail: delivers to a mail server; here it writes what it would say to
one. It has no Maildir of its own."""

KIND = "peer"
PROGRAM = "fetchmail"
LOCK_STEP = True
SHARE = {"W1": 0.02, "W1t": 0.02, "W2": 0.1, "W3": 0.02, "W5": 0.1}


def command(job):
    if job.what not in ("retr", "session"):
        return None
    tls = (f'ssl sslproto "TLS1.2+" sslcertck sslcertfile {job.ca_file}'
           if job.tls else 'sslproto ""')
    config = job.write("fetchmailrc",
                       f"poll localhost protocol pop3 service {job.port} "
                       "auth password user a password secret fetchall "
                       f"{'nokeep' if job.deletes() else 'keep'} {tls} "
                       "bsmtp /dev/null\n")
    return ["fetchmail", "-f", config, "--nosyslog", "--nodetach", "-s",
            "-i", job.path("ids"), "--pidfile", job.path("pid")]
