#!/usr/bin/env python3
"""Kills `plumb apply` and `plumb destroy` with SIGKILL again and again, and checks that the next run puts all right.

Usage: kill.py PLUMB [--kills N] [--seed N]

Each round begins with an empty server and no state. A run is killed when its journal has so many records, or after so
many milliseconds; then the next run must succeed, a plan after it must be empty, the server must hold what
configuration says and nothing else, nothing may be pending in state, and every generated password must be the one that
its role logs in with. No secret may stand in any file of the stack or in any output. Exit 77: no PostgreSQL.
"""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PEER = os.path.join(ROOT, "scripts/peers/postgres")
sys.path.insert(0, os.path.join(ROOT, "tests/support"))
import leaks  # noqa: E402

STACK = """\
stack: kill
variables:
  given: { type: string, sensitive: true }
  limit: { type: integer, default: 3 }
locals:
  people: [ann, bob, cid, dan, eve, fay]
  areas: [one, two, three, four]
providers:
  postgres: {}
  as_maker:
    type: postgres
    user: ${postgres.role.maker.name}
    password: ${var.given}
    database: ${postgres.database.main.name}
resources:
  random.password.person:
    for_each: ${locals.people}
    length: 20
  postgres.role.person:
    for_each: ${locals.people}
    name: ${each.key}
    login: true
    connection_limit: ${var.limit}
    password: ${random.password.person[each.key].value}
  postgres.role.maker:
    name: maker
    login: true
    password: ${var.given}
  postgres.role.readers:
    name: readers
  postgres.membership.reads:
    for_each: ${locals.people}
    role: ${postgres.role.readers.name}
    member: ${postgres.role.person[each.key].name}
  postgres.database.main:
    name: main
    owner: ${postgres.role.maker.name}
    lifecycle: { prevent_destroy: false }
  postgres.extension.pgcrypto:
    database: ${postgres.database.main.name}
    name: pgcrypto
  postgres.schema.area:
    for_each: ${locals.areas}
    database: ${postgres.database.main.name}
    name: ${each.key}
    owner: ${postgres.role.person.ann.name}
  postgres.grant.area:
    for_each: ${locals.areas}
    database: ${postgres.database.main.name}
    role: ${postgres.role.readers.name}
    object_type: schema
    schema: ${postgres.schema.area[each.key].name}
    privileges: [USAGE]
  postgres.schema.own:
    for_each: ${locals.areas}
    provider: as_maker
    database: ${postgres.database.main.name}
    name: own_${each.key}
  postgres.grant.own:
    for_each: ${locals.areas}
    provider: as_maker
    database: ${postgres.database.main.name}
    role: ${postgres.role.readers.name}
    object_type: schema
    schema: ${postgres.schema.own[each.key].name}
    privileges: [USAGE]
outputs:
"""
PEOPLE = ["ann", "bob", "cid", "dan", "eve", "fay"]
STACK += "".join(f"  {name}: {{ value: '${{random.password.person.{name}.value}}', sensitive: true }}\n" for name in PEOPLE)
INSTANCES = 38
GIVEN = "g!ven&pass/word+%d" % random.SystemRandom().randrange(10**12)

ROLES = "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'postgres' ORDER BY 1"
DATABASES = "SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')"
MEMBERS = "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid WHERE r.rolname = 'readers'"
SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('public', 'information_schema') ORDER BY 1"
GRANTS = (
    "SELECT count(*) FROM pg_namespace, aclexplode(nspacl) a JOIN pg_roles r ON r.oid = a.grantee "
    "WHERE r.rolname = 'readers' AND a.privilege_type = 'USAGE'"
)
AREAS = ["one", "two", "three", "four"]


