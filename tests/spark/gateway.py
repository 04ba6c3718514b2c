#!/usr/bin/env python3
"""A SQL warehouse for the tests: the Statement Execution API and its neighbours over one real Spark + Delta Lake session.

  python tests/spark/gateway.py --port-file F [--log FILE] [--folder FOLDER] [--stopped]

It listens on loopback only. When it can answer, F holds one JSON object: port, url, and for each metastore ("" and "other") the
token, the service principal and the warehouse id. Every request is one JSON line in the log (secrets left out). Tests talk to it
through lab.py; the paths under /_lab/ are theirs: they need no token and are not in the log.

Nothing here is part of Lockstep: the program must not be able to tell it from a workspace.
"""
import argparse
import gzip
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent))
from engine import Engine, StatementError  # noqa: E402
from statements import ApiError, Statements, bad  # noqa: E402
from workspace import OAuthError, Workspace  # noqa: E402


class Links:
    """Addresses of external chunks: unguessable, short-lived, and opened without any credentials, as those of a cloud's store."""

    def __init__(self, switches):
        self._switches, self._links, self._lock = switches, {}, threading.Lock()
        self.base = ""

    def make(self, statement, index):
        name, expires = secrets.token_urlsafe(16), time.time() + self._switches["link_seconds"]
        with self._lock:
            self._links[name] = (statement, index, expires)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(expires))
        return f"{self.base}/external/{name}?X-Amz-Expires={self._switches['link_seconds']}&X-Amz-Signature={secrets.token_hex(8)}", stamp

    def open(self, name):
        with self._lock:
            statement, index, expires = self._links.get(name, (None, 0, 0))
        return None if time.time() >= expires or not statement.chunks else statement.chunks[index][1]


