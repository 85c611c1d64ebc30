"""Makes tokens that are signed with a key in a file (RS256)."""
import base64
import json
import subprocess
import time


def part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def make(claims, key):
    now = int(time.time())
    claims = {"iat": now, "exp": now + 3600, **claims}
    text = part(b'{"alg":"RS256","typ":"JWT"}') + b"." + part(json.dumps(claims).encode())
    signed = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=text, check=True,
                            stdout=subprocess.PIPE).stdout
    return (text + b"." + part(signed)).decode()
