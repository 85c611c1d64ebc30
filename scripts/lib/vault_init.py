#!/usr/bin/env python3
"""Makes a Vault or OpenBao server that just started usable: waits for it, initialises it, unseals it, writes DIR/env.

Usage: vault_init.py ADDRESS DIR PID TLS SEALED    TLS: no, yes or client; SEALED: yes leaves it sealed
       vault_init.py unseal DIR
The key that unseals goes to DIR/unseal-key. Exit 3: the server's process ended before it answered.
"""
import http.client
import json
import os
import ssl
import sys
import time
import urllib.parse

PATIENCE = 60  # seconds


class Api:
    def __init__(self, address, directory, tls):
        self.address = urllib.parse.urlsplit(address)
        self.context = None
        if self.address.scheme == "https":
            self.context = ssl.create_default_context(cafile=os.path.join(directory, "ca.pem"))
            if tls == "client":
                self.context.load_cert_chain(os.path.join(directory, "client.pem"),
                                             os.path.join(directory, "client-key.pem"))

    def call(self, method, path, body=None):
        """(status, answer). OSError: nobody answered."""
        if self.context:
            line = http.client.HTTPSConnection(self.address.hostname, self.address.port, timeout=30,
                                               context=self.context)
        else:
            line = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=30)
        try:
            line.request(method, "/v1/" + path, body=json.dumps(body) if body is not None else None)
            answer = line.getresponse()
            text = answer.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            line.close()
        return answer.status, json.loads(text) if text else {}

    def must(self, method, path, body=None):
        status, answer = self.call(method, path, body)
        if status >= 300:
            raise SystemExit(f"{method} {path}: HTTP {status} {answer}")
        return answer


def alive(pid):
    """A child that ended stays as a zombie until its parent looks."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def wait_for(done, pid=None):
    """Asks until the server says so."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            if done():
                return
        except OSError:
            pass
        if pid is not None and not alive(pid):
            sys.exit(3)
        if time.monotonic() > until:
            sys.exit(f"the server was not ready after {PATIENCE} s")
        time.sleep(0.01)


def unseal(api, key):
    api.must("PUT", "sys/unseal", {"key": key})
    wait_for(lambda: api.call("GET", "sys/health")[0] == 200)


def write(directory, name, text):
    path = os.path.join(directory, name)
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(path + ".new", path)


def environment(address, directory, tls, token):
    values = {"VAULT_ADDR": address, "VAULT_TOKEN": token}
    if tls != "no":
        values["VAULT_CACERT"] = os.path.join(directory, "ca.pem")
    if tls == "client":
        values["VAULT_CLIENT_CERT"] = os.path.join(directory, "client.pem")
        values["VAULT_CLIENT_KEY"] = os.path.join(directory, "client-key.pem")
    return "".join(f"{name}={value}\n" for name, value in values.items())


def unseal_again(directory):
    with open(os.path.join(directory, "env"), encoding="utf-8") as file:
        values = dict(line.rstrip("\n").split("=", 1) for line in file)
    with open(os.path.join(directory, "unseal-key"), encoding="utf-8") as file:
        key = file.read().strip()
    unseal(Api(values["VAULT_ADDR"], directory, "client" if "VAULT_CLIENT_CERT" in values else "yes"), key)


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "unseal":
        unseal_again(sys.argv[2])
        return
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    address, directory, pid, tls, sealed = sys.argv[1:]
    api = Api(address, directory, tls)
    wait_for(lambda: api.call("GET", "sys/init")[0] == 200, int(pid))
    made = api.must("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
    write(directory, "unseal-key", made["keys_base64"][0] + "\n")
    if sealed == "no":
        unseal(api, made["keys_base64"][0])
    write(directory, "env", environment(address, directory, tls, made["root_token"]))


if __name__ == "__main__":
    main()