class Log:
    def __init__(self, path):
        self._file, self._lock = open(path, "a", encoding="utf-8"), threading.Lock()

    def write(self, entry):
        with self._lock:
            self._file.write(json.dumps(entry) + "\n")
            self._file.flush()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_version = "databricks"
    # Set by main: workspace, statements, engine, links, log.

    def do_GET(self):
        self._serve("GET")

    def do_POST(self):
        self._serve("POST")

    def do_DELETE(self):
        self._serve("DELETE")

    def log_message(self, *_):
        pass

    def _serve(self, method):
        address = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.entry = {"time": time.time(), "method": method, "path": address.path, "query": parse_qs(address.query),
                      "connection": self.client_address[1], "user": None, "statement_id": None}
        self.entry["headers"] = {k.lower(): v for k, v in self.headers.items() if k.lower() != "authorization"}
        self.entry["authorization"] = (self.headers.get("Authorization") or "").partition(" ")[0]
        began, headers = time.monotonic(), {}
        try:
            status, answer = self._route(method, [p for p in address.path.split("/") if p], self.entry["query"], raw)
        except ApiError as error:
            status, answer = error.status, {"error_code": error.code, "message": error.message}
            if status in (401, 403):
                headers["x-databricks-reason-phrase"] = error.message
            if status == 401:
                headers["www-authenticate"] = 'Bearer realm="DatabricksRealm"'
            if status == 429:
                headers["Retry-After"] = str(self.workspace.switches["retry_after"])
        except OAuthError as error:
            status, answer = error.status, error.body
        except BrokenPipeError:
            raise
        except Exception as error:  # a defect of the gateway: said in full, so that nobody takes it for the program's
            status, answer = 500, {"error_code": "INTERNAL_ERROR", "message": f"gateway: {type(error).__name__}: {error}"}
        if not address.path.startswith("/_lab/"):
            self.entry |= {"status": status, "seconds": round(time.monotonic() - began, 4)}
            self.log.write(self.entry)
        if status == 0:  # the connection dies instead of an answer
            self.close_connection = True
            self.connection.shutdown(2)
            return
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        if len(body) > 1024 and "gzip" in self.headers.get("Accept-Encoding", ""):
            body, headers["Content-Encoding"] = gzip.compress(body, 1), "gzip"
        self.send_response(status)
        headers |= {"Content-Type": "application/json", "Content-Length": str(len(body)), "x-request-id": secrets.token_hex(16),
                    "x-databricks-org-id": "1111222233334444"}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _route(self, method, path, query, raw):
        match (method, *path):
            case (_, "_lab", *rest):
                return 200, self._lab(rest, json.loads(raw or b"{}"))
            case ("GET", "external", name):
                return self._external(name)
            case ("GET", "github", "id-token"):
                if self.headers.get("Authorization") != "Bearer lab-request-token":
                    raise ApiError(401, 401, "no request token")
                return 200, {"value": self.workspace.described()[""]["id_token"]}
            case ("GET", "oidc", ".well-known", "oauth-authorization-server"):
                base = f"http://{self.headers['Host']}/oidc"
                return 200, {"issuer": base, "authorization_endpoint": f"{base}/v1/authorize", "token_endpoint": f"{base}/v1/token",
                             "grant_types_supported": ["client_credentials", "authorization_code", "refresh_token"]}
            case ("GET", ".well-known", "databricks-config"):
                return 200, {"oidc_endpoint": f"http://{self.headers['Host']}/oidc", "workspace_id": "1111222233334444", "cloud": "AWS",
                             "host_type": "workspace"}
            case ("POST", "oidc", "v1", "token"):
                form = {k: v[0] for k, v in parse_qs(raw.decode()).items()}
                self.entry["body"] = {k: v for k, v in form.items() if k not in ("client_secret", "subject_token")}
                return 200, self.workspace.issue(form, self.headers.get("Authorization"))
        user = self.workspace.user(self.headers.get("Authorization"))
        self.entry["user"] = user.name
        try:
            body = json.loads(raw) if raw else {}
        except ValueError:
            raise ApiError(400, "MALFORMED_REQUEST", "Could not parse request object: it is not JSON.") from None
        self.entry["body"] = body
        match (method, *path):
            case ("POST", "api", "2.0", "sql", "statements"):
                return self._submit(body, user)
            case ("GET", "api", "2.0", "sql", "statements", name):
                return 200, self.statements.answer(self._statement(name, user), self.links.make)
            case ("GET", "api", "2.0", "sql", "statements", name, "result", "chunks", index) if index.isdigit():
                return 200, self.statements.chunk(self._statement(name, user), int(index), self.links.make)
            case ("POST", "api", "2.0", "sql", "statements", name, "cancel"):
                self.statements.cancel(self._statement(name, user))
                return 200, {}
            case ("DELETE", "api", "2.0", "sql", "statements", name):
                self.statements.close(self._statement(name, user))
                return 200, {}
            case ("GET", "api", "2.0", "sql", "history", "queries"):
                return 200, self.statements.history(user, query)
            case ("GET", "api", "2.0", "sql", "warehouses"):
                return 200, {"warehouses": [w.described(self.headers["Host"]) for w in self.workspace.warehouses.values()
                                            if w.metastore == user.metastore]}
            case ("GET", "api", "2.0", "sql", "warehouses", name):
                return 200, self.workspace.warehouse(name, user).described(self.headers["Host"])
            case ("POST", "api", "2.0", "sql", "warehouses", name, "start" | "stop" as verb):
                warehouse = self.workspace.warehouse(name, user)
                warehouse.touch() if verb == "start" else warehouse.stop()
                return 200, {}
            case ("GET", "api", "2.0", "preview", "scim", "v2", "Me"):
                kind = {"emails": [{"type": "work", "value": user.name, "primary": True}]} if not user.service else {}
                return 200, {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": str(user.id), "userName": user.name,
                             "displayName": user.name.partition("@")[0], "active": True, "groups": []} | kind
        raise ApiError(404, "ENDPOINT_NOT_FOUND", f"No API found for '{method} {self.path}'")

    def _statement(self, name, user):
        self.entry["statement_id"] = name
        return self.statements.get(name, user)

    def _submit(self, body, user):
        if self.workspace.take("throttle"):
            raise ApiError(429, "REQUEST_LIMIT_EXCEEDED", "The request was throttled: try again later.")
        if not isinstance(body, dict) or not body.get("warehouse_id"):
            raise bad("warehouse_id is required.")
        statement = self.statements.submit(body, user, self.workspace.warehouse(body["warehouse_id"], user))
        self.entry["statement_id"] = statement.id
        self.statements.wait(statement)
        if self.workspace.take("drop_submits"):
            return 0, b""
        return 200, self.statements.answer(statement, self.links.make)

    def _external(self, name):
        if self.headers.get("Authorization"):
            return 400, b"<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>"
        rows = self.links.open(name)
        return (403, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>") if rows is None else (200, rows)

    def _lab(self, path, body):
        match path:
            case ["sql"]:
                try:
                    result = self.engine.run(body["statement"], body.get("metastore", ""), counts=False)
                except StatementError as error:
                    return {"error": error.message}
                return {"columns": [c["name"] for c in result.columns], "rows": result.rows}
            case ["reset"]:
                self.workspace.reset()
            case ["turn"]:
                self.workspace.turn(body)
                self.engine.information_schema.column_defaults_visible = self.workspace.switches["column_defaults"]
            case _:
                raise ApiError(404, "ENDPOINT_NOT_FOUND", "no such thing in the lab")
        return {}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--port-file", required=True, help="written, whole, when the gateway can answer")
    options.add_argument("--port", type=int, default=0, help="0: any free one")
    options.add_argument("--log", help="requests as JSON lines; default: beside the port file, with .requests")
    options.add_argument("--folder", help="where the tables live; default: a temporary folder that goes at the end")
    options.add_argument("--jars", help="folder of the Delta jars; default: jars beside the environment's bin")
    options.add_argument("--stopped", action="store_true", help="warehouses are stopped at the start")
    options.add_argument("--catalog", action="append", default=[], metavar="NAME", help="an empty catalog to begin with; may be repeated")
    arguments = options.parse_args()
    began = time.monotonic()
    folder = arguments.folder or tempfile.mkdtemp(prefix="lockstep-spark-")
    os.makedirs(folder, exist_ok=True)
    workspace = Workspace()
    if arguments.stopped:
        for warehouse in workspace.warehouses.values():
            warehouse.stop()
    # Signals wait until the end, where the folder is removed.
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    engine = Engine(folder, arguments.jars or os.path.join(sys.prefix, "jars"))
    engine.warm_up()
    for name in arguments.catalog:
        engine.run(f"CREATE CATALOG `{name}`", "")
    server = Server(("127.0.0.1", arguments.port), Handler)
    Handler.workspace, Handler.engine = workspace, engine
    Handler.links = Links(workspace.switches)
    Handler.statements = Statements(engine, workspace.switches)
    Handler.log = Log(arguments.log or arguments.port_file + ".requests")
    Handler.links.base = url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ready = {"port": server.server_port, "url": url, "pid": os.getpid(), "log": arguments.log or arguments.port_file + ".requests",
             "seconds_to_start": round(time.monotonic() - began, 1), "metastores": workspace.described()}
    Path(arguments.port_file + ".new").write_text(json.dumps(ready, indent=1))
    os.replace(arguments.port_file + ".new", arguments.port_file)
    own = ready["metastores"][""]
    print(f"gateway: {url} after {ready['seconds_to_start']} s; for a terminal beside this one:\n"
          f"  export DATABRICKS_HOST={url} DATABRICKS_TOKEN={own['token']} DATABRICKS_WAREHOUSE_ID={own['warehouse_id']}",
          file=sys.stderr, flush=True)
    parent = os.getppid()
    while not ended.wait(1):
        if os.getppid() != parent:  # whoever started it is gone
            break
    if not arguments.folder:
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)  # the JVM ends with its standard input; its orderly way takes seconds


if __name__ == "__main__":
    main()
