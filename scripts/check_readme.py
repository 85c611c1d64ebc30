#!/usr/bin/env python3
"""Runs the session that a README shows on a private PostgreSQL and compares what it prints with what is shown.

Usage: check_readme.py PLUMB [--write] [README.md]
Exit 77: no PostgreSQL is installed. --write puts the real output in.

The session is what stands in the `console` blocks, all in one go: lines after `$ ` are commands, the rest is what they
print. `...` stands for any lines, or for anything within a line. The README of the project is run on its first `yaml`
block, that of an example in a copy of the example's folder. Whoever calls it names a Vault, for those that need one.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PEER = os.path.join(ROOT, "scripts/peers/postgres")


def own_environment():
    """Ours, without what would name another server, key or value."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PG", "PLUMB_KEY", "PLUMB_VAR_"))}


def blocks(text, language):
    found = list(re.finditer(rf"^```{language}\n(.*?)^```$", text, re.M | re.S))
    if not found:
        sys.exit(f"the README has no {language} block")
    return found


def session(text):
    """[command, expected output] of each command of a block."""
    steps = []
    for line in text.splitlines(keepends=True):
        if line.startswith("$ "):
            steps.append([line[2:].strip(), ""])
        elif steps:
            steps[-1][1] += line
        else:
            sys.exit("a console block of the README does not begin with a command")
    return steps


def make_stack(readme, text, work):
    """What the session runs in: a folder of its own; an example has the project's modules beside it."""
    folder = os.path.dirname(readme)
    if folder != ROOT:
        project = os.path.join(work, "project")
        stack = os.path.join(project, os.path.relpath(folder, ROOT))
        shutil.copytree(folder, stack, ignore=shutil.ignore_patterns(".plumb"))
        shutil.copytree(os.path.join(ROOT, "modules"), os.path.join(project, "modules"))
        shutil.copy(os.path.join(ROOT, "plumb.project.yaml"), project)
        return stack
    stack = os.path.join(work, "stack")
    os.makedirs(stack)
    with open(os.path.join(stack, "plumb.yaml"), "w", encoding="utf-8") as file:
        file.write(blocks(text, "yaml")[0].group(1))
    return stack


def matches(expected, printed):
    pattern = re.escape(expected).replace(r"\.\.\.", "@@")
    pattern = re.sub(r"(?m)^@@\\?\n", r"(?s:.*?)^", pattern).replace("@@", ".*")
    return re.fullmatch("(?m:" + pattern + ")", printed) is not None


def run(steps, stack, env):
    """The block as it should read, and how many commands print something else than is shown."""
    real, wrong = "", 0
    for command, expected in steps:
        # Notes and progress go to stderr, which a reader sees too.
        done = subprocess.run(command, shell=True, cwd=stack, env=env, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=120)
        kept = expected if "..." in expected else done.stdout
        real += f"$ {command}\n{kept}"
        if not matches(expected, done.stdout):
            wrong += 1
            print(f"`{command}` prints something else:\n{done.stdout}")
    return real, wrong


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    arguments = [one for one in sys.argv[1:] if one != "--write"]
    write = "--write" in sys.argv
    plumb = os.path.abspath(arguments[0])
    readme = os.path.abspath(arguments[1]) if len(arguments) > 1 else os.path.join(ROOT, "README.md")
    with open(readme, encoding="utf-8") as file:
        text = file.read()
    shown = blocks(text, "console")
    sessions = [session(one.group(1)) for one in shown]
    if not write and not any(step[1].count("\n") > 3 for steps in sessions for step in steps):
        sys.exit("the README's session shows nothing")
    work = tempfile.mkdtemp(prefix="plumb-readme-")
    os.chmod(work, 0o711)  # the server may run as another user
    wrong, real, end = 0, "", 0
    try:
        started = subprocess.run([PEER, "start", os.path.join(work, "pg")], stderr=subprocess.PIPE, text=True, check=False)
        if started.returncode != 0:
            print(("skipped: " if started.returncode == 77 else "") + started.stderr.strip())
            return started.returncode
        stack = make_stack(readme, text, work)
        os.makedirs(os.path.join(work, "bin"))
        os.symlink(plumb, os.path.join(work, "bin", "plumb"))
        env = dict(own_environment(), XDG_CONFIG_HOME=os.path.join(work, "config"), NO_COLOR="1",
                   PATH=os.path.join(work, "bin") + ":" + os.environ["PATH"])
        with open(os.path.join(work, "pg", "env"), encoding="utf-8") as file:
            env.update(line.strip().split("=", 1) for line in file)
        for block, steps in zip(shown, sessions):
            printed, different = run(steps, stack, env)
            real += text[end: block.start(1)] + printed
            wrong += different
            end = block.end(1)
    finally:
        subprocess.run([PEER, "stop", os.path.join(work, "pg")], check=False)
        shutil.rmtree(work, ignore_errors=True)
    if write:
        with open(readme, "w", encoding="utf-8") as file:
            file.write(real + text[end:])
        return 0
    print(f"{sum(map(len, sessions))} commands, {wrong} of them print something else")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
