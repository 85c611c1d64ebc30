#!/usr/bin/env python3
"""Runs scenarios against a real OpenBao or Vault: tests/scenario/run.py with a server.

Usage: run.py PLUMB openbao|vault [SCENARIO.txt ...]

UPDATE_SCENARIOS=1 writes what came out into the files. UPDATE_SCENARIOS=split writes what differs from the text as this
server's alone: an expected line that begins with `[openbao] ` or `[vault] ` counts on that server only.

Every scenario gets a server of its own, in memory; it starts while the one before runs (scripts/peers). Lines in the
head of a scenario, before its first section:
    # needs: A, B       openbao, vault, namespaces: skipped on a server that is not it, or has none
                        tls, client_cert (required by the server), sealed: how the server is started
                        postgres: an empty PostgreSQL, PG* in the environment
                        proxy: VAULT_ADDR is a proxy then, and VAULT_DIRECT the server; tokens, secret-ids, passwords and
                        the like in answers that pass it are watched for
                        token_review: a Kubernetes endpoint for logins; K8S_HOST, K8S_CA (file), K8S_TOKEN (service
                        account app in default), K8S_REVIEWER_TOKEN
    # secret: VALUE     must appear nowhere; so must the tokens, and every string of 8 bytes or more in a kv mount
    # public: VALUE     may appear, though it is in a kv mount
    # input: GLOB       files not searched for secrets, from the stack's folder or $HOME/; files of the scenario that
                        stand as they were given never are, nor is the key of the state
    # leaks: expected   `LEAK:` lines are part of the expected text; else they always fail

Commands get VAULT_ADDR, VAULT_TOKEN (root), VAULT_CACERT, VAULT_CLIENT_CERT and VAULT_CLIENT_KEY as the server has them,
JWT_KEY and JWT_PUBLIC_KEY (files), PEER (openbao or vault), and on PATH (each with --help):
    vault_api METHOD PATH [JSON]    calls the API, past the proxy, and prints what is the same on every run
    vault_unseal                    unseals the server
    make_jwt CLAIMS                 a JWT signed with JWT_KEY
    proxy_rule, proxy_counts, proxy_log, proxy_reset
What stands before a command, before `sh: ` too:
    $ reveal: COMMAND               prints a secret on purpose: its output is not searched
    $ secret: COMMAND               prints secrets, a line each: they are watched for from now on, and not shown
After every command the stack's folder, the home and the output are searched for every secret in raw, JSON, URL, base64
and hex form; a line `LEAK: ... stands in ...` fails the scenario. The server's port reads as PORT. Events of an apply
that follow each other (`x: creating`) may come in any order between addresses.
Exit 77: the server is not in the cache (scripts/test puts it there); the last line says why.
"""
import difflib
import glob
import os
import re
import subprocess
import sys
import tempfile

import peers
import watch
from api import Api

scenario = peers.load("scenario", os.path.join(peers.ROOT, "tests/scenario/run.py"))
BIN = os.path.join(peers.HERE, "bin")
HEAD = re.compile(r"^# (needs|secret|public|input|leaks): (.*)$")
ONE_SERVER = re.compile(r"^\[(openbao|vault)\] ")
EVENT = re.compile(r"^(\S.*?): (?:creat|updat|delet|read)")
PREFIX = re.compile(r"^(reveal|secret): ")
# What one server and the next do not have in common.
scenario.CHANGING += [
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "DATE"),
    (re.compile(r"\b(auth_)?([a-z]+)_[0-9a-f]{8}\b"), r"\1\2_ACCESSOR"),
    (re.compile(r"(: (?:created|updated|deleted|read)) in TIME"), r"\1"),
    (re.compile(r"(: created) \(\d+\)"), r"\1 (NUMBER)"),
    (re.compile(r"\bkey [0-9a-f]{8}\b"), "key KEYID"),
]


class Head:
    """What the head of a scenario asks for."""

    def __init__(self, case):
        self.values = {name: [] for name in ("needs", "secret", "public", "input", "leaks")}
        for line in case.head:
            if scenario.FILE.match(line) or line == scenario.RUN:
                break
            if match := HEAD.match(line):
                self.values[match.group(1)].append(match.group(2).strip())
        self.needs = {need.strip() for line in self.values["needs"] for need in line.split(",")}
        if unknown := self.needs - set(peers.NEEDS):
            raise ValueError(f"{case.path}: nobody knows the need `{sorted(unknown)[0]}`")
        if short := [value for value in self.values["secret"] if len(value.encode()) < watch.leaks.HEAD]:
            raise ValueError(f"{case.path}: `{short[0]}` is too short to be watched for")

    def missing(self, kind):
        """The first need that a server of this kind does not meet."""
        return next((need for need in sorted(self.needs) if kind not in peers.NEEDS[need]), None)


