"""Who may come in and what they find: users, tokens, service principals, warehouses, and the switches that a test may turn.

Two metastores are always there, "" and "other": each has a token, a service principal and a warehouse of its own, and sees only its
own catalogs, as two workspaces on two metastores would. Every secret here is made up.
"""
import base64
import json
import secrets
import threading
import time
from dataclasses import dataclass

from statements import ApiError, bad

SWITCHES = {
    "chunk_rows": 1000,          # rows a chunk
    "inline_limit": 26214400,    # bytes of an INLINE result
    "link_seconds": 900,         # life of an external link
    "token_seconds": 3600,       # life of an OAuth token
    "start_seconds": 2,          # how long a stopped warehouse takes to start
    "history_lag": 0,            # seconds until a statement shows up in the query history
    "string_integers": False,    # total_row_count as a decimal string
    "column_defaults": True,     # information_schema.columns.column_default filled; the documentation has both
    "drop_submits": 0,           # so many submits are executed and then answered by a closed connection
    "throttle": 0,               # so many submits are refused with 429 before anything runs
    "retry_after": 1,            # seconds told by that 429
}


@dataclass(frozen=True)
class User:
    id: int
    name: str
    metastore: str
    service: bool = False


class Warehouse:
    def __init__(self, identifier, name, metastore, switches):
        self.id, self.name, self.metastore = identifier, name, metastore
        self._switches, self._state, self._started = switches, "RUNNING", 0.0
        self._lock = threading.Lock()

    @property
    def state(self):
        with self._lock:
            if self._state == "STARTING" and time.monotonic() >= self._started + self._switches["start_seconds"]:
                self._state = "RUNNING"
            return self._state

    def ready(self):
        return self.state == "RUNNING"

    def touch(self):
        """A statement, or a person, starts a stopped warehouse."""
        if self.state == "STOPPED":
            with self._lock:
                self._state, self._started = "STARTING", time.monotonic()

    def stop(self):
        with self._lock:
            self._state = "STOPPED"

    def described(self, host):
        return {"id": self.id, "name": self.name, "state": self.state, "size": "XXSMALL", "cluster_size": "2X-Small",
                "min_num_clusters": 1, "max_num_clusters": 1, "num_clusters": int(self.ready()), "num_active_sessions": 0,
                "auto_stop_mins": 10, "auto_resume": True, "creator_name": "lab@example.com", "enable_photon": True,
                "enable_serverless_compute": True, "warehouse_type": "PRO", "spot_instance_policy": "COST_OPTIMIZED",
                "jdbc_url": f"jdbc:spark://{host}/default;httpPath=/sql/1.0/warehouses/{self.id};",
                "odbc_params": {"hostname": host, "path": f"/sql/1.0/warehouses/{self.id}", "protocol": "https", "port": 443},
                "health": {"status": "HEALTHY"} if self.ready() else {}}


