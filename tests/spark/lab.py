"""Real Spark for a test: starts the gateway, or joins the one that runs already.

  from lab import lab
  with lab() as spark:
      spark.sql("CREATE SCHEMA prod.sales")
      spark.sql("CREATE TABLE prod.sales.orders (id INT)")        # directly, not in the request log
      run_the_program(env=spark.environment())                     # DATABRICKS_HOST, _TOKEN, _WAREHOUSE_ID
      [r["body"]["statement"] for r in spark.requests(path="/api/2.0/sql/statements", method="POST")]

`LOCKSTEP_SPARK_GATEWAY` names the port file of a running gateway: one Spark session then serves a whole test run (run.py sets it).
A joined lab starts with all switches as they were and with an empty view of the log; catalogs of other tests are still there, so a
test uses catalog names of its own. Needs only the standard library; the gateway runs in the environment's Python.
"""
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
START_SECONDS = 180
# Runs for many minutes in one task, leaves the session's other thread free, and its loop looks for a cancel now and then. (A join of
# ranges does not: its tasks would go on after a cancel and hold up every other statement.)
SLOW_STATEMENT = "SELECT count(*) FROM range(0, 100000000000000, 1, 1) WHERE id % 7 = 3"


class LabError(Exception):
    pass


class Lab:
    def __init__(self, ready, metastore=""):
        self._ready, self.metastore = ready, metastore
        own = ready["metastores"][metastore]
        self.url, self.token, self.warehouse_id = ready["url"], own["token"], own["warehouse_id"]
        self.client_id, self.client_secret, self.id_token = own["client_id"], own["client_secret"], own["id_token"]
        self.seconds_to_start = ready["seconds_to_start"]
        self._seen = os.path.getsize(ready["log"])

    def other(self):
        """The same gateway as a workspace on another metastore: own token, own warehouse, own catalogs."""
        return Lab(self._ready, "other")

    def sql(self, text):
        """Runs one statement directly, with names of three levels. Returns rows of text cells; raises LabError."""
        answer = self._post("sql", {"statement": text, "metastore": self.metastore})
        if "error" in answer:
            raise LabError(f"{answer['error']}\n  {text}")
        return answer["rows"]

    def turn(self, **switches):
        """Turns switches (workspace.SWITCHES), or warehouse=ID, state="STOPPED", or revoke=True. reset() undoes all."""
        self._post("turn", switches)

    def reset(self):
        self._post("reset", {})

    def requests(self, method=None, path=None):
        """The requests since this lab was made or forget() was called, oldest first; `path` is a prefix."""
        with open(self._ready["log"], encoding="utf-8") as file:
            file.seek(self._seen)
            entries = [json.loads(line) for line in file if line.endswith("\n")]
        return [e for e in entries if method in (None, e["method"]) and e["path"].startswith(path or "/")]

    def statements(self):
        """The texts submitted, oldest first."""
        return [e["body"]["statement"] for e in self.requests("POST", "/api/2.0/sql/statements") if "statement" in (e.get("body") or {})]

    def forget(self):
        self._seen = os.path.getsize(self._ready["log"])

    def environment(self):
        """What a person would export; everything else of Databricks that this machine may have set is left out."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("DATABRICKS_", "ARM_", "ACTIONS_ID_TOKEN_"))}
        return clean | {"DATABRICKS_HOST": self.url, "DATABRICKS_TOKEN": self.token, "DATABRICKS_WAREHOUSE_ID": self.warehouse_id,
                        "DATABRICKS_CONFIG_FILE": os.devnull}

    def run(self, *arguments, cwd=None, timeout=300, **more):
        """Runs the real program against this lab; `more` are further variables of its environment."""
        return subprocess.run([str(binary()), *map(str, arguments)], cwd=cwd, env=self.environment() | more, capture_output=True, text=True,
                              timeout=timeout, stdin=subprocess.DEVNULL)

    def _post(self, path, body):
        request = urllib.request.Request(f"{self.url}/_lab/{path}", json.dumps(body).encode(), method="POST")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise LabError(f"/_lab/{path}: {error.read().decode()}") from None


def binary():
    """The program under test: LOCKSTEP_BIN is its folder."""
    return Path(os.environ.get("LOCKSTEP_BIN") or HERE.parent.parent / "build" / "dev" / "bin") / "lockstep"


def python():
    """The Python that has pyspark: LOCKSTEP_SPARK_VENV's, or this one."""
    folder = os.environ.get("LOCKSTEP_SPARK_VENV")
    return os.path.join(folder, "bin", "python") if folder else sys.executable


@contextlib.contextmanager
def gateway(*options):
    """Starts a gateway of its own and yields its port file, a path."""
    with tempfile.TemporaryDirectory(prefix="lockstep-lab-") as folder:
        ready, words = os.path.join(folder, "gateway.json"), os.path.join(folder, "gateway.log")
        with open(words, "wb") as log:
            process = subprocess.Popen([python(), str(HERE / "gateway.py"), "--port-file", ready, *options], stdin=subprocess.PIPE,
                                       stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + START_SECONDS
            while not os.path.exists(ready):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise LabError(f"the gateway did not start (exit {process.poll()}):\n" + Path(words).read_text("utf-8", "replace")[-4000:])
                time.sleep(0.05)
            yield ready
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def lab(*options):
    running = os.environ.get("LOCKSTEP_SPARK_GATEWAY")
    with contextlib.nullcontext(running) if running and not options else gateway(*options) as ready:
        joined = Lab(json.loads(Path(ready).read_text()))
        joined.reset()
        yield joined