def view(lines, kind):
    """Expected lines as they count on one server."""
    seen = []
    for line in lines:
        match = ONE_SERVER.match(line)
        if not match:
            seen.append(line)
        elif match.group(1) == kind:
            seen.append(line[match.end():])
    return seen


def rewritten(expected, actual, kind, split):
    """What an update writes for a step. Where the servers are told apart, the other one's lines stay."""
    shown = scenario.merged(view(expected, kind), actual)
    if not split and not any(map(ONE_SERVER.match, expected)):
        return shown
    other = next(name for name in peers.SCRIPTS if name != kind)
    theirs, out = view(expected, other), []
    for action, a, b, c, d in difflib.SequenceMatcher(None, theirs, shown, autojunk=False).get_opcodes():
        if action == "equal":
            out += shown[c:d]
        else:
            out += [f"[{other}] {line}" for line in theirs[a:b]] + [f"[{kind}] {line}" for line in shown[c:d]]
    return out


class Run:
    """One scenario on one server."""

    def __init__(self, case, head, all_peers, plumb, top):
        self.case, self.head, self.plumb = case, head, plumb
        self.directory, self.home = os.path.join(top, "stack"), os.path.join(top, "home")
        os.mkdir(self.directory)
        os.mkdir(self.home)
        self.settings = scenario.environment(plumb, self.home)
        # This very Python for the helpers, too: a wrapper of another one may be slow.
        self.settings["PATH"] = os.pathsep.join([BIN, os.path.dirname(sys.executable), self.settings["PATH"]])
        self.settings.update(all_peers.keys)
        self.running = []
        try:
            self.start(all_peers, top)
        except BaseException:
            self.stop()
            raise

    def start(self, all_peers, top):
        needs = self.head.needs
        server = all_peers.take(needs)
        self.running.append(server)
        self.settings.update(server.settings)
        secrets = {"the server's root token": server.settings["VAULT_TOKEN"]}
        with open(os.path.join(server.directory, "unseal-key"), encoding="utf-8") as file:
            secrets["the key that unseals"] = file.read().strip()
        if "postgres" in needs:
            self.settings.update(all_peers.postgres_settings())
            secrets["PostgreSQL's password"] = self.settings["PGPASSWORD"]
        if "token_review" in needs:
            helper, settings = all_peers.token_review(top)
            self.running.append(helper)
            self.settings.update(settings)
            secrets.update((name, settings[name]) for name in ("K8S_TOKEN", "K8S_REVIEWER_TOKEN"))
        if "proxy" in needs:
            helper = peers.Helper(os.path.join(peers.HERE, "proxy.py"), self.settings["VAULT_ADDR"].split("//")[1])
            self.running.append(helper)
            self.settings["VAULT_DIRECT"] = self.settings["VAULT_ADDR"]
            self.settings["VAULT_ADDR"] = "http://127.0.0.1:" + helper.ports[0]
            self.settings["PROXY_CONTROL"] = helper.ports[1]
        self.ports = re.compile(r"\b(%s)\b" % "|".join(self.used_ports()))
        self.case.write_files(self.directory)
        self.watch = watch.Watch(Api(self.settings), self.settings.get("PROXY_CONTROL"), self.directory, self.home,
                                 self.head.values["public"], self.head.values["input"])
        self.watch.remember_files()
        for name, value in secrets.items():
            self.watch.add(name, value)
        for number, value in enumerate(self.head.values["secret"], 1):
            self.watch.add(f"secret {number} of the scenario's head", value)

    def used_ports(self):
        texts = [self.settings.get(name, "") for name in ("VAULT_ADDR", "VAULT_DIRECT", "K8S_HOST", "PGPORT")]
        return [text.rsplit(":", 1)[-1] for text in texts if text]

    def perform(self, command):
        found = []
        prefix = PREFIX.match(command)
        plain = command[prefix.end():] if prefix else command
        printed, status = scenario.execute(plain, self.plumb, self.directory, self.settings)
        if prefix and prefix.group(1) == "secret":
            values = [value for value in printed.decode("utf-8", "backslashreplace").split("\n") if value]
            for value in values:
                self.watch.add(f"what `{plain}` printed", value)
            printed = b"" if status == "0" else printed
            found = [f"LEAK: {len(value)} bytes are too short to be watched for" for value in values if len(value) < 8]
        found += self.watch.after(plain, None if prefix else printed)
        lines = scenario.lines_of(self.ports.sub("PORT", printed.decode("utf-8", "backslashreplace")).encode(),
                                  status, self.directory, self.home)
        return found, lines

    def stop(self):
        for one in reversed(self.running):
            one.stop()


