# SPDX-License-Identifier: MIT
"""pop3 daemon: signals, the service manager, limits, and its end."""

import os
import resource
import signal

import program
from daemon_case import (PATIENCE, Daemon, DaemonCase, Manager, mailbox,
                         until)
from program import CONFIG, FINE, LATER


class One(DaemonCase):
    """One account."""

    def begin(self, *faults, **settings):
        server = self.serve(*faults)
        self.account("work", server, deliver="maildir:" + self.maildir,
                     **settings)
        return server

    def test_fetches_at_its_interval(self):
        server = self.begin(every="1s")
        daemon = self.daemon()
        daemon.wait_line("^work: fetched 12 messages")
        self.add("1800000000.new.test", b"Subject: new\n\nnew\n")
        daemon.wait_line("^work: fetched 1 message,")
        self.assertEqual(daemon.end(), FINE)
        self.assert_delivered()
        self.assertGreaterEqual(len(server.log.events("open")), 2)

    def test_poll_now(self):
        self.begin()
        daemon = self.daemon()
        daemon.wait_line("^work: fetched 12 messages")
        self.wait_status("work", running=False)
        self.add("1800000000.new.test", b"Subject: new\n\nnew\n")
        daemon.send(signal.SIGUSR1)
        daemon.wait_line("^work: fetched 1 message,")
        self.assertEqual(daemon.end(signal.SIGINT), FINE)
        self.assert_delivered()

    def test_nothing_is_said_of_nothing(self):
        self.begin(every="1s")
        daemon = self.daemon()
        daemon.wait_line("^work: fetched 12")
        self.wait_metric(12, "pop3_fetched_messages_total")
        until(lambda: self.metric("pop3_runs_total", outcome="good") > 2,
              PATIENCE)
        daemon.end()
        self.assertEqual(daemon.lines, ["watching 1 account",
                                        daemon.lines[1]])

    def test_quiet(self):
        self.begin()
        manager = Manager(self, self.path("notify"))
        daemon = self.daemon("--quiet", ready=False,
                             env={"NOTIFY_SOCKET": manager.name})
        manager.wait("READY=1")
        self.wait_metric(12, "pop3_fetched_messages_total")
        daemon.end()
        self.assertEqual(daemon.lines, [])

    def test_manager(self):
        for name in (self.path("notify"),
                     f"@pop3-test-{os.getpid()}-{id(self)}"):
            manager = Manager(self, name)
            self.begin()
            daemon = self.daemon(env={"NOTIFY_SOCKET": name})
            ready = manager.wait("READY=1")
            self.assertIn("STATUS=1 accounts", ready)
            daemon.send(signal.SIGHUP)
            self.assertRegex(manager.wait("RELOADING=1"),
                             r"MONOTONIC_USEC=\d+")
            manager.wait("READY=1")
            self.assertEqual(daemon.end(), FINE)
            manager.wait("STOPPING=1")
            self.assertNotIn("WATCHDOG=1", manager.heard)

    def test_watchdog(self):
        manager = Manager(self, self.path("notify"))
        self.begin("stall-on=GREETING")
        daemon = self.daemon("--drain", "1s",
                             env={"NOTIFY_SOCKET": manager.name,
                                  "WATCHDOG_USEC": "200000"})
        for _ in range(3):
            manager.wait("^WATCHDOG=1$")
        self.assertEqual(daemon.end(), FINE)
        # It is not for the children, and not for another process.
        self.assertNotIn("READY=1", manager.heard[1:])
        daemon = self.daemon(env={"NOTIFY_SOCKET": manager.name,
                                  "WATCHDOG_USEC": "200000",
                                  "WATCHDOG_PID": "1"})
        del manager.heard[:]
        daemon.end()
        manager.wait("STOPPING=1")
        self.assertNotIn("WATCHDOG=1", manager.heard)

    # ---- the end --------------------------------------------------------

    def test_drain_finishes_what_was_begun(self):
        """Groups of four messages: the one under way is finished, and no
        other begins."""
        server = self.begin("delay-on=RETR:2/1")
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        daemon = self.daemon(preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, (36, 36)))
        self.assertEqual(resource.getrlimit(resource.RLIMIT_NOFILE), limit)
        until(lambda: "RETR 2" in server.log.commands(), PATIENCE)
        self.assertEqual(daemon.end(), FINE)
        self.assertEqual(len(self.files()), 4)
        self.assertEqual(self.files("tmp"), [])
        self.assertEqual(server.log.commands()[-1], "QUIT")
        self.assertEqual(self.status()["work"]["outcome"], "interrupted")
        self.assertEqual(self.daemon_once(), 8)
        self.assert_delivered()

    def daemon_once(self):
        """How many a healthy run fetches."""
        server = self.serve()
        self.accounts["work"]["port"] = server.ports["tls"]
        self.write_config()
        self.run_argv([program.PROGRAM, "fetch", "--config", self.config,
                       "work"])
        return len(self.retrieved(server))

    def test_drain_is_bounded(self):
        server = self.begin("stall-on=RETR:7")
        daemon = self.daemon("--drain", "1s")
        until(lambda: "RETR 7" in server.log.commands(), PATIENCE)
        self.assertEqual(daemon.end(), FINE)
        self.daemon_once()
        self.assert_delivered()

    def test_second_signal_ends_sooner(self):
        server = self.begin("stall-on=RETR:7")
        daemon = self.daemon("--drain", "1h")
        until(lambda: "RETR 7" in server.log.commands(), PATIENCE)
        daemon.send(signal.SIGTERM)
        self.assertEqual(daemon.end(), FINE)

    def test_killed(self):
        """kill -9 of the daemon: the fetch that it left ends in order, and
        the next run delivers the rest, and nothing twice."""
        server = self.begin("stall-on=RETR:7", timeout="2")
        daemon = self.daemon()
        until(lambda: "RETR 7" in server.log.commands(), PATIENCE)
        children = daemon.children()
        self.assertEqual(len(children), 1)
        daemon.kill()
        until(lambda: not os.path.exists(f"/proc/{children[0]}"), PATIENCE)
        self.assertIn("No daemon runs", self.status_text(
            status=None))
        daemon = self.daemon()      # the lock died with it
        daemon.end()
        self.daemon_once()
        self.assert_delivered()

    def test_crash_of_a_fetch(self):
        server = self.begin("stall-on=RETR:7")
        daemon = self.daemon()
        until(lambda: "RETR 7" in server.log.commands(), PATIENCE)
        os.kill(daemon.children()[0], signal.SIGSEGV)
        daemon.wait_line("^pop3: work: the process that fetched ended")
        daemon.wait_line("^work: tries again in")
        self.assertEqual(self.status()["work"]["outcome"], "crash")
        self.assertEqual(daemon.end(), FINE)

    # ---- what it refuses ------------------------------------------------

    def test_two_daemons(self):
        self.begin()
        daemon = self.daemon()
        daemon.wait_line("^work: fetched 12")
        before = self.status()
        second = self.daemon(ready=False)
        self.assertEqual(second.wait(), LATER)
        self.assertIn(f"process {daemon.process.pid}", second.lines[0])
        self.assertEqual(self.status(), before)
        self.assertIn(f"process {daemon.process.pid}", self.status_text())
        daemon.end()

    def refuse(self, words, status=CONFIG):
        daemon = self.daemon(ready=False)
        self.assertEqual(daemon.wait(), status)
        self.assertRegex("\n".join(daemon.lines), words)

    def test_refusals(self):
        self.begin()
        del self.accounts["work"]["deliver"]
        self.refuse("where shall the mail of work go")
        self.begin()
        self.accounts["work"]["deliver"] = "stdout:"
        self.refuse("cannot deliver the mail of work to the standard output")
        self.begin(password="prompt")
        del self.defaults["password-file"]
        self.refuse("cannot ask for the password of work")
        self.begin(evvery="1h")
        self.refuse("did you mean every")
        self.begin(jobs="3")
        self.refuse("jobs holds for all accounts")
        self.begin()
        self.defaults["metrics"] = "0.0.0.0:9995"
        self.refuse("metrics must be unix:")
        self.accounts.clear()
        del self.defaults["metrics"]
        self.refuse("there is no account")
        self.assertFalse(os.path.exists(self.maildir))


