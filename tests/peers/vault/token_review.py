#!/usr/bin/env python3
"""A Kubernetes API server as far as Vault's login needs one: it reviews tokens.

Usage: token_review.py FILE CERTIFICATE KEY     FILE: {"reviewer": TOKEN, "tokens": {TOKEN: {"namespace", "name",
        "uid"}}}; read again for every request. Prints the port, then serves HTTPS on loopback.

POST /apis/authentication.k8s.io/v1/tokenreviews, sent with the reviewer's token, says whose a token is, or that it is
nobody's.
"""
import http.server
import json
import ssl
import sys

PATH = "/apis/authentication.k8s.io/v1/tokenreviews"


def review(asked, tokens):
    account = tokens.get(asked["spec"]["token"])
    status = {"authenticated": False, "error": "invalid bearer token"}
    if account:
        groups = ["system:serviceaccounts", "system:serviceaccounts:" + account["namespace"], "system:authenticated"]
        name = f"system:serviceaccount:{account['namespace']}:{account['name']}"
        status = {"authenticated": True, "user": {"username": name, "uid": account["uid"], "groups": groups},
                  "audiences": asked["spec"].get("audiences") or ["https://kubernetes.default.svc"]}
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):  # noqa: N802
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(sys.argv[1], encoding="utf-8") as file:
            known = json.load(file)
        if self.headers.get("Authorization") != "Bearer " + known["reviewer"]:
            self.answer(401, {"kind": "Status", "status": "Failure", "reason": "Unauthorized", "code": 401})
        elif self.path != PATH:
            self.answer(404, {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404})
        else:
            self.answer(201, review(json.loads(body), known["tokens"]))

    def answer(self, status, value):
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
