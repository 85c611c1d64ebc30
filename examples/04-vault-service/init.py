#!/usr/bin/env python3
"""What an init container does: logs in with a wrapped secret-id, and hands the app what it may know.

Usage: init.py ROLE_ID WRAPPING_TOKEN STORE SERVICE

Writes secrets.json (every secret of the service) and env.sh (a database user of its own, for psql), for the owner only.
VAULT_ADDR says where the server is.
"""
import json
import os
import shlex
import sys
import urllib.error
import urllib.request


def call(method, path, token=None, body=None):
    request = urllib.request.Request(os.environ["VAULT_ADDR"] + "/v1/" + path, method=method,
                                     data=None if body is None else json.dumps(body).encode())
    if token:
        request.add_header("X-Vault-Token", token)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        sys.exit(f"{method} {path}: {'; '.join(json.load(error).get('errors', [])) or error.code}")


def write(name, text):
    with os.fdopen(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    print("wrote", name)


def main(role_id, wrapping_token, store, service):
    secret_id = call("POST", "sys/wrapping/unwrap", wrapping_token)["data"]["secret_id"]
    token = call("POST", "auth/services/login", body={"role_id": role_id, "secret_id": secret_id})["auth"]["client_token"]
    folder = f"services/{service}"
    secrets = {}
    for name in call("LIST", f"{store}/metadata/{folder}", token)["data"]["keys"]:
        secrets[name] = call("GET", f"{store}/data/{folder}/{name}", token)["data"]["data"]
        print(f"{name}: {', '.join(sorted(secrets[name]))}")
    user = call("GET", f"database/creds/{service}", token)
    print(f"a user of the database for {user['lease_duration']} s")
    host, _, port = secrets["database"]["host"].partition(":")
    environment = {"PGHOST": host, "PGPORT": port, "PGDATABASE": secrets["database"]["name"],
                   "PGUSER": user["data"]["username"], "PGPASSWORD": user["data"]["password"]}
    write("secrets.json", json.dumps(secrets))
    write("env.sh", "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items()))


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
