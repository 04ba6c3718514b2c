"""The Statement Execution API over the engine: statements by id, their states, waiting, chunks, cancelling, and the query history.

Shapes are those of the public API: an answer about a statement that has not ended has no manifest, a statement without columns has
column_count 0 and no `columns`, absent things are left out rather than null.
"""
import re
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from engine import StatementError

INLINE_LIMIT = 26214400
PUBLIC_FIELDS = {"statement", "warehouse_id", "catalog", "schema", "parameters", "row_limit", "byte_limit", "disposition", "format",
                 "wait_timeout", "on_wait_timeout", "query_tags"}
_HISTORY_STATUS = {"PENDING": "QUEUED", "RUNNING": "RUNNING", "SUCCEEDED": "FINISHED", "CLOSED": "FINISHED", "FAILED": "FAILED",
                   "CANCELED": "CANCELED"}


class ApiError(Exception):
    """Becomes {"error_code", "message"} with this HTTP status."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def bad(message):
    return ApiError(400, "INVALID_PARAMETER_VALUE", message)


class Statement:
    def __init__(self, body, user, warehouse):
        self.id = str(uuid.uuid4())
        self.body, self.user, self.warehouse = body, user, warehouse
        self.state, self.error, self.result, self.chunks = "PENDING", None, None, []
        self.submitted, self.ended = time.time(), None
        self.session = None
        self.cancel_asked = False
        self.done = threading.Event()

    @property
    def terminal(self):
        return self.done.is_set()


class Statements:
    """Thread-safe. `switches`: see workspace.SWITCHES."""

    def __init__(self, engine, switches, workers=4):
        self._engine, self._switches = engine, switches
        self._by_id, self._order = {}, []
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="statement")

    def submit(self, body, user, warehouse):
        self._check(body)
        statement = Statement(body, user, warehouse)
        with self._lock:
            self._by_id[statement.id] = statement
            self._order.append(statement)
        warehouse.touch()
        self._pool.submit(self._run, statement)
        return statement

    def wait(self, statement):
        seconds = int((statement.body.get("wait_timeout") or "10s")[:-1])
        if seconds and not statement.done.wait(seconds) and statement.body.get("on_wait_timeout") == "CANCEL":
            self.cancel(statement)
            statement.done.wait(10)

    def get(self, statement_id, user):
        with self._lock:
            statement = self._by_id.get(statement_id)
        if statement is None or statement.user.metastore != user.metastore:
            raise ApiError(404, "NOT_FOUND", f"The statement {statement_id} was not found.")
        return statement

    def cancel(self, statement):
        statement.cancel_asked = True

        def interrupt():
            for _ in range(150):
                if statement.done.wait(0.2 if statement.session else 0.05):
                    return
                if statement.session:
                    statement.session.interruptAll()
        threading.Thread(target=interrupt, daemon=True).start()

    def close(self, statement):
        if statement.state == "SUCCEEDED":
            statement.state, statement.chunks = "CLOSED", []
        elif not statement.terminal:
            self.cancel(statement)

    def _run(self, statement):
        body = statement.body
        try:
            while not statement.warehouse.ready():
                if statement.cancel_asked:
                    raise StatementError("cancelled while the warehouse was starting")
                time.sleep(0.05)
            if statement.cancel_asked:
                raise StatementError("cancelled before it started")
            statement.state = "RUNNING"
            statement.result = self._engine.run(
                body["statement"], statement.user.metastore, body.get("parameters") or (), body.get("catalog"), body.get("schema"),
                row_limit=_integer(body, "row_limit"), started=lambda session: setattr(statement, "session", session))
            self._cut(statement)
            state = "SUCCEEDED"
        except StatementError as error:
            statement.error, state = error, "CANCELED" if statement.cancel_asked else "FAILED"
        except Exception as error:  # a defect of the gateway itself must not look like SQL
            statement.error, state = StatementError(f"[GATEWAY] {type(error).__name__}: {error}"), "FAILED"
        statement.ended = time.time()
        statement.state = state
        statement.done.set()

    def _cut(self, statement):
        rows, limit = statement.result.rows, _integer(statement.body, "byte_limit")
        size = kept = 0
        for row in rows:
            size += sum(len(c.encode()) for c in row if c is not None)
            if limit is not None and size > limit:
                statement.result.truncated, rows = True, rows[:kept]
                break
            kept += 1
        if statement.body.get("disposition", "INLINE") == "INLINE" and size > self._switches["inline_limit"]:
            raise StatementError("Inline byte limit exceeded. Statements executed with disposition=INLINE can have a result size of at "
                                 f"most {self._switches['inline_limit']} bytes. Please execute the statement with "
                                 "disposition=EXTERNAL_LINKS if you want to download the full result.")
        step = self._switches["chunk_rows"]
        statement.chunks = [(start, rows[start:start + step]) for start in range(0, len(rows), step)]

    # --- answers ----------------------------------------------------------------------------------------------------------

    def answer(self, statement, link):
        """link(statement, index) -> the address of an external chunk and when it expires."""
        state = statement.state
        status = {"state": state}
        if state == "FAILED":
            status["error"] = {"error_code": "BAD_REQUEST", "message": statement.error.message}
            if statement.error.sql_state:
                status["sql_state"] = statement.error.sql_state
        answer = {"statement_id": statement.id, "status": status}
        if state == "SUCCEEDED":
            answer["manifest"] = self._manifest(statement)
            answer["result"] = self.chunk(statement, 0, link) if statement.chunks else {}
        return answer

    def _manifest(self, statement):
        result, chunks = statement.result, []
        for index, (offset, rows) in enumerate(statement.chunks):
            chunks.append({"chunk_index": index, "row_offset": offset, "row_count": len(rows)})
        schema = {"column_count": len(result.columns)} | ({"columns": result.columns} if result.columns else {})
        manifest = {"format": "JSON_ARRAY", "schema": schema, "total_chunk_count": len(chunks),
                    "total_row_count": sum(c["row_count"] for c in chunks), "truncated": result.truncated}
        manifest |= {"chunks": chunks} if chunks else {}
        if self._switches["string_integers"]:  # as some proto-JSON servers print 64-bit integers
            manifest["total_row_count"] = str(manifest["total_row_count"])
        return manifest

    def chunk(self, statement, index, link):
        if statement.state != "SUCCEEDED":
            raise ApiError(404, "NOT_FOUND", f"The result of the statement {statement.id} is not available: it is {statement.state}.")
        if not 0 <= index < len(statement.chunks):
            raise bad(f"Chunk {index} does not exist: the result has {len(statement.chunks)} chunks.")
        offset, rows = statement.chunks[index]
        head = {"chunk_index": index, "row_offset": offset, "row_count": len(rows)}
        following = {}
        if index + 1 < len(statement.chunks):
            following = {"next_chunk_index": index + 1,
                         "next_chunk_internal_link": f"/api/2.0/sql/statements/{statement.id}/result/chunks/{index + 1}"}
        if statement.body.get("disposition") == "EXTERNAL_LINKS":
            address, expires = link(statement, index)
            return {"external_links": [head | {"external_link": address, "expiration": expires} | following]}
        return head | following | {"data_array": rows}

    def history(self, user, query):
        """query: name -> list of values, as they came in the query string."""
        newest = time.time() - self._switches["history_lag"]
        with self._lock:
            rows = [s for s in reversed(self._order) if s.user.metastore == user.metastore and s.submitted <= newest]
        first = lambda name, fallback: (query.get(name) or [fallback])[0]
        since = int(first("filter_by.query_start_time_range.start_time_ms", 0))
        until = int(first("filter_by.query_start_time_range.end_time_ms", 1 << 62))
        rows = [s for s in rows if since <= int(s.submitted * 1000) <= until]
        for name, value in (("warehouse_ids", lambda s: s.warehouse.id), ("statement_ids", lambda s: s.id),
                            ("statuses", lambda s: _HISTORY_STATUS[s.state]), ("user_ids", lambda s: str(s.user.id))):
            wanted = query.get(f"filter_by.{name}")
            if wanted:
                wanted = [v for w in wanted for v in w.split(",")]
                rows = [s for s in rows if value(s) in wanted]
        limit, start = int(first("max_results", 100)), int(first("page_token", 0))
        if not 0 < limit < 1001:
            raise bad("max_results must be between 1 and 1000.")
        answer = {"has_next_page": start + limit < len(rows), "res": [self._history_row(s) for s in rows[start:start + limit]]}
        if answer["has_next_page"]:
            answer["next_page_token"] = str(start + limit)
        if not answer["res"]:
            del answer["res"]
        return answer

    @staticmethod
    def _history_row(statement):
        text = statement.body["statement"]
        word = re.search(r"[A-Za-z]+", re.sub(r"--[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL))
        row = {"query_id": statement.id, "status": _HISTORY_STATUS[statement.state], "query_text": text, "is_final": statement.terminal,
               "query_start_time_ms": int(statement.submitted * 1000), "user_id": statement.user.id, "user_name": statement.user.name,
               "executed_as_user_id": statement.user.id, "executed_as_user_name": statement.user.name,
               "warehouse_id": statement.warehouse.id, "endpoint_id": statement.warehouse.id,
               "statement_type": word[0].upper() if word else "OTHER", "client_application": "Databricks SQL Execution API"}
        if statement.body.get("query_tags"):
            row["query_tags"] = statement.body["query_tags"]
        if statement.ended:
            row |= {"query_end_time_ms": int(statement.ended * 1000), "execution_end_time_ms": int(statement.ended * 1000),
                    "duration": int((statement.ended - statement.submitted) * 1000)}
        if statement.state == "FAILED":
            row["error_message"] = statement.error.message
        if statement.result is not None:
            row["rows_produced"] = len(statement.result.rows)
        return row

    @staticmethod
    def _check(body):
        unknown = set(body) - PUBLIC_FIELDS
        if unknown:
            raise bad(f"Fields that are not public: {', '.join(sorted(unknown))}.")
        if not isinstance(body.get("statement"), str) or not body["statement"].strip():
            raise bad("statement is required.")
        if len(body["statement"].encode()) > 16 << 20:
            raise bad("The statement is longer than 16 MiB.")
        wait = body.get("wait_timeout", "10s")
        if not re.fullmatch(r"\d+s", wait) or not (int(wait[:-1]) == 0 or 5 <= int(wait[:-1]) <= 50):
            raise bad(f"wait_timeout must be 0s or between 5s and 50s, not {wait}.")
        for name, values in (("on_wait_timeout", ("CONTINUE", "CANCEL")), ("disposition", ("INLINE", "EXTERNAL_LINKS")),
                             ("format", ("JSON_ARRAY",))):
            if body.get(name, values[0]) not in values:
                raise bad(f"{name} must be one of {', '.join(values)}, not {body[name]}.")
        for parameter in body.get("parameters") or ():
            if not isinstance(parameter.get("name"), str) or set(parameter) - {"name", "value", "type"}:
                raise bad("A parameter has a name, and may have a value and a type.")
            if not isinstance(parameter.get("value"), (str, type(None))):
                raise bad(f"The value of the parameter {parameter['name']} must be a string.")
        tags = body.get("query_tags") or ()
        if len(tags) > 20 or len({t.get("key") for t in tags}) != len(tags):
            raise bad("At most 20 query_tags, one value for each key.")
        if any(set(t) - {"key", "value"} or not isinstance(t.get("key"), str) or not isinstance(t.get("value"), (str, type(None)))
               for t in tags):
            raise bad("A query tag has a key, and may have a value; both are strings.")
        _integer(body, "row_limit"), _integer(body, "byte_limit")


def _integer(body, name):
    value = body.get(name)
    if value is None:
        return None
    if not re.fullmatch(r"\d+", str(value)):
        raise bad(f"{name} must be an integer that is not negative.")
    return int(value)
