"""Calls to Vault or OpenBao over one kept connection, and its answers without what no two runs have in common."""
import http.client
import json
import re
import ssl
import urllib.parse


class Api:
    """Not for several threads."""

    def __init__(self, settings, through=False):
        """settings: VAULT_ADDR, VAULT_TOKEN and so on; VAULT_DIRECT goes past a proxy unless `through`."""
        address = settings["VAULT_ADDR"] if through else settings.get("VAULT_DIRECT", settings["VAULT_ADDR"])
        self.address = urllib.parse.urlsplit(address)
        self.token = settings.get("VAULT_TOKEN", "")
        self.context = None
        if self.address.scheme == "https":
            self.context = ssl.create_default_context(cafile=settings.get("VAULT_CACERT"))
            if "VAULT_CLIENT_CERT" in settings:
                self.context.load_cert_chain(settings["VAULT_CLIENT_CERT"], settings["VAULT_CLIENT_KEY"])
        self.line = None

    def call(self, method, path, body=None, namespace="", headers=None):
        """(status, answer): the body as JSON, {} when it is empty, text when it is no JSON."""
        sent = {"X-Vault-Request": "true"}
        if self.token:
            sent["X-Vault-Token"] = self.token
        if namespace:
            sent["X-Vault-Namespace"] = namespace
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        self.line = self.line or self.connect()
        try:
            self.line.request(method, "/v1/" + path.removeprefix("/v1/"), body=body, headers=sent)
            answer = self.line.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        try:
            return answer.status, json.loads(text) if text else {}
        except ValueError:
            return answer.status, text

    def connect(self):
        if self.context:
            return http.client.HTTPSConnection(self.address.hostname, self.address.port, timeout=60,
                                               context=self.context)
        return http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=60)

    def close(self):
        if self.line:
            self.line.close()
            self.line = None


# What only one of the servers tells, and what is new with every request.
DROPPED = {"request_id", "deprecation_status", "plugin_version", "running_plugin_version", "running_sha256",
           "mount_type", "external_entropy_access"}
TIMES = re.compile(r"(_time|_at|^expiration|^last_vault_rotation|^last_rotation)$")
PATTERNS = [
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"), "TIME"),
    (re.compile(r"\b(hvs|hvb|s|b)\.[A-Za-z0-9_-]{24,}"), "TOKEN"),
]


def masked(value, key=""):
    """The value without times, uuids, tokens and accessors, and without what only one server has."""
    if isinstance(value, dict):
        shown = {name: masked(inner, name) for name, inner in value.items() if name not in DROPPED}
        if "ttl" in shown and ("creation_time" in shown or "issue_time" in shown):
            shown["ttl"] = "TTL"  # of a token: what is left
        if "id" in shown and "custom_metadata" in shown:
            shown["id"] = "ID"  # of a namespace
        return shown
    if isinstance(value, list):
        return [masked(inner, key) for inner in value]
    if key.endswith("accessor") and isinstance(value, str) and value:
        return re.sub(r"[0-9a-f]{8}$", "ACCESSOR", value) if "_" in value else "ACCESSOR"
    if TIMES.search(key) and value:
        return "TIME"
    if isinstance(value, str):
        for pattern, name in PATTERNS:
            value = pattern.sub(name, value)
    return value


def told(answer):
    """The part of an answer that a scenario wants to see."""
    if not isinstance(answer, dict) or "request_id" not in answer:
        return answer
    return {name: answer[name] for name in ("auth", "data", "warnings", "wrap_info") if answer.get(name)}


def pretty(value, indent=""):
    """JSON with sorted keys; what fits stands on one line."""
    line = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if len(indent + line) <= 98 or not isinstance(value, (dict, list)):
        return line
    inner = indent + "  "
    if isinstance(value, dict):
        parts = [f"{inner}{json.dumps(key, ensure_ascii=False)}: {pretty(value[key], inner)}" for key in sorted(value)]
        return "{\n" + ",\n".join(parts) + "\n" + indent + "}"
    return "[\n" + ",\n".join(inner + pretty(part, inner) for part in value) + "\n" + indent + "]"