class Reload(DaemonCase):
    def test_accounts_come_and_go(self):
        for name in ("one", "two", "three"):
            self.account(name, self.box_server(name))
        three = self.accounts.pop("three")
        daemon = self.daemon()
        daemon.wait_line("^one: fetched 2")
        daemon.wait_line("^two: fetched 2")
        self.accounts["three"] = three
        del self.accounts["one"]
        self.write_config()
        daemon.send(signal.SIGHUP)
        daemon.wait_line("read again: 2 accounts")
        daemon.wait_line("^three: fetched 2")
        text = self.scrape()
        self.assertIn('account="two"', text)
        self.assertNotIn('account="one"', text)
        # What it counted is not lost.
        self.assertEqual(
            self.metric("pop3_fetched_messages_total", account="two"), 2)
        self.assertEqual(daemon.end(), FINE)

    def test_broken_file(self):
        manager = Manager(self, self.path("notify"))
        self.account("one", self.box_server("one"))
        daemon = self.daemon(env={"NOTIFY_SOCKET": manager.name})
        daemon.wait_line("^one: fetched 2")
        self.wait_status("one", running=False)
        good = dict(self.accounts["one"])
        self.accounts["one"]["evvery"] = "5m"
        self.write_config()
        daemon.send(signal.SIGHUP)
        daemon.wait_line(r"config:\d+:\d+: .*did you mean every")
        daemon.wait_line("the old one stays in force")
        manager.wait("READY=1\nSTATUS=the new configuration has an error")
        mailbox.make(self.path("box-one"), 3)
        daemon.send(signal.SIGUSR1)
        daemon.wait_line("^one: fetched 1 message,")
        self.accounts["one"] = good
        self.write_config()
        daemon.send(signal.SIGHUP)
        daemon.wait_line("read again")
        self.assertEqual(daemon.end(), FINE)

    def test_while_it_fetches(self):
        """An account that is gone finishes its fetch."""
        server = self.box_server("one", "delay-on=RETR:1/1")
        self.account("one", server)
        self.account("two", self.box_server("two"))
        daemon = self.daemon()
        until(lambda: "RETR 1" in server.log.commands(), PATIENCE)
        del self.accounts["one"]
        self.write_config()
        daemon.send(signal.SIGHUP)
        daemon.wait_line("read again: 1 account")
        server.log.wait("close", timeout=PATIENCE)
        until(lambda: not daemon.children(), PATIENCE)
        self.assertEqual(len(os.listdir(self.path("one", "new"))), 2)
        self.assertEqual(daemon.end(), FINE)


    def test_mended_while_it_fetches(self):
        """The run that was under way fails with what it began with; it does
        not stop the account that was mended since."""
        server = self.box_server("one", "delay-on=CAPA/1@1", "login-err@1")
        self.account("one", server)
        daemon = self.daemon()
        until(lambda: "CAPA" in server.log.commands(), PATIENCE)
        daemon.send(signal.SIGHUP)
        daemon.wait_line("^one: fetched 2 messages")
        self.assertEqual(daemon.end(), FINE)
        self.assertEqual(len(server.log.events("open")), 2)

    def test_poll_while_it_fetches(self):
        server = self.box_server("one", "delay-on=RETR:1/1@1")
        self.account("one", server)
        daemon = self.daemon()
        until(lambda: "RETR 1" in server.log.commands(), PATIENCE)
        mailbox.make(self.path("box-one"), 3)
        daemon.send(signal.SIGUSR1)
        daemon.wait_line("^one: fetched 1 message,")
        self.assertEqual(daemon.end(), FINE)
        self.assertEqual(len(server.log.events("open")), 2)


