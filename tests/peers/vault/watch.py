"""Watches for secrets in the clear: knows the secret values of a scenario, and looks for them in all that it leaves."""
import fnmatch
import json
import os
import re
import socket
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../support"))
import leaks  # noqa: E402

# Commands after which the server holds no value that it did not hold before.
READS = re.compile(r"^(plumb (-C \S+ )?(plan|drift|validate|show|output|state|schema|version)\b|proxy_|make_jwt)")


def strings(value):
    """(where, string) of every string inside."""
    if isinstance(value, str):
        yield "", value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from ((f".{name}{where}", text) for where, text in strings(inner))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from ((f".{number}{where}", text) for where, text in strings(inner))


class KeyValues:
    """Every value in the kv mounts of every namespace."""

    def __init__(self, api):
        self.api = api

    def get(self, method, path, namespace):
        """The answer's data; None: there is no such thing."""
        for _ in range(100):
            status, answer = self.api.call(method, urllib.parse.quote(path), namespace=namespace)
            # A kv mount that was just made answers so for a moment.
            if status != 400 or "pgrading" not in str(answer):
                break
            time.sleep(0.02)
        if status == 404 or (status < 300 and not answer):
            return None
        if status >= 300:
            raise PermissionError(f"{method} {path}: HTTP {status} {answer}")
        return answer["data"]

    def all(self):
        """(name, value) of every string. Nothing, when the server is sealed."""
        if self.api.call("GET", "sys/seal-status")[1]["sealed"]:
            return
        for namespace in self.namespaces(""):
            for mount, about in self.get("GET", "sys/mounts", namespace).items():
                if about["type"] not in ("kv", "kv-v1", "kv-v2"):
                    continue
                two = about["type"] == "kv-v2" or (about["options"] or {}).get("version") == "2"
                for path in self.walk(mount + ("metadata/" if two else ""), "", namespace):
                    data = self.get("GET", mount + ("data/" if two else "") + path, namespace)
                    if data is not None:
                        for where, text in strings(data["data"] if two else data):
                            yield f"{namespace}{mount}{path}: {where[1:]}", text

    def namespaces(self, parent):
        yield parent
        status, answer = self.api.call("LIST", "sys/namespaces", namespace=parent)
        if status == 200:
            for name in answer["data"]["keys"]:
                yield from self.namespaces(parent + name)

    def walk(self, base, folder, namespace):
        listed = self.get("LIST", base + folder, namespace)
        for name in listed["keys"] if listed else []:
            if name.endswith("/"):
                yield from self.walk(base, folder + name, namespace)
            else:
                yield folder + name


class Watch:
    def __init__(self, api, control, directory, home, public, inputs):
        """control: the proxy's port, or None. public: values that may be seen. inputs: globs, from the stack's folder
        or $HOME/, that are not searched."""
        self.values = KeyValues(api)
        self.control = control
        self.directory, self.home = directory, home
        self.public = set(public)
        self.inputs = [os.path.normpath(os.path.join(directory, glob.replace("$HOME", home))) for glob in inputs]
        self.inputs.append(os.path.join(home, "config/plumb/keys/*"))
        self.given = {}  # path -> content of the scenario's own files
        self.needles = leaks.Needles()
        self.told = set()

    def remember_files(self):
        for path in self.files():
            with open(path, "rb") as file:
                self.given[path] = file.read()

    def add(self, name, value):
        if value not in self.public:
            self.needles.add(name, value)

    def passed(self):
        """(value, name) of the secrets that came through the proxy, if there is one."""
        if self.control is None:
            return []
        with socket.create_connection(("127.0.0.1", self.control), 10) as line:
            line.sendall(b'{"secrets": true}\n')
            return json.loads(line.makefile().readline())["secrets"].items()

    def files(self):
        for top in (self.directory, self.home):
            for where, _, names in os.walk(top):
                for name in names:
                    path = os.path.join(where, name)
                    if os.path.isfile(path) and not any(fnmatch.fnmatch(path, glob) for glob in self.inputs):
                        yield path

    def after(self, command, printed):
        """Lines that tell which secret stands where; each is told once a scenario. printed: None is not searched."""
        for value, name in self.passed():
            self.add(name, value)
        if not READS.match(command):
            try:
                for name, value in self.values.all():
                    self.add(name, value)
            except (PermissionError, OSError) as error:
                return [f"LEAK: not searched, the server's values cannot be read: {error}"]
        found = []
        for path in sorted(self.files()):
            with open(path, "rb") as file:
                content = file.read()
            if self.given.get(path) != content:
                shown = path.replace(self.home, "$HOME").replace(self.directory + "/", "")
                found += [(name, shown) for name in sorted(self.needles.within(content))]
        new = [one for one in found if one not in self.told]
        self.told.update(new)
        if printed is not None:
            new += [(name, "what was printed") for name in sorted(self.needles.within(printed))]
        return [f"LEAK: {name} stands in {place}" for name, place in new]
