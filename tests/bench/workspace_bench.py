"""The figures of a Databricks connection, against a server that answers every request after 20 ms (workspace_server.cc).

Times are those of the step, from the report, on sessions that a step before it has opened. What the ideal is:
  latency x (1 + ceil(statements / workers)): one statement that must come first, then the others, all workers at work.
Beside it, what bare sockets (bare_client.cc) take for as many statements: the floor of this machine, which client and
server share.
"""
import json
import math
import os
import subprocess
import sys
from datetime import datetime, timezone

LATENCY_MS = 20
TABLES, DRIFTED = 1_000, 100
HEAD = """version: 1
name: workspace
connections:
  dbx: {{ type: databricks, host: "{host}", warehouse_id: "0123456789abcdef", token: "${{{{ secrets.BENCH_TOKEN }}}}"{extra} }}
defaults: {{ connection: dbx }}
steps:
"""
# Digests of 100 tables: more statements at once than there are workers.
WARM = """  - id: warm
    uses: reconciliation/cross-metastore
    with: {{ source_catalog: prod, destination_catalog: staging, use_checksum: true, include_tables: ['sales.t00*'],
             on_mismatch: warn, max_workers: {workers} }}
"""
STEP = """  - id: measured
    needs: [warm]
    uses: {uses}
    with: {{ source_catalog: prod, destination_catalog: staging, max_workers: {workers}, {inputs} }}
"""
PINNED = """  - id: measured
    uses: reconciliation/cross-metastore
    with: { source_catalog: prod, destination_catalog: staging, pin_versions: true, on_mismatch: warn, max_workers: 16 }
"""
QUERIES = """  - id: measured
    uses: sql/query
    for_each: {items}
    with: {{ statement: SELECT 1 }}
"""


class Server:
    """The server as a child; ends with this process's end of its stdin."""

    def __init__(self, program, ca_file=None):
        command = [str(program), str(LATENCY_MS)] + ([str(ca_file)] if ca_file else [])
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = f"{'https' if ca_file else 'http'}://127.0.0.1:{int(self._process.stdout.readline())}"

    def ask(self, word):
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(10)


class Run:
    """One run of the program: its report's last step, the server's figures of that step alone, and the CPU of the process."""

    def __init__(self, lockstep, server, folder, runbook, drift=False, options=()):
        path, report = folder / "workspace.yaml", folder / "workspace.json"
        path.write_text(runbook)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DATABRICKS_") and not k.lower().endswith("_proxy")}
        before = server.ask("drift" if drift else "figures")
        process = subprocess.Popen([lockstep, "run", path, "--report", f"json={report}", "--state-dir", folder / "state", *options],
                                   env=environment | {"BENCH_TOKEN": "dapi-of-the-bench", "DATABRICKS_CONFIG_FILE": os.devnull},
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.served = server.ask("figures")
        if os.waitstatus_to_exitcode(status) != 0 or self.served["failed"]:
            sys.exit(f"the run ended with {os.waitstatus_to_exitcode(status)}; {self.served['failed']} statements failed:\n{output}")
        self.cpu = usage.ru_utime + usage.ru_stime
        self.step = json.loads(report.read_text())["steps"][-1]
        began, ended = (moment(self.step[key]) for key in ("started_at", "finished_at"))
        self.milliseconds = (ended - began) * 1e3
        self.statements = sum(began <= m <= ended for m in self.served["moments"])
        self.connections = self.served["connections"] - before["connections"]
        self.handshakes = self.served["handshakes"] - before["handshakes"]


def moment(text):
    """Seconds since 1970, with all digits that the report gives."""
    whole = datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp()
    return whole + float("0" + text[19:-1])


def ideal(statements, workers):
    return LATENCY_MS * (1 + math.ceil(statements / workers))


def figures(lockstep, programs, folder, figure, runs=9):
    """`programs`: the folder of the server and the bare client; `figure` takes a row of the table, see bench.py."""
    program, bare = programs / "workspace_server", programs / "bare_client"
    with Server(program) as server:
        for workers in (4, 16, 64):
            of_workers(lockstep, server, bare, folder, figure, workers, runs)
        cost(lockstep, server, folder, figure)
    ca_file = folder / "bench-ca.pem"
    with Server(program, ca_file) as server:
        head = HEAD.format(host=server.url, extra=f', ca_file: "{ca_file}"')
        run = Run(lockstep, server, folder, head + QUERIES.format(items=list(range(100))), options=("--max-parallel", "1"))
        figure("handshakes of 100 requests in a row over TLS", run.handshakes if run.statements == 100 else float("nan"), "", 1)


def of_workers(lockstep, server, bare, folder, figure, workers, runs):
    head = HEAD.format(host=server.url, extra="") + WARM.format(workers=workers)
    # In this order: the live run brings in line what the reconciliations then find equal.
    cases = [("evolve-catalog dry run", "schema-evolution/evolve-catalog", "dry_run: true", True, 2),
             ("evolve-catalog live run", "schema-evolution/evolve-catalog", "dry_run: false", True, 2 + DRIFTED),
             ("evolve-catalog live run, read_back: in_doubt", "schema-evolution/evolve-catalog",
              "dry_run: false, read_back: in_doubt", True, 2 + DRIFTED),
             ("reconcile counts", "reconciliation/cross-metastore", "use_checksum: false", False, 2 * TABLES // 25),
             ("reconcile with checksum", "reconciliation/cross-metastore", "use_checksum: true", False, 2 * TABLES)]
    for name, uses, inputs, drift, most in cases:
        text = head + STEP.format(uses=uses, workers=workers, inputs=inputs)
        tried = [Run(lockstep, server, folder, text, drift) for _ in range(runs)]
        best = min(tried, key=lambda run: run.milliseconds)
        expected(best, name)
        label = f"{name}, 1,000 tables, {workers} workers"
        figure(f"{label}: statements", max(run.statements for run in tried), "", most)
        least = ideal(best.statements, workers)
        figure(f"{label}: time to the ideal", best.milliseconds / least, "x", 1.3,
               f"{least} ms, bare {floor(bare, server, best.statements, workers):.0f}")


def floor(bare, server, statements, workers):
    """Milliseconds."""
    command = [bare, server.url.rsplit(":", 1)[1], str(statements), str(workers)]
    return min(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(3))


def expected(run, name):
    """A step that did less than it should would be fast."""
    outputs = run.step["outputs"]
    if name.startswith("evolve"):
        right = outputs["tables_with_changes"] == DRIFTED and outputs["tables_with_errors"] == 0
    else:
        right = outputs["status"] == "match"
    if not right:
        sys.exit(f"{name}: not what was to be measured: {json.dumps(outputs)[:2000]}")


def cost(lockstep, server, folder, figure):
    """CPU beyond that of a run of one statement. A step that pins versions sends one statement a table and side, and the counts."""
    head = HEAD.format(host=server.url, extra="")

    def run(text):
        tried = [Run(lockstep, server, folder, head + text, options=("--max-parallel", "16")) for _ in range(3)]
        return min(one.cpu for one in tried), tried[0].statements

    empty, _ = run(QUERIES.format(items=[0]))
    pinned, statements = run(PINNED)
    figure(f"client CPU a statement, {statements:,} statements of one step", (pinned - empty) * 1e3 / statements, "ms", 0.15)
    items, statements = run(QUERIES.format(items=list(range(1_001))))
    figure("CPU a for_each item that sends one statement", (items - empty) * 1e3 / 1_000, "ms", 0, at_least=True)  # no target: the journal is most of it
