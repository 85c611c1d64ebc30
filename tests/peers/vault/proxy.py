#!/usr/bin/env python3
"""A proxy between the program and the server that counts requests and breaks what it is told to break.

Usage: proxy.py HOST:PORT     prints its port and its control port, then serves HTTP/1.1 on loopback

Secrets in what the server answers are remembered, for the search of run.py. The control port takes one line of JSON a
connection and answers with one; bin/proxy_rule writes them. Connections are kept on both sides. A request that is sent
as GET with list=true counts as LIST.
"""
import asyncio
import json
import re
import sys

LIMIT = 1 << 20  # bytes of a head, or of a chunk's length
SEALED = {"errors": ["Vault is sealed"]}

# After these words in a path stands a name.
NAMES_FOLLOW = {"acl", "role", "roles", "static-roles", "config", "users", "keys", "id", "name", "password",
                "namespaces", "rate-limit", "lease-count", "creds", "static-creds", "tune"}
# And after these the rest is a name, slashes and all.
PATHS_FOLLOW = {"data", "metadata", "delete", "undelete", "destroy", "subkeys"}


def kind(path):
    """A path with its names left out."""
    words = path.strip("/").split("/")
    if words[0] == "sys" and words[1:2] in (["mounts"], ["auth"]):
        rest = words[2:]
        return "/".join(words[:2] + (["*", "tune"] if rest[-1:] == ["tune"] else ["*"] if rest else []))
    kept = []
    for number, word in enumerate(words):
        previous = words[number - 1] if number else ""
        if number > 1 and previous in PATHS_FOLLOW:
            return "/".join([*kept, "*"])
        kept.append("*" if number > 1 and previous in NAMES_FOLLOW else word)
    return "/".join(kept)


class Rule:
    def __init__(self, wanted):
        self.action = wanted["action"]  # drop-before, drop-after, cut, answer, delay
        self.method = wanted.get("method")
        self.path = re.compile(wanted.get("path") or "")
        self.first = wanted.get("nth", 1)
        self.times = wanted.get("times")  # None: always
        self.status = wanted.get("status", 503)
        self.headers = wanted.get("headers", {})
        self.body = wanted.get("body", SEALED)
        self.seconds = wanted.get("seconds", 0)
        self.seen = 0

    def due(self, method, path):
        if (self.method and self.method != method) or not self.path.search(path):
            return False
        self.seen += 1
        return self.seen >= self.first and (self.times is None or self.seen < self.first + self.times)


# What a server tells once, under these names, is a secret.
SECRETS = {"client_token", "secret_id", "token", "password", "private_key", "plaintext"}


def secrets_in(value):
    """(name, value) of every secret in an answer."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in SECRETS and isinstance(inner, str) and inner:
                yield name, inner
            else:
                yield from secrets_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from secrets_in(inner)


def parsed(body):
    try:
        return json.loads(body)
    except ValueError:  # no JSON, or in chunks
        return None


class Gone(Exception):
    """The other side closed."""


async def head_of(reader):
    """The lines of a head: [start line, (name, value)...]."""
    try:
        text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise Gone from error
    lines = text.split("\r\n")[:-2]
    return lines[0], [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]


def header(fields, name):
    return next((value for key, value in fields if key.lower() == name), "")


async def chunks(reader):
    body = b""
    while True:
        line = await reader.readuntil(b"\r\n")
        body += line
        size = int(line.split(b";")[0], 16)
        body += await reader.readexactly(size + 2) if size else b""
        if size == 0:
            while True:  # trailers
                line = await reader.readuntil(b"\r\n")
                body += line
                if line == b"\r\n":
                    return body


async def body_of(reader, fields):
    """A body as it stands on the wire; b"" when the head promises none."""
    try:
        if header(fields, "transfer-encoding").lower() == "chunked":
            return await chunks(reader)
        return await reader.readexactly(int(header(fields, "content-length") or 0))
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise Gone from error


def wire(start, fields, body):
    return (start + "\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n").encode("latin-1") + body


class Upstream:
    """One kept connection to the server."""

    def __init__(self, host, port):
        self.host, self.port = host, port
        self.reader = self.writer = None

    async def ask(self, request, method):
        """(status, the answer on the wire, whether the connection ends). Sends once, whatever happens."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port, limit=LIMIT)
        self.writer.write(request)
        await self.writer.drain()
        start, fields = await head_of(self.reader)
        while start.split(" ")[1].startswith("1"):
            start, fields = await head_of(self.reader)
        status = int(start.split(" ")[1])
        body = b"" if method == "HEAD" or status in (204, 304) else await body_of(self.reader, fields)
        ends = header(fields, "connection").lower() == "close"
        if ends:
            self.close()
        return status, wire(start, fields, body), ends

    def close(self):
        if self.writer:
            self.writer.close()
        self.reader = self.writer = None