class Many(DaemonCase):
    def test_twenty_at_once(self):
        """All of them talk to their servers at the same time."""
        servers = [self.box_server(str(i), "delay-on=STAT/1")
                   for i in range(20)]
        for i, server in enumerate(servers):
            self.account(f"a{i}", server)
        daemon = self.daemon("--jobs", "20", "--max-per-host", "20")
        self.wait_metric(20, "pop3_running")
        for i in range(20):
            daemon.wait_line(f"^a{i}: fetched 2 messages")
        self.assertEqual(daemon.end(), FINE)
        for i, server in enumerate(servers):
            self.assertEqual(len(server.log.events("open")), 1)
            self.assertEqual(len(os.listdir(self.path(f"a{i}", "new"))), 2)
        for line in daemon.lines[1:]:
            self.assertRegex(line, r"^a\d+: fetched 2 messages, \S+ \S+$")

    def limited(self, *args, running):
        servers = [self.box_server(str(i), "stall-on=GREETING")
                   for i in range(4)]
        for i, server in enumerate(servers):
            self.account(f"a{i}", server)
        daemon = self.daemon("--drain", "1s", *args)
        self.wait_metric(running, "pop3_running")
        until(lambda: sum(bool(s.log.events("open")) for s in servers) ==
              running, PATIENCE)
        # Those that are due and have no place wake nobody.
        before = self.metric("pop3_daemon_wakeups_total")
        jiffies = self.processor_time(daemon)
        until(lambda: self.elapsed(1), PATIENCE)
        self.assertLess(self.metric("pop3_daemon_wakeups_total") - before,
                        10)
        self.assertLess(self.processor_time(daemon) - jiffies, 20)
        self.assertEqual(self.metric("pop3_running"), running)
        self.assertEqual(daemon.end(), FINE)
        self.assertEqual(sum(bool(s.log.events("open")) for s in servers),
                         running)

    def elapsed(self, seconds):
        self.start_time = getattr(self, "start_time", None) or \
            program.time.monotonic()
        return program.time.monotonic() - self.start_time > seconds

    @staticmethod
    def processor_time(daemon: Daemon):
        with open(f"/proc/{daemon.process.pid}/stat",
                  encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def test_limit_of_a_host(self):
        self.limited("--max-per-host", "3", running=3)

    def test_limit_in_total(self):
        self.limited("--jobs", "1", running=1)


if __name__ == "__main__":
    program.main()
