# SPDX-License-Identifier: MIT
"""Completions, loaded by the shells that they are for."""

import os
import re

import program
from program import USAGE, Case


class Completions(Case):
    def setUp(self):
        super().setUp()
        os.makedirs(self.path(".config", "pop3"))
        with open(self.path(".config", "pop3", "config"), "w",
                  encoding="utf-8") as file:
            file.write("[account work]\nserver = h\nuser = u\n"
                       "[account home]\nserver = h\nuser = u\n")
        os.mkdir(self.path("bin"))
        os.symlink(program.PROGRAM, self.path("bin", "pop3"))

    def script(self, shell):
        path = self.path(shell)
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.run_argv([program.PROGRAM, "completions",
                                      shell]).stdout)
        return path

    def shell(self, *argv):
        return self.run_argv(
            list(argv), env=self.environment(
                PATH=self.path("bin") + ":/usr/bin:/bin")).stdout

    def bash(self, *words):
        text = self.shell(
            "bash", "-uc", 'source "$1"; shift; COMP_WORDS=("$@"); '
            "COMP_CWORD=$(($# - 1)); _pop3; "
            "((${#COMPREPLY[@]} == 0)) || printf '%s\\n' \"${COMPREPLY[@]}\"",
            "bash", self.script("bash"), "pop3", *words)
        return text.split("\n")[:-1]

    def fish(self, line):
        text = self.shell("fish", "--no-config", "-c",
                          f"source {self.script('fish')}; "
                          f"complete -C '{line}'")
        return [row.split("\t")[0] for row in text.splitlines()]

    def flags(self, command):
        text = self.run_argv([program.PROGRAM, command, "--help"]).stdout
        return set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", text, re.M))

    def commands(self):
        text = self.run_argv([program.PROGRAM, "help"]).stdout
        return set(re.findall(r"^  ([a-z]+)  ", text, re.M))

    def test_bash(self):
        self.assertEqual(set(self.bash("")), self.commands() | {"--version"})
        self.assertEqual(self.bash("fe"), ["fetch"])
        for command in self.commands():
            self.assertEqual(set(self.bash(command, "--")),
                             self.flags(command))
        self.assertEqual(self.bash("fetch", ""), ["work", "home"])
        self.assertEqual(self.bash("fetch", "home", "w"), ["work"])
        self.assertEqual(self.bash("fetch", "--tls", "s"), ["stls"])
        self.assertEqual(self.bash("config", ""), ["check", "show"])
        self.assertIn("fetch", self.bash("help", ""))
        os.mkdir(self.path("a dir"))
        self.assertEqual(
            self.bash("check", "--ca-file", self.path("a d")),
            [self.path("a dir")])
        self.assertEqual(self.bash("check", "--timeout", ""), [])

    def test_fish(self):
        self.assertEqual(self.fish("pop3 fe"), ["fetch"])
        self.assertEqual(set(self.fish("pop3 ")), self.commands())
        for command in self.commands():
            self.assertEqual(set(self.fish(f"pop3 {command} --")),
                             self.flags(command))
        self.assertEqual(set(self.fish("pop3 check ")), {"work", "home"})
        self.assertEqual(self.fish("pop3 check --tls s"), ["stls"])
        self.assertEqual(self.fish("pop3 config s"), ["show"])

    def test_zsh(self):
        path = self.script("zsh")
        self.shell("zsh", "-n", path)
        # The parts of zsh that it uses stand in for themselves.
        text = self.shell(
            "zsh", "-fc", "compdef() { print -r -- compdef $@ }\n"
            "compadd() { print -rl -- ${(P)2} }\n"
            "_describe() { print -rl -- ${(P)2} }\n"
            "_arguments() { print -rl -- \"$@\" }\n"
            f"source {path}\n"
            "words=(pop3 '') CURRENT=2; _pop3\nprint '=='\n"
            "words=(pop3 fetch '') CURRENT=3; _pop3\nprint '=='\n"
            "_pop3_accounts")
        head, flags, accounts = text.split("==\n")
        self.assertEqual(head.splitlines()[0], "compdef _pop3 pop3")
        self.assertEqual({row.split(":")[0] for row in
                          head.splitlines()[1:]}, self.commands())
        self.assertEqual(set(re.findall(r"^(--[a-z-]+)", flags, re.M)),
                         self.flags("fetch"))
        self.assertIn(":(implicit stls none)", flags)
        self.assertIn("*:account:_pop3_accounts", flags)
        self.assertEqual(accounts.split(), ["work", "home"])

    def test_unknown_shell(self):
        self.run_argv([program.PROGRAM, "completions", "csh"], USAGE)


if __name__ == "__main__":
    program.main()
