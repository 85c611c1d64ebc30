#!/usr/bin/env python3
"""Runs scenarios: one text file each, with files, commands and the output they must give.

Usage: run.py PLUMB [SCENARIO.txt ...]     UPDATE_SCENARIOS=1 writes what came out into the files.

A scenario file:
    # a comment, before the first section
    -- file plumb.yaml --          written into a fresh directory, up to the next section
    stack: demo
    -- run --                      commands, each followed by what it must print
    $ plumb plan
    No changes. What exists is what plumb.yaml says.
    [exit 0]
    $ sh: echo x > file            a shell line; its output counts too
    [exit 0]

`[..]` in an expected line stands for any text; such lines survive an update while they still match. The scenario's
directory reads as $DIR, the home as $HOME, times as TIME, uuids as UUID,
ids of keys as KEYID. stdout and stderr are one stream. Programs read their answers from nowhere: stdin is empty.
"""
import concurrent.futures
import difflib
import glob
import os
import re
import shlex
import subprocess
import sys
import tempfile

TIMEOUT = 60
FILE = re.compile(r"^-- file (\S+) --$")
RUN = "-- run --"
# What no two runs have in common.
CHANGING = [
    (re.compile(r"\b(in|after) \d+(\.\d+)? (ms|s)\b"), r"\1 TIME"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\(id [0-9a-f]{8}\)"), "(id KEYID)"),
    (re.compile(r"(\buid: )\S{16}$", re.M), r"\1UID"),
]


class Scenario:
    def __init__(self, path):
        self.path = path
        self.head = []      # lines as they stand, up to and with `-- run --`
        self.files = {}
        self.steps = []     # [command, expected lines]
        self.read()

    def read(self):
        with open(self.path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        if lines and lines[-1] == "":
            lines.pop()
        current = None
        running = False
        for number, line in enumerate(lines, 1):
            if running:
                if line.startswith("$ "):
                    self.steps.append([line[2:], []])
                elif self.steps:
                    self.steps[-1][1].append(line)
                elif line.strip():
                    raise ValueError(f"{self.path}:{number}: expected output before any command")
                continue
            self.head.append(line)
            if match := FILE.match(line):
                current = self.files.setdefault(match.group(1), [])
            elif line == RUN:
                running = True
            elif current is not None:
                current.append(line)
            elif line.strip() and not line.startswith("#"):
                raise ValueError(f"{self.path}:{number}: neither a comment nor a section")
        if not self.steps:
            raise ValueError(f"{self.path}: there is no command in it")

    def write_files(self, directory):
        for name, lines in self.files.items():
            target = os.path.join(directory, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "w", encoding="utf-8") as file:
                file.write("\n".join(trimmed(lines)) + "\n")

    def text(self, outputs):
        out = list(self.head)
        for (command, _), lines in zip(self.steps, outputs):
            out.append("$ " + command)
            out.extend(lines)
        return "\n".join(out) + "\n"


def matches(expected, line):
    if "[..]" not in expected:
        return expected == line
    return re.fullmatch(".*".join(re.escape(part) for part in expected.split("[..]")), line) is not None


def trimmed(lines):
    """Without blank lines at the end, which keep steps apart in the file."""
    lines = list(lines)
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def environment(plumb, home):
    kept = {name: os.environ[name] for name in ("ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
    return {**kept, "PATH": os.path.dirname(plumb) + os.pathsep + os.environ.get("PATH", ""), "HOME": home,
            "XDG_CONFIG_HOME": os.path.join(home, "config"), "COLUMNS": "100", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}


def execute(command, plumb, directory, settings):
    """What a command printed, as it is, and its exit."""
    if command.startswith("sh: "):
        arguments = ["sh", "-c", command[len("sh: "):]]
    else:
        arguments = shlex.split(command)
        if arguments[0] == "plumb":
            arguments[0] = plumb
    try:
        done = subprocess.run(arguments, cwd=directory, env=settings, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT, check=False)
        return done.stdout, str(done.returncode)
    except subprocess.TimeoutExpired as late:
        return late.stdout or b"", "never"


def lines_of(printed, status, directory, home):
    """The lines that a command printed, without what no two runs have in common, the last one its exit."""
    text = printed.decode("utf-8", "backslashreplace")
    text = text.replace(os.path.realpath(directory), "$DIR").replace(directory, "$DIR")
    text = text.replace(home, "$HOME")
    for pattern, name in CHANGING:
        text = pattern.sub(name, text)
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [*lines, f"[exit {status}]"]


def perform(command, plumb, directory, home):
    printed, status = execute(command, plumb, directory, environment(plumb, home))
    return lines_of(printed, status, directory, home)


def merged(expected, actual):
    """What an update writes: expected lines with wildcards stay where they still match."""
    if len(expected) != len(actual):
        return actual
    return [old if matches(old, new) else new for old, new in zip(expected, actual)]


def run_scenario(path, plumb, update):
    """Text that tells what is wrong; empty when all is as expected."""
    scenario = Scenario(path)
    outputs, problems = [], []
    with tempfile.TemporaryDirectory(prefix="plumb-scenario-") as top:
        directory, home = os.path.join(top, "stack"), os.path.join(top, "home")
        os.mkdir(directory)
        os.mkdir(home)
        scenario.write_files(directory)
        for command, raw in scenario.steps:
            expected = trimmed(raw)
            actual = perform(command, plumb, directory, home)
            outputs.append(merged(expected, actual) + raw[len(expected):])
            same = len(expected) == len(actual) and all(map(matches, expected, actual))
            if not same:
                shown = merged(expected, actual)
                diff = difflib.unified_diff(expected, shown, "expected", "actual", lineterm="", n=2)
                problems.append(f"{path}: $ {command}\n" + "\n".join("  " + line for line in diff))
    if update and problems:
        with open(path, "w", encoding="utf-8") as file:
            file.write(scenario.text(outputs))
        return ""
    return "\n".join(problems)


def main():
    if len(sys.argv) < 2:
        print(__doc__)
        return 1
    plumb = os.path.realpath(sys.argv[1])
    here = os.path.dirname(os.path.abspath(__file__))
    paths = sys.argv[2:] or sorted(
        path for path in glob.glob(os.path.join(here, "*.txt")) if os.path.basename(path) != "CMakeLists.txt")
    if not paths:
        print("there is no scenario")
        return 1
    update = os.environ.get("UPDATE_SCENARIOS") == "1"
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for path, result in zip(paths, pool.map(lambda p: run_scenario(p, plumb, update), paths)):
            if result:
                failed += 1
                print(result)
    print(f"{len(paths) - failed} of {len(paths)} scenarios as expected")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