class Proxy:
    def __init__(self, host, port):
        self.host, self.port = host, port
        self.rules = []
        self.log = []  # [method, path, what became of it]
        self.secrets = {}  # value -> where it came from; all that ever passed

    async def serve(self, reader, writer):
        upstream = Upstream(self.host, self.port)
        try:
            while await self.one(reader, writer, upstream):
                pass
        except (Gone, ConnectionError):
            pass
        finally:
            upstream.close()
            writer.close()

    async def one(self, reader, writer, upstream):
        """One request and its answer; false when the connection must end."""
        start, fields = await head_of(reader)
        method, target = start.split(" ")[:2]
        if header(fields, "expect").lower() == "100-continue":
            fields = [field for field in fields if field[0].lower() != "expect"]
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await body_of(reader, fields)
        path, _, query = target.removeprefix("/v1/").partition("?")
        if method == "GET" and "list=true" in query.split("&"):
            method = "LIST"
        entry = [method, path, "sent"]
        self.log.append(entry)
        action = None
        for rule in [rule for rule in self.rules if rule.due(method, path)]:
            if rule.action == "delay":
                await asyncio.sleep(rule.seconds)
            else:
                action = action or rule
        if action and action.action == "drop-before":
            entry[2] = "dropped before the server saw it"
            return False
        if action and action.action == "answer":
            entry[2] = str(action.status)
            text = json.dumps(action.body).encode()
            given = [*action.headers.items(), ("Content-Type", "application/json"), ("Content-Length", len(text))]
            writer.write(wire(f"HTTP/1.1 {action.status} Told", given, text))
            await writer.drain()
            return header(fields, "connection").lower() != "close"
        status, answer, ends = await upstream.ask(wire(start, fields, body), method)
        entry[2] = str(status)
        for name, value in secrets_in(parsed(answer.partition(b"\r\n\r\n")[2])):
            self.secrets.setdefault(value, f"{name} of {method} {path}")
        if action and action.action == "drop-after":
            entry[2] = f"{status}, answer dropped"
            return False
        if action and action.action == "cut":
            entry[2] = f"{status}, answer cut"
            writer.write(answer[:len(answer) - max(1, len(answer.partition(b"\r\n\r\n")[2]) // 2)])
            await writer.drain()
            return False
        writer.write(answer)
        await writer.drain()
        return not ends and header(fields, "connection").lower() != "close"

    async def control(self, reader, writer):
        try:
            wanted = json.loads(await reader.readline())
            if "rule" in wanted:
                self.rules.append(Rule(wanted["rule"]))
                answer = {}
            elif "secrets" in wanted:
                answer = {"secrets": self.secrets}
            elif "reset" in wanted:
                self.rules, self.log = [], []
                answer = {}
            else:
                answer = {"log": [[method, path, fate, kind(path)] for method, path, fate in self.log]}
        except (ValueError, KeyError, re.error) as error:
            answer = {"error": str(error)}
        writer.write(json.dumps(answer).encode() + b"\n")
        await writer.drain()
        writer.close()


async def main():
    host, port = sys.argv[1].rsplit(":", 1)
    proxy = Proxy(host, int(port))
    ends = [await asyncio.start_server(handler, "127.0.0.1", 0, limit=LIMIT) for handler in (proxy.serve, proxy.control)]
    print(*[end.sockets[0].getsockname()[1] for end in ends], flush=True)
    await asyncio.gather(*[end.serve_forever() for end in ends])


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