def settled(lines):
    """Events of steps that ran side by side, by address: which of them was first is a matter of luck."""
    out, events = [], []
    for line in [*lines, ""]:
        if match := EVENT.match(line):
            events.append((match.group(1), line))
            continue
        out += [event for _, event in sorted(events, key=lambda one: one[0])]
        events = []
        out.append(line)
    return out[:-1]


def run_scenario(case, head, all_peers, plumb, update):
    """Text that tells what is wrong; empty when all is as expected."""
    outputs, problems, leaked = [], [], []
    with tempfile.TemporaryDirectory(prefix="plumb-vault-scenario-") as top:
        run = Run(case, head, all_peers, plumb, top)
        try:
            for command, raw in case.steps:
                expected = scenario.trimmed(raw)
                found, actual = run.perform(command)
                if head.values["leaks"]:
                    actual = [*found, *actual]
                elif found:
                    leaked += [f"{case.path}: $ {command}", *("  " + line for line in found)]
                mine = view(expected, all_peers.kind)
                if len(mine) != len(actual) or not all(map(scenario.matches, settled(mine), settled(actual))):
                    diff = difflib.unified_diff(mine, scenario.merged(mine, actual), "expected", "actual",
                                                lineterm="", n=2)
                    problems.append(f"{case.path}: $ {command}\n" + "\n".join("  " + line for line in diff))
                    outputs.append(rewritten(expected, actual, all_peers.kind, update == "split"))
                else:
                    outputs.append(list(expected))
                outputs[-1] += raw[len(expected):]
        finally:
            run.stop()
    if update and problems:
        with open(case.path, "w", encoding="utf-8") as file:
            file.write(case.text(outputs))
        problems = []
    return "\n".join([*leaked, *problems])


def run_all(plumb, kind, paths, top):
    update = os.environ.get("UPDATE_SCENARIOS")
    cases = [(case, Head(case)) for case in map(scenario.Scenario, paths)]
    todo, skipped, failed = [], 0, 0
    all_peers = peers.Peers(kind, top)
    try:
        for case, head in cases:
            reason = head.missing(kind) and f"needs {head.missing(kind)}"
            if not reason and "postgres" in head.needs and not all_peers.postgres_settings():
                reason = "there is no PostgreSQL on this machine"
            if reason:
                skipped += 1
                print(f"skipped: {os.path.basename(case.path)}: {reason}", flush=True)
            else:
                todo.append((case, head))
        for number, (case, head) in enumerate(todo):
            all_peers.following = todo[number + 1][1].needs if number + 1 < len(todo) else None
            if problem := run_scenario(case, head, all_peers, plumb, update):
                failed += 1
                print(problem, flush=True)
    finally:
        all_peers.stop()
    print(f"{len(todo) - failed} of {len(todo)} scenarios as expected on {kind}, {skipped} skipped")
    return 1 if failed else 0


def main():
    if len(sys.argv) < 3 or sys.argv[2] not in peers.SCRIPTS:
        print(__doc__)
        return 1
    watch.leaks.self_test()
    plumb, kind = os.path.realpath(sys.argv[1]), sys.argv[2]
    there = subprocess.run([peers.SCRIPTS[kind], "install"], env=peers.CACHED, stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, check=False)
    if there.returncode:
        print("skipped: " + there.stderr.decode().strip())
        return there.returncode
    paths = sys.argv[3:] or sorted(path for path in glob.glob(os.path.join(peers.HERE, "*.txt"))
                                   if os.path.basename(path) != "CMakeLists.txt")
    with tempfile.TemporaryDirectory(prefix="plumb-vault-") as top:
        os.chmod(top, 0o711)
        return run_all(plumb, kind, paths, top)


if __name__ == "__main__":
    sys.exit(main())
