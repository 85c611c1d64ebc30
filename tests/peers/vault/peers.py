"""The servers of a scenario: a fresh Vault or OpenBao each, and what else its head asks for."""
import concurrent.futures
import importlib.util
import json
import os
import shutil
import subprocess
import sys

import jwt_token

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
SCRIPTS = {"openbao": os.path.join(ROOT, "scripts/peers/openbao"),
           "vault": os.path.join(ROOT, "scripts/peers/vault/peer")}
# What a scenario may need, and which of the servers have it.
NEEDS = {"openbao": {"openbao"}, "vault": {"vault"}, "namespaces": {"openbao"}, "postgres": set(SCRIPTS),
         "proxy": set(SCRIPTS), "token_review": set(SCRIPTS), "tls": set(SCRIPTS), "client_cert": set(SCRIPTS),
         "sealed": set(SCRIPTS)}
FLAGS = {"tls": "--tls", "client_cert": "--client-cert", "sealed": "--sealed"}
# Tests never fetch or build a server.
CACHED = {**os.environ, "PLUMB_PEERS": "cached"}


def load(name, path):
    specification = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


class Vault:
    """One running server."""

    def __init__(self, kind, directory, needs):
        self.script, self.directory = SCRIPTS[kind], directory
        self.flags = sorted(FLAGS[need] for need in needs if need in FLAGS)
        subprocess.run([self.script, "start", directory, *self.flags], check=True, env=CACHED)
        with open(os.path.join(directory, "env"), encoding="utf-8") as file:
            self.settings = dict(line.rstrip("\n").split("=", 1) for line in file)
        self.settings.update(PEER=kind, PEER_DIR=directory, PEER_SCRIPT=self.script)

    def stop(self):
        subprocess.run([self.script, "stop", self.directory], check=False)


class Helper:
    """A program of ours beside the server; its first line tells its ports."""

    def __init__(self, *command):
        self.process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.ports = self.process.stdout.readline().decode().split()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Peers:
    """Starts the next scenario's server while one runs, and PostgreSQL when the first scenario needs it."""

    def __init__(self, kind, top):
        self.kind, self.top = kind, top
        self.started = 0
        self.postgres = None
        self.spare = None  # a Vault that is starting
        self.following = None  # the needs of the scenario after the one that takes a server
        self.pool = concurrent.futures.ThreadPoolExecutor(max_workers=1)
        self.keys = {"JWT_KEY": os.path.join(top, "jwt.pem"), "JWT_PUBLIC_KEY": os.path.join(top, "jwt.pub")}
        for command in (["genpkey", "-algorithm", "RSA", "-out", self.keys["JWT_KEY"]],
                        ["pkey", "-in", self.keys["JWT_KEY"], "-pubout", "-out", self.keys["JWT_PUBLIC_KEY"]]):
            subprocess.run(["openssl", *command], check=True, stderr=subprocess.DEVNULL)

    def prepare(self, needs):
        """Starts a server in the background."""
        self.started += 1
        self.spare = self.pool.submit(Vault, self.kind, os.path.join(self.top, f"server{self.started}"), needs)

    def take(self, needs):
        """A fresh server; the next one starts."""
        if self.spare is None:
            self.prepare(needs)
        starting, self.spare = self.spare, None
        server = starting.result()
        if self.following is not None:
            self.prepare(self.following)
        return server

    def postgres_settings(self):
        """PGHOST and so on of an empty PostgreSQL; None: there is none on this machine."""
        if not shutil.which("psql"):
            return None
        if self.postgres is None:
            stack = load("stack", os.path.join(ROOT, "tests/peers/stack/run.py"))
            self.postgres = stack.Server(os.path.join(self.top, "postgres"))
            try:
                self.postgres.start()
            except subprocess.CalledProcessError as error:
                if error.returncode != 77:
                    raise
        if self.postgres.settings:
            self.postgres.clean()
        return self.postgres.settings or None

    def token_review(self, directory):
        """(the running endpoint, its settings): one service account's token, and the reviewer's."""
        def account(name, uid):
            claims = {"iss": "https://kubernetes.default.svc.cluster.local", "aud": ["https://kubernetes.default.svc"],
                      "sub": f"system:serviceaccount:default:{name}",
                      "kubernetes.io": {"namespace": "default", "serviceaccount": {"name": name, "uid": uid}}}
            return jwt_token.make(claims, self.keys["JWT_KEY"]), {"namespace": "default", "name": name, "uid": uid}

        token, about = account("app", "5c1a1a34-7b1f-4f6e-9a55-000000000001")
        reviewer, _ = account("reviewer", "5c1a1a34-7b1f-4f6e-9a55-000000000002")
        path = os.path.join(directory, "tokens.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"reviewer": reviewer, "tokens": {token: about}}, file)
        certificate, key = os.path.join(directory, "k8s.pem"), os.path.join(directory, "k8s-key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=kubernetes",
                        "-addext", "subjectAltName=IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
        helper = Helper(os.path.join(HERE, "token_review.py"), path, certificate, key)
        return helper, {"K8S_HOST": "https://127.0.0.1:" + helper.ports[0], "K8S_CA": certificate, "K8S_TOKEN": token,
                        "K8S_REVIEWER_TOKEN": reviewer}

    def stop(self):
        if self.spare:
            self.spare.result().stop()
        self.pool.shutdown()
        if self.postgres:
            self.postgres.stop()