class Workspace:
    def __init__(self):
        self.switches = dict(SWITCHES)
        self.warehouses, self.tokens, self.principals, self._issued = {}, {}, {}, {}
        self._lock = threading.Lock()
        for i, metastore in enumerate(("", "other")):
            identifier = f"{0x1234567890abcdef + i:016x}"
            self.warehouses[identifier] = Warehouse(identifier, f"lab{'-' if metastore else ''}{metastore}", metastore, self.switches)
            self.tokens[f"dapi-lab-token-{metastore or 'main'}-0123456789"] = User(1000 + i, "lab@example.com", metastore)
            client = f"00000000-0000-4000-8000-00000000000{i}"
            self.principals[client] = (f"dose-lab-secret-{metastore or 'main'}-0123456789", User(2000 + i, client, metastore, service=True))

    def reset(self):
        self.switches.update(SWITCHES)
        for warehouse in self.warehouses.values():
            warehouse._state = "RUNNING"

    def described(self):
        """What lab.py needs to know, by metastore."""
        described = {}
        for identifier, warehouse in self.warehouses.items():
            token = next(t for t, u in self.tokens.items() if u.metastore == warehouse.metastore)
            client, (secret, _) = next((c, p) for c, p in self.principals.items() if p[1].metastore == warehouse.metastore)
            described[warehouse.metastore] = {"warehouse_id": identifier, "token": token, "client_id": client, "client_secret": secret,
                                              "id_token": id_token(client)}
        return described

    def user(self, authorization):
        if not authorization or not authorization.startswith("Bearer "):
            raise ApiError(401, 401, "Credential was not sent or was of an unsupported type for this API.")
        token = authorization.removeprefix("Bearer ")
        with self._lock:
            user, expires = self._issued.get(token, (self.tokens.get(token), None))
        if user is None:
            raise ApiError(403, 403, "Invalid access token.")
        if expires is not None and time.time() >= expires:
            raise ApiError(401, 401, "Access token has expired.")
        return user

    def warehouse(self, identifier, user):
        warehouse = self.warehouses.get(identifier)
        if warehouse is None or warehouse.metastore != user.metastore:
            raise ApiError(404, "RESOURCE_DOES_NOT_EXIST", f"SQL warehouse {identifier} does not exist.")
        return warehouse

    def issue(self, form, authorization):
        """POST /oidc/v1/token: client_credentials, or the exchange of an id token (workload identity federation)."""
        grant, client = form.get("grant_type"), form.get("client_id")
        secret = form.get("client_secret")
        if authorization and authorization.startswith("Basic "):
            client, _, secret = base64.b64decode(authorization[6:]).decode().partition(":")
        known = self.principals.get(client)
        if grant == "client_credentials":
            if known is None or secret is None or not secrets.compare_digest(known[0], secret):
                raise OAuthError(401, "invalid_client", "Client authentication failed")
        elif grant == "urn:ietf:params:oauth:grant-type:token-exchange":
            if form.get("subject_token_type") != "urn:ietf:params:oauth:token-type:jwt":
                raise OAuthError(400, "invalid_request", "subject_token_type must be urn:ietf:params:oauth:token-type:jwt")
            if known is None or form.get("subject_token") != id_token(client):
                raise OAuthError(400, "invalid_grant", "No federation policy matches the token")
        else:
            raise OAuthError(400, "unsupported_grant_type", f"grant_type {grant} is not supported")
        if form.get("scope") != "all-apis":
            raise OAuthError(400, "invalid_scope", "scope must be all-apis")
        token = "eyJ-lab-" + secrets.token_urlsafe(24)
        with self._lock:
            self._issued[token] = (known[1], time.time() + self.switches["token_seconds"])
        return {"access_token": token, "token_type": "Bearer", "expires_in": self.switches["token_seconds"], "scope": "all-apis"}

    def revoke_issued(self):
        with self._lock:
            self._issued = {token: (user, 0.0) for token, (user, _) in self._issued.items()}

    def turn(self, settings):
        """Turns switches; "warehouse": id with "state": "STOPPED" | "RUNNING" stops or starts one; "revoke": true ends OAuth tokens."""
        settings = dict(settings)
        if "warehouse" in settings:
            warehouse = self.warehouses[settings.pop("warehouse")]
            warehouse.stop() if settings.pop("state") == "STOPPED" else warehouse.touch()
        if settings.pop("revoke", False):
            self.revoke_issued()
        if unknown := set(settings) - set(SWITCHES):
            raise bad(f"unknown switches: {', '.join(sorted(unknown))}")
        self.switches.update(settings)

    def take(self, switch):
        """True, and one less, while a counting switch is above zero."""
        with self._lock:
            if self.switches[switch] <= 0:
                return False
            self.switches[switch] -= 1
            return True


class OAuthError(Exception):
    def __init__(self, status, error, description):
        super().__init__(description)
        self.status, self.body = status, {"error": error, "error_description": description}


def id_token(client):
    """A made-up id token of the shape that GitHub Actions hands out; its signature is a word."""
    part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    claims = {"iss": "https://token.actions.githubusercontent.com", "sub": f"repo:example/lab:environment:{client}", "aud": "lab"}
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}.signature"
