"""Looks for secrets in the clear, in every spelling that they may have been given on the way."""
import base64
import os
import tempfile
import urllib.parse


def base64_cores(secret):
    """What base64 makes of the secret inside a longer text: one spelling for each of the three alignments."""
    cores = []
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + secret)
        first = (0, 2, 3)[shift]  # characters that the bytes before have a part in
        last = (len(secret) + shift) // 3 * 4  # and those after
        cores.append(text[first:last])
    return cores


def spellings(secret):
    raw = secret.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode(), urllib.parse.quote(secret, safe="").encode()}
    for core in base64_cores(raw):
        found.add(core)
        found.add(core.replace(b"+", b"-").replace(b"/", b"_"))
    return found


def find(secrets, folder, outputs):
    """Texts that say where a secret stands: files under `folder`, and the numbered outputs."""
    wanted = {spelling: number for number, secret in enumerate(secrets) for spelling in spellings(secret)}
    found = []

    def look(place, data):
        for spelling, number in wanted.items():
            if spelling in data:
                found.append(f"secret {number} stands in {place}")

    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            with open(path, "rb") as file:
                look(path, file.read())
    for number, output in enumerate(outputs):
        look(f"output {number}", output)
    return found


def self_test():
    """The search finds what it is meant to find, in a file and in an output, and nothing else."""
    secret = "p/ss+w%rd-of-a-test"
    raw = secret.encode()
    written = [raw, raw.hex().encode(), urllib.parse.quote(secret, safe="").encode()]
    written += [base64.b64encode(b"x" + raw + b"yz"), base64.urlsafe_b64encode(b"xy" + raw), base64.b64encode(raw)]
    with tempfile.TemporaryDirectory() as folder:
        for text in written:
            with open(os.path.join(folder, "planted"), "wb") as file:
                file.write(b"before " + text + b" after")
            assert find([secret], folder, []), text
            assert find([secret], os.path.join(folder, "none"), [b"a" + text]), text
        os.remove(os.path.join(folder, "planted"))
        assert not find([secret], folder, [b"p/ss+w%rd", b""])
