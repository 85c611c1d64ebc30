#!/usr/bin/env python3
"""Runs the example of README.md on a private PostgreSQL and compares what it prints with what the README shows.

Usage: check_readme.py PLUMB [--write]    Exit 77: no PostgreSQL is installed. --write puts the real output in.

The example is the first `yaml` block, the session the first `console` block: lines after `$ ` are commands, the rest is
what they print. `...` stands for any lines, or for anything within a line.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
README = os.path.join(ROOT, "README.md")
PEER = os.path.join(ROOT, "scripts/peers/postgres")


def own_environment():
    """Ours, without what would name another server, key or value."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PG", "PLUMB_KEY", "PLUMB_VAR_"))}


def block(text, language):
    found = re.search(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)
    if not found:
        sys.exit(f"README.md has no {language} block")
    return found


def session(text):
    """[command, expected output] of each command."""
    steps = []
    for line in text.splitlines(keepends=True):
        if line.startswith("$ "):
            steps.append([line[2:].strip(), ""])
        elif steps:
            steps[-1][1] += line
        else:
            sys.exit("README.md: the session does not begin with a command")
    return steps


def matches(expected, printed):
    pattern = re.escape(expected).replace(r"\.\.\.", "@@")
    pattern = re.sub(r"(?m)^@@\\?\n", r"(?s:.*?)^", pattern).replace("@@", ".*")
    return re.fullmatch("(?m:" + pattern + ")", printed) is not None


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    plumb = os.path.abspath(sys.argv[1])
    with open(README, encoding="utf-8") as file:
        text = file.read()
    shown = block(text, "console")
    steps = session(shown.group(1))
    if "--write" not in sys.argv and not any(step[1].count("\n") > 3 for step in steps):
        sys.exit("README.md: the session shows nothing")
    work = tempfile.mkdtemp(prefix="plumb-readme-")
    os.chmod(work, 0o711)  # the server may run as another user
    wrong, real = 0, ""
    try:
        started = subprocess.run([PEER, "start", os.path.join(work, "pg")], stderr=subprocess.PIPE, text=True, check=False)
        if started.returncode != 0:
            print(("skipped: " if started.returncode == 77 else "") + started.stderr.strip())
            return started.returncode
        stack = os.path.join(work, "stack")
        os.makedirs(os.path.join(work, "bin"))
        os.makedirs(stack)
        os.symlink(plumb, os.path.join(work, "bin", "plumb"))
        with open(os.path.join(stack, "plumb.yaml"), "w", encoding="utf-8") as file:
            file.write(block(text, "yaml").group(1))
        env = dict(own_environment(), XDG_CONFIG_HOME=os.path.join(work, "config"), NO_COLOR="1",
                   PATH=os.path.join(work, "bin") + ":" + os.environ["PATH"])
        with open(os.path.join(work, "pg", "env"), encoding="utf-8") as file:
            env.update(line.strip().split("=", 1) for line in file)
        for command, expected in steps:
            # Notes and progress go to stderr, which a reader sees too.
            done = subprocess.run(command, shell=True, cwd=stack, env=env, stdin=subprocess.DEVNULL, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=120)
            kept = expected if "..." in expected else done.stdout
            real += f"$ {command}\n{kept}"
            if not matches(expected, done.stdout):
                wrong += 1
                print(f"README.md: `{command}` prints something else:\n{done.stdout}")
    finally:
        subprocess.run([PEER, "stop", os.path.join(work, "pg")], check=False)
        shutil.rmtree(work, ignore_errors=True)
    if "--write" in sys.argv:
        with open(README, "w", encoding="utf-8") as file:
            file.write(text[: shown.start(1)] + real + text[shown.end(1):])
        return 0
    print(f"{len(steps)} commands, {wrong} of them print something else")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
