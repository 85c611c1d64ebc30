#!/usr/bin/env python3
"""Checks that folders include only what the arrows of engine/DESIGN.md allow, and that third-party headers stay fenced.

Usage: check_includes.py [ROOT]. Prints `file:line: what is wrong` for each violation; exits 1 if there is one.
"""
import fnmatch
import os
import re
import sys

# What each part may include directly; closed transitively below. A part's name is its folder.
ARROWS = {
    "engine/base": [],
    "engine/model": ["engine/base"],
    "engine/graph": ["engine/base"],
    "engine/net": ["engine/base"],
    "engine/lua": ["engine/model"],
    "engine/provider_api": ["engine/model"],
    "state": ["engine/model", "engine/graph", "engine/net"],
    "engine/config": ["engine/lua", "engine/model"],
    "engine/plan": ["engine/config", "engine/graph", "engine/provider_api", "engine/lua"],
    "engine/apply": ["engine/plan", "state"],
    "engine/policy": ["engine/plan", "engine/lua"],
    "engine/report": ["engine/plan"],
    "providers": ["engine/provider_api", "engine/net", "engine/model"],
}
# Parts that may use everything.
FREE = ["engine/cli", "tests"]
# Single headers that a part may include beside its arrows, by pattern. They bring no arrows of their own.
SINGLE = {
    "engine/plan": ["state/state.h"],
    "engine/policy": ["state/state.h"],
    "engine/report": ["state/state.h", "engine/apply/events.h"],
}
# Providers that may use more than the others.
EXTRA = {"providers/script": ["engine/lua"]}

# Third-party headers: (name, pattern of the include, where it is allowed, how many files may have it there).
FENCES = [
    ("yaml-cpp", "yaml-cpp/*", ["engine/config/*.cc"], 1),
    ("CLI11", "CLI/*", ["engine/cli/*.cc"], 1),
    ("spdlog", "spdlog/*", ["engine/base/log.cc"], 1),
    ("nlohmann", "nlohmann/*", ["engine/*.cc", "state/*.cc", "providers/*.cc"], None),
    ("curl", "curl/*", ["engine/net/*"], None),
    ("pqxx", "pqxx/*", ["engine/net/*"], None),
    ("libpq", "libpq*", ["engine/net/*"], None),
    ("OpenSSL", "openssl/*", ["engine/net/*", "engine/base/*"], None),
    ("Lua", "*", ["engine/lua/*"], None),  # by LUA_HEADERS
    ("Catch2", "catch2/*", ["tests/*"], None),
]
LUA_HEADERS = {"lua.h", "lua.hpp", "lualib.h", "lauxlib.h", "luaconf.h"}
ROOTS = ["engine", "state", "providers", "tests"]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def part_of(path):
    """The part a file belongs to: `engine/base`, `state`, `providers/postgres`, `tests`; None for files of none."""
    pieces = path.split("/")
    if pieces[0] in ("state", "tests"):
        return pieces[0]
    if pieces[0] in ("engine", "providers") and len(pieces) > 2:
        return "/".join(pieces[:2])
    return None


def allowed_parts(part):
    """Every part that this one may include, itself included; None for all."""
    if part in FREE:
        return None
    key = "providers" if part.startswith("providers/") else part
    if key not in ARROWS:
        return {part}
    found = {part}
    todo = ARROWS[key] + EXTRA.get(part, [])
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo.extend(ARROWS[one])
    return found


def sources(root):
    for top in ROOTS:
        for folder, folders, names in os.walk(os.path.join(root, top)):
            folders.sort()
            for name in sorted(names):
                if name.endswith((".h", ".cc")):
                    yield os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")


def includes(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if match := INCLUDE.match(line):
                yield number, match.group(1) == "<", match.group(2)


def check_arrow(root, path, target):
    """What is wrong with this file including that project header, or None."""
    if ".." in target.split("/"):
        return f'write "{target}" from the project\'s root'
    if not os.path.isfile(os.path.join(root, target)):
        return f'there is no "{target}" in the project (write includes from its root, system headers with <>)'
    part, other = part_of(path), part_of(target)
    if part is None:
        return f"{path} lies in no part of the project"
    allowed = allowed_parts(part)
    if allowed is None or other in allowed:
        return None
    if any(fnmatch.fnmatch(target, single) for single in SINGLE.get(part, [])):
        return None
    return f"{part} may not include {other}"


def fence_of(target):
    for fence in FENCES:
        if fence[0] == "Lua" and os.path.basename(target) not in LUA_HEADERS:
            continue
        if fnmatch.fnmatch(target, fence[1]):
            return fence
    return None


def check_third_party(path, target):
    """What is wrong with this file including that third-party header, or None."""
    fence = fence_of(target)
    if fence is None or path.startswith("tests/"):
        return None
    if any(fnmatch.fnmatch(path, where) for where in fence[2]):
        return None
    return f"{fence[0]} is fenced: only {' and '.join(fence[2])} may include it"


def check(root):
    """All violations as (file, line, text)."""
    found = []
    users = {}  # files in each counted fence, by its name
    for path in sources(root):
        for number, angled, target in includes(root, path):
            fence = fence_of(target)
            problem = check_third_party(path, target) if angled or fence else check_arrow(root, path, target)
            if problem:
                found.append((path, number, problem))
            elif fence and fence[3] and not path.startswith("tests/"):
                files = users.setdefault(fence[0], [])
                if path not in files:
                    files.append(path)
                if len(files) > fence[3]:
                    found.append((path, number, f"{fence[0]} is fenced in one file, and {files[0]} has it already"))
    return found


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if not any(True for _ in sources(root)):
        print(f"no sources under {root}: name the project's root")
        return 1
    found = check(root)
    for path, number, text in found:
        print(f"{path}:{number}: {text}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