def own_environment():
    """Ours, without what would name another server, key or value."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PG", "PLUMB_KEY", "PLUMB_VAR_"))}


class Failed(Exception):
    pass


class Bench:
    """One server, one stack, and what is run there."""

    def __init__(self, plumb, work):
        self.plumb, self.work = plumb, work
        self.stack = os.path.join(work, "stack")
        self.outputs = []
        self.secrets = {GIVEN}
        os.makedirs(self.stack)
        with open(os.path.join(self.stack, "plumb.yaml"), "w", encoding="utf-8") as file:
            file.write(STACK)
        self.env = dict(own_environment(), XDG_CONFIG_HOME=os.path.join(work, "config"), PLUMB_VAR_given=GIVEN, CI="1")
        with open(os.path.join(work, "pg", "env"), encoding="utf-8") as file:
            self.env.update(line.strip().split("=", 1) for line in file)

    def command(self, *words):
        return [self.plumb, words[0], "-C", self.stack, "--no-color", *words[1:]]

    def run(self, *words, good=0):
        done = subprocess.run(self.command(*words), env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, timeout=120)
        self.outputs.append(done.stdout)
        if done.returncode != good:
            raise Failed(f"plumb {' '.join(words)}: exit {done.returncode}, not {good}\n{done.stdout.decode(errors='replace')}")

    def killed(self, words, moment):
        """Runs it, and kills it when `moment` says so. False when it ended before."""
        with open(os.path.join(self.work, "out"), "w+b") as out:
            process = subprocess.Popen(self.command(*words), env=self.env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
            while process.poll() is None and not moment():
                pass
            process.kill()
            code = process.wait()
            out.seek(0)
            self.outputs.append(out.read())
        if code not in (0, -9):
            raise Failed(f"plumb {' '.join(words)}: exit {code}\n{self.outputs[-1].decode(errors='replace')}")
        return code == -9

    def journal_records(self):
        try:
            with open(os.path.join(self.stack, ".plumb", "journal"), "rb") as file:
                return max(0, file.read().count(b"\n") - 1)
        except FileNotFoundError:
            return 0

    def sql(self, text, database="postgres", user=None, password=None):
        env = dict(self.env, PGDATABASE=database)
        if user:
            env.update(PGUSER=user, PGPASSWORD=password)
        done = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-c", text], env=env, capture_output=True,
                              text=True, check=False, timeout=60)
        if done.returncode != 0:
            raise Failed(f"psql as {user or 'postgres'}: {done.stderr}")
        return done.stdout.split()

    def wait_for_server(self):
        """What the killed run asked for last may still be under way on the server, which does not know of the kill."""
        busy = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        until = time.monotonic() + 20
        while self.sql(busy) != ["0"]:
            if time.monotonic() > until:
                raise Failed("a session of a killed run is still open")

    def wipe(self):
        for name in self.sql(DATABASES):
            self.sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        for name in self.sql(ROLES):
            self.sql(f'DROP ROLE "{name}"')
        shutil.rmtree(os.path.join(self.stack, ".plumb"), ignore_errors=True)

    # --- what must be so after a run that was not killed ---

    def check(self, what, found, wanted):
        if found != wanted:
            raise Failed(f"{what}: {found}, not {wanted}")

    def check_state(self, instances):
        with open(os.path.join(self.stack, ".plumb", "state.jsonl"), encoding="utf-8") as file:
            counts = json.loads(file.readline())["counts"]
        self.check("instances in state", counts["instances"], instances)
        self.check("intents in state", counts["pending"], 0)

    def check_made(self, limit):
        self.run("plan", "--var", f"limit={limit}")
        self.check_state(INSTANCES)
        self.check("roles", self.sql(ROLES), sorted(PEOPLE + ["maker", "readers"]))
        self.check("databases", self.sql(DATABASES), ["main"])
        self.check("members", self.sql(MEMBERS), ["6"])
        self.check("schemas", self.sql(SCHEMAS, "main"), sorted(AREAS + ["own_" + area for area in AREAS]))
        self.check("grants", self.sql(GRANTS, "main"), ["8"])
        self.check("limits", self.sql("SELECT DISTINCT rolconnlimit FROM pg_roles WHERE rolname LIKE '___'"), [str(limit)])
        for name, password in self.passwords().items():
            self.check("length of a password", len(password), 20)
            self.secrets.add(password)
            self.sql("SELECT 1", user=name, password=password)

    def passwords(self):
        """What state keeps sealed, learnt from a copy of the stack that asks for it in the clear."""
        copy = os.path.join(self.work, "copy")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.stack, copy)
        text = STACK + "".join(f"  open_{n}: {{ value: '${{nonsensitive(random.password.person.{n}.value)}}' }}\n" for n in PEOPLE)
        with open(os.path.join(copy, "plumb.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run([self.plumb, "plan", "-C", copy, "--json"], env=self.env, stdout=subprocess.PIPE, check=False)
        self.check("plan of the copy", done.returncode, 2)
        changes = json.loads(done.stdout)["output_changes"]
        return {name: changes["open_" + name]["after"] for name in PEOPLE}

    def check_gone(self):
        self.check_state(0)
        self.check("roles", self.sql(ROLES), [])
        self.check("databases", self.sql(DATABASES), [])

    def check_leaks(self):
        found = leaks.find(sorted(self.secrets), self.stack, self.outputs)
        self.outputs.clear()
        if found:
            raise Failed("\n".join(found))


def after_records(bench, count):
    return lambda: bench.journal_records() >= count


def after_seconds(seconds):
    until = time.monotonic() + seconds
    return lambda: time.monotonic() >= until


class Rounds:
    def __init__(self, bench, dice):
        self.bench, self.dice = bench, dice
        self.kills = 0
        self.records, self.seconds = {}, {}  # of a run that nobody kills, by its name

    RUNS = {
        "create": ["apply", "--auto-approve"],
        "update": ["apply", "--auto-approve", "--var", "limit=7"],
        "destroy": ["destroy", "--auto-approve"],
    }

    def measure(self):
        """One round without a kill: how long each run is, in journal records and in time."""
        bench = self.bench
        for name, words in self.RUNS.items():
            started, most = time.monotonic(), 0

            def watch():
                nonlocal most
                most = max(most, bench.journal_records())
                return False

            bench.killed(words, watch)
            self.seconds[name], self.records[name] = time.monotonic() - started, most
            bench.check_gone() if name == "destroy" else bench.check_made(7 if name == "update" else 3)
        bench.check_leaks()
        print("a run makes so many records:", self.records, flush=True)
        if min(self.records.values()) == 0:
            raise Failed("the journal was never seen: there is no moment to choose")

    def prepare(self, name):
        self.bench.wipe()
        if name != "create":
            self.bench.run(*self.RUNS["create"])

    def one(self, name, moment, text):
        bench = self.bench
        self.prepare(name)
        # A second kill now and then hits the run that recovers.
        for again in range(1 if self.dice.random() < 0.7 else 2):
            if bench.killed(self.RUNS[name], moment() if again == 0 else after_seconds(self.dice.random() * self.seconds[name])):
                self.kills += 1
            bench.wait_for_server()
        seen = bench.journal_records()
        bench.run(*self.RUNS[name])
        bench.check_gone() if name == "destroy" else bench.check_made(7 if name == "update" else 3)
        bench.check_leaks()
        print(f"{self.kills:3d}  {name}, {text}: {seen} records were there; converged", flush=True)

    def chosen(self, name, number, of):
        count = 1 + number * max(0, self.records[name] - 1) // max(1, of - 1)
        self.one(name, lambda: after_records(self.bench, count), f"killed at record {count}")

    def at_random(self, name):
        seconds = self.dice.random() * self.seconds[name]
        self.one(name, lambda: after_seconds(seconds), f"killed after {seconds * 1000:.0f} ms")


def rounds(bench, kills, dice):
    run = Rounds(bench, dice)
    run.measure()
    for name, share in (("create", 0.45), ("update", 0.15), ("destroy", 0.15)):
        of = max(2, round(kills * share))
        for number in range(of):
            run.chosen(name, number, of)
    tries = 0
    while run.kills < kills and tries < 3 * kills:
        run.at_random(dice.choice(["create", "create", "update", "destroy"]))
        tries += 1
    if run.kills < kills:
        raise Failed(f"only {run.kills} kills hit, not {kills}")
    print(f"{run.kills} kills, every next run converged, no secret in the clear")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    parser = argparse.ArgumentParser()
    parser.add_argument("plumb")
    parser.add_argument("--kills", type=int, default=28)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    work = tempfile.mkdtemp(prefix="plumb-kill-")
    os.chmod(work, 0o711)  # the server may run as another user
    try:
        started = subprocess.run([PEER, "start", os.path.join(work, "pg")], stderr=subprocess.PIPE, text=True, check=False)
        if started.returncode == 77:
            print("skipped: " + started.stderr.strip())
            return 77
        if started.returncode != 0:
            print(started.stderr)
            return 1
        print(f"seed {options.seed}", flush=True)
        leaks.self_test()
        rounds(Bench(os.path.abspath(options.plumb), work), options.kills, random.Random(options.seed))
    except (Failed, subprocess.SubprocessError) as error:
        print(f"FAILED (seed {options.seed}): {error}")
        return 1
    finally:
        subprocess.run([PEER, "stop", os.path.join(work, "pg")], check=False)
        shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
