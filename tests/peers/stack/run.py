#!/usr/bin/env python3
"""Runs scenarios against a private PostgreSQL: tests/scenario/run.py with a server.

Usage: run.py PLUMB [SCENARIO.txt ...]     UPDATE_SCENARIOS=1 writes what came out into the files.

One server serves them all, one after the other; what a scenario left on it is dropped before the next. Commands get
PGHOST, PGPORT, PGUSER and PGPASSWORD. Everything printed so far is in ../transcript, next to the stack.
After every command the stack's files and the output are searched for the server's password. Exit 77: no PostgreSQL.
"""
import base64
import glob
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
SERVER = os.path.join(ROOT, "scripts", "peers", "postgres")

SPECIFICATION = importlib.util.spec_from_file_location("scenario", os.path.join(ROOT, "tests", "scenario", "run.py"))
scenario = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(scenario)

# What one server and the next do not have in common.
CHANGING = [
    (re.compile(r"(\b(?:oid|server id|pid)[: ]+\"?)\d+"), r"\1NUMBER"),
    (re.compile(r"(: (?:created|updated|deleted|read)) in TIME"), r"\1"),
    (re.compile(r"(: created|of the same name now) \(\d+\)"), r"\1 (NUMBER)"),
    (re.compile(r"\bkey [0-9a-f]{8}\b"), "key KEYID"),
    (re.compile(r"(locked by )\S+@\S+"), r"\1USER@HOST"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "DATE"),
]

# Run in template1, which no scenario touches.
CLEAN = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND backend_type = 'client backend';
SELECT format('ALTER DATABASE %I IS_TEMPLATE false', datname) FROM pg_database
WHERE datname NOT IN ('template0', 'template1') \\gexec
SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database
WHERE datname NOT IN ('template0', 'template1') \\gexec
CREATE DATABASE postgres TEMPLATE template0;
SELECT format('DROP OWNED BY %I CASCADE', rolname) FROM pg_roles
WHERE rolname !~ '^pg_' AND rolname <> current_user \\gexec
SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> current_user \\gexec
"""


class Server:
    def __init__(self, directory):
        self.directory = directory
        self.settings = {}

    def start(self):
        subprocess.run([SERVER, "start", self.directory], check=True)
        with open(os.path.join(self.directory, "env"), encoding="utf-8") as file:
            self.settings = dict(line.rstrip("\n").split("=", 1) for line in file)

    def stop(self):
        subprocess.run([SERVER, "stop", self.directory], check=False)

    def clean(self):
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", "template1"], input=CLEAN.encode(),
                       env={**os.environ, **self.settings}, check=True, stdout=subprocess.DEVNULL)

    def forms_of_password(self):
        secret = self.settings["PGPASSWORD"].encode()
        return [secret, base64.b64encode(secret), secret.hex().encode()]


def files_with(directory, needles):
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                content = file.read()
            if any(needle in content for needle in needles):
                yield os.path.relpath(path, directory)


def give_server(server):
    """Lets the runner's commands see the server, and hides what differs from run to run."""
    environment, perform = scenario.environment, scenario.perform
    needles = server.forms_of_password()
    scenario.environment = lambda plumb, home: {**environment(plumb, home), **server.settings}
    scenario.CHANGING.append((re.compile(r"\b%s\b" % server.settings["PGPORT"]), "PORT"))
    scenario.CHANGING.extend(CHANGING)

    def watched(command, plumb, directory, home):
        lines = perform(command, plumb, directory, home)
        text = "\n".join(lines)
        with open(os.path.join(os.path.dirname(directory), "transcript"), "a", encoding="utf-8") as file:
            file.write(f"$ {command}\n{text}\n")
        leaks = [f"LEAK: the server's password is in {name}" for name in files_with(directory, needles)]
        if any(needle.decode() in text for needle in needles):
            leaks.append("LEAK: the server's password was printed")
        return [*leaks, *lines]

    scenario.perform = watched


def run_all(plumb, paths, server):
    update = os.environ.get("UPDATE_SCENARIOS") == "1"
    failed = 0
    for path in paths:
        server.clean()
        if problem := scenario.run_scenario(path, plumb, update):
            failed += 1
            print(problem, flush=True)
    print(f"{len(paths) - failed} of {len(paths)} scenarios as expected")
    return 1 if failed else 0


def main():
    if len(sys.argv) < 2:
        print(__doc__)
        return 1
    if not shutil.which("psql"):
        print("skipped: there is no psql (Debian: apt-get install postgresql)")
        return 77
    paths = sys.argv[2:] or sorted(path for path in glob.glob(os.path.join(HERE, "*.txt"))
                                   if os.path.basename(path) != "CMakeLists.txt")
    if not paths:
        print("there is no scenario")
        return 1
    with tempfile.TemporaryDirectory(prefix="plumb-stack-") as top:
        os.chmod(top, 0o711)
        server = Server(os.path.join(top, "server"))
        try:
            server.start()
            give_server(server)
            return run_all(os.path.realpath(sys.argv[1]), paths, server)
        except subprocess.CalledProcessError as error:
            if error.returncode == 77:
                return 77
            print(f"the server's part failed: {error}")
            return 1
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
