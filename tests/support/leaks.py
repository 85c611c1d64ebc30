"""Looks for secrets in the clear, in every spelling that they may have been given on the way."""
import base64
import json
import os
import tempfile
import urllib.parse

FEW = 200  # so many spellings are looked for one by one
HEAD = 8   # bytes that are looked up at every place when there are more; no spelling is shorter


def base64_cores(secret):
    """What base64 makes of the secret inside a longer text: one spelling for each of the three alignments."""
    cores = []
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + secret)
        first = (0, 2, 3)[shift]  # characters that the bytes before have a part in
        last = (len(secret) + shift) // 3 * 4  # and those after
        cores.append(text[first:last])
    return cores


def json_spellings(secret):
    for ascii_only in (True, False):
        text = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield text
        yield text.replace("/", "\\/")
        yield json.dumps(text, ensure_ascii=ascii_only)[1:-1]  # a document inside a document


def url_spellings(secret):
    for safe in ("", "/", "-._~/:@!$&'()*+,;="):
        text = urllib.parse.quote(secret, safe=safe)
        yield text
        yield lower_escapes(text)
    yield urllib.parse.quote_plus(secret)


def lower_escapes(text):
    first, *rest = text.split("%")
    return first + "".join("%" + part[:2].lower() + part[2:] for part in rest)


def spellings(secret):
    raw = secret.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode()}
    found.update(text.encode() for text in json_spellings(secret))
    found.update(text.encode() for text in url_spellings(secret))
    for core in base64_cores(raw):
        found.add(core)
        found.add(core.replace(b"+", b"-").replace(b"/", b"_"))
    return found


class Needles:
    """Secrets to look for, each under the name that a finding tells. Values of less than 8 bytes are not looked for."""

    def __init__(self):
        self.names = {}    # secret -> name
        self.wanted = {}   # spelling -> name
        self.heads = {}    # first bytes -> spellings that begin so

    def add(self, name, secret):
        if secret in self.names or len(secret.encode()) < HEAD:
            return
        self.names[secret] = name
        for spelling in spellings(secret):
            self.wanted.setdefault(spelling, name)
            self.heads.setdefault(spelling[:HEAD], []).append(spelling)

    def within(self, data):
        """The names of the secrets that stand in the bytes."""
        if len(self.wanted) <= FEW:
            return {name for spelling, name in self.wanted.items() if spelling in data}
        found = set()
        for place in range(len(data) - HEAD + 1):
            for spelling in self.heads.get(data[place:place + HEAD], ()):
                if data.startswith(spelling, place):
                    found.add(self.wanted[spelling])
        return found


def find(secrets, folder, outputs):
    """Texts that say where a secret stands: files under `folder`, and the numbered outputs."""
    needles = Needles()
    for number, secret in enumerate(secrets):
        needles.add(f"secret {number}", secret)
    found = []
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            with open(path, "rb") as file:
                found += [f"{secret} stands in {path}" for secret in sorted(needles.within(file.read()))]
    for number, output in enumerate(outputs):
        found += [f"{secret} stands in output {number}" for secret in sorted(needles.within(output))]
    return found


def self_test():
    """The search finds what it is meant to find, in a file and in an output, and nothing else."""
    secret = "p/ss+w%rd-\"of\"-ä-test"
    raw = secret.encode()
    written = [raw, raw.hex().encode(), urllib.parse.quote(secret, safe="").encode(), json.dumps(secret).encode()]
    written += [base64.b64encode(b"x" + raw + b"yz"), base64.urlsafe_b64encode(b"xy" + raw), base64.b64encode(raw)]
    written += [lower_escapes(urllib.parse.quote(secret)).encode(), json.dumps(json.dumps(secret)).encode()]
    many = [f"another secret {number}" for number in range(FEW)]
    with tempfile.TemporaryDirectory() as folder:
        for secrets in ([secret], [*many, secret]):
            for text in written:
                with open(os.path.join(folder, "planted"), "wb") as file:
                    file.write(b"before " + text + b" after")
                assert find(secrets, folder, []), text
                assert find(secrets, os.path.join(folder, "none"), [b"a" + text]), text
            os.remove(os.path.join(folder, "planted"))
            assert not find(secrets, folder, [b"p/ss+w%rd", b""])
