# SPDX-License-Identifier: MIT
"""fetchmail, getmail and mpop, run once against a test server, each with what
it remembers in a file that the test names."""

import os
import pwd


class Peers:
    """For a program.Case."""

    def run_fetchmail(self, server, ids, *more):
        config = self.write_private("fetchmailrc", (
            f"poll localhost protocol pop3 service {server.ports['clear']} "
            f"uidl auth password {' '.join(more)} user demo password demo "
            'keep sslproto "" bsmtp /dev/null\n'))
        self.run_argv(["fetchmail", "-f", config, "--nosyslog", "--nodetach",
                       "-s", "-i", ids, "--pidfile", self.path("pid")])

    def run_mpop(self, server, ids, *more):
        config = self.write_private("mpoprc", "\n".join([
            "account default", "host localhost",
            f"port {server.ports['clear']}", "user demo", "password demo",
            "auth user", "tls off", "keep on", f"uidls_file {ids}",
            "delivery mbox /dev/null", *more, ""]))
        self.run_argv(["mpop", "-C", config, "-q"])

    def run_getmail(self, server, *more):
        """Its file stands in the directory of the test."""
        config = self.write_private("getmailrc", f"""[retriever]
type = SimplePOP3Retriever
server = localhost
port = {server.ports["clear"]}
username = demo
password = demo
[destination]
type = Maildir
path = {self.path("getmail")}/
{self.getmail_user()}
[options]
verbose = 0
delete = false
delivered_to = false
received = false
""" + "\n".join([*more, ""]))
        self.run_argv(["getmail", "--getmaildir", self.dir, "--rcfile",
                       config])
        return self.path(f"oldmail-localhost-{server.ports['clear']}-demo")

    def getmail_user(self):
        """root delivers as somebody else, who must be able to."""
        user = ""
        for name in ("", "tmp", "new", "cur"):
            path = self.path("getmail", name)
            os.makedirs(path, exist_ok=True)
            if os.getuid() == 0:
                nobody = pwd.getpwnam("nobody")
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
                for above in (self.dir, os.path.dirname(self.dir)):
                    os.chmod(above, 0o755)
                user = "user = nobody"
        return user

    def write_private(self, name, text):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o600)
        return path
