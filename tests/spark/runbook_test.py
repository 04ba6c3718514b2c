"""Runbooks through the real program on real Spark and Delta Lake."""
import json
import re
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from lab import SLOW_STATEMENT, binary, lab

ROOT = Path(__file__).resolve().parent.parent.parent
SUBMIT = "/api/2.0/sql/statements"

WORKSPACE = """connections:
  spark: { type: databricks }
defaults: { connection: spark, timeout: 5m }
"""


class RunbookTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.spark = cls.enterClassContext(lab())
        cls.catalogs = set()

    def setUp(self):
        self.spark.reset()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="lockstep-runbook-")))

    @classmethod
    def tearDownClass(cls):
        for metastore, catalog in cls.catalogs:
            metastore.sql(f"DROP CATALOG IF EXISTS {catalog} CASCADE")

    def schema(self, catalog, name="s", metastore=None):
        metastore = metastore or self.spark
        self.catalogs.add((metastore, catalog))
        metastore.sql(f"CREATE SCHEMA IF NOT EXISTS {catalog}.{name}")
        return f"{catalog}.{name}"

    def runbook(self, steps, head=WORKSPACE):
        """Runs a runbook of these steps; returns (process, {step id: its report entry}, report)."""
        path, report = self.folder / "runbook.yaml", self.folder / "report.json"
        path.write_text("version: 1\nname: test\n" + head + "steps:\n" + steps)
        report.unlink(missing_ok=True)
        done = self.spark.run("run", path, "--report", f"json={report}", cwd=self.folder)
        entries = json.loads(report.read_text()) if report.exists() else {"steps": []}
        return done, {step["id"]: step for step in entries["steps"]}, entries

    def step(self, uses, inputs, head=WORKSPACE):
        done, steps, _ = self.runbook(f"  - id: it\n    uses: {uses}\n    with: {json.dumps(inputs)}\n", head)
        self.assertIn("it", steps, done.stderr + done.stdout)
        return steps["it"]


class QuickstartTest(RunbookTest):
    def test_it_runs_with_another_connections_block_and_nothing_else(self):
        for catalog in ("prod", "dr"):
            self.catalogs.add((self.spark, catalog))
            self.spark.sql(f"CREATE CATALOG {catalog}")
            self.spark.sql(f"CREATE SCHEMA {catalog}.finance")
        self.spark.sql("CREATE TABLE prod.finance.ledger (a INT, b INT)")
        self.spark.sql("CREATE TABLE dr.finance.ledger (a INT)")
        text = (ROOT / "examples" / "quickstart.yaml").read_text()
        swapped, blocks = re.subn(r"\nconnections:\n.*?\n\n", "\nconnections:\n  lakes: { type: databricks }\n\n", text, flags=re.S)
        self.assertEqual(blocks, 1)
        self.assertEqual(text.split("\ndefaults:")[1], swapped.split("\ndefaults:")[1])
        (self.folder / "quickstart.yaml").write_text(swapped)
        (self.folder / "data").mkdir()
        (self.folder / "keys").mkdir()
        subprocess.run([str(binary()), "keygen", str(self.folder / "keys" / "demo.pem")], check=True, capture_output=True)
        for run in ("beside tables of others", "over its own leavings"):
            with self.subTest(run):
                self.one_run()
        self.assertEqual(len(self.spark.sql("DESCRIBE TABLE dr.finance.ledger")), 1, "what is not the example's stays as it is")

    def one_run(self):
        done = self.spark.run("run", self.folder / "quickstart.yaml", "--report", f"json={self.folder / 'report.json'}", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        steps = {s["id"]: s for s in json.loads((self.folder / "report.json").read_text())["steps"]}
        self.assertEqual([s["status"] for s in steps.values()], ["succeeded"] * 7)
        evolved = {d["table"]: d for d in steps["evolve"]["outputs"]["details"]}
        self.assertEqual(sorted(evolved), [f"lockstep_quickstart.{t}" for t in ("customers", "order_lines", "orders", "products")])
        verdict = steps["reconcile"]["outputs"]
        self.assertEqual((verdict["status"], verdict["table_count"], verdict["matched"]), ("match", 5, 5))
        self.assertEqual(sum(d["source_count"] for d in verdict["details"]), 421_004)
        self.assertTrue(steps["verify"]["outputs"]["valid"])


class ExampleTest(RunbookTest):
    def test_the_example_of_databricks_runs_as_it_is(self):
        a, b = self.schema("exa"), self.schema("exb")
        for schema in (a, b):
            self.spark.sql(f"CREATE TABLE {schema}.orders (id INT, s STRING)")
            self.spark.sql(f"INSERT INTO {schema}.orders VALUES (1, 'x')")
        self.spark.sql(f"ALTER TABLE {a}.orders ADD COLUMNS (fresh INT COMMENT 'new')")
        example = ROOT / "examples" / "databricks.yaml"
        given = ("--param", "source=exa", "--param", "destination=exb", "--state-dir", self.folder)
        valid = self.spark.run("validate", example, *given[:4])
        self.assertEqual(valid.returncode, 0, valid.stderr)
        dry = self.spark.run("run", example, *given, "--dry-run")
        self.assertEqual(dry.returncode, 0, dry.stdout + dry.stderr)
        self.assertEqual(len(self.spark.sql(f"DESCRIBE TABLE {b}.orders")), 2, "a dry run changes nothing")
        for _ in range(2):
            done = self.spark.run("run", example, *given)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        looked = self.spark.run("doctor", example, *given[:4])
        self.assertEqual(looked.returncode, 0, looked.stdout + looked.stderr)
        self.assertIn("catalog exb", looked.stdout)
        self.assertRegex(looked.stdout, r"\? grants exb +.*needs USE CATALOG, USE SCHEMA, SELECT, MODIFY")


class EvolutionTest(RunbookTest):
    FEATURES = ["typeWidening", "columnMapping", "allowColumnDefaults"]

    def evolve(self, source, destination, **more):
        return self.step("schema-evolution/evolve-catalog",
                         {"source_catalog": source, "destination_catalog": destination, "dry_run": False, **more})

    def columns(self, table):
        return {row[0]: row[1] for row in self.spark.sql(f"DESCRIBE TABLE {table}") if row[0] and not row[0].startswith("#")}

    def test_in_doubt_nothing_is_read_back_that_was_answered_as_done(self):
        a, b = self.schema("wda"), self.schema("wdb")
        for table in ("t", "u"):
            self.spark.sql(f"CREATE TABLE {a}.{table} (id INT, fresh STRING COMMENT 'new')")
            self.spark.sql(f"CREATE TABLE {b}.{table} (id INT)")
        for word, more in (("in_doubt", 0), ("always", 1)):
            self.spark.sql(f"ALTER TABLE {a}.u ADD COLUMNS ({word} INT)")
            self.spark.forget()
            done = self.evolve("wda", "wdb", read_back=word)
            self.assertEqual((done["status"], done["outputs"]["tables_with_errors"]), ("succeeded", 0))
            sent = self.spark.statements()
            last = max(i for i, sql in enumerate(sent) if sql.startswith("ALTER TABLE"))
            self.assertEqual(len(sent) - 1 - last, more, sent)
        self.assertEqual(self.evolve("wda", "wdb")["outputs"]["tables_with_changes"], 0, "the word was true")

    def test_a_drifted_table_converges(self):
        a, b = self.schema("eva"), self.schema("evb")
        self.spark.sql(f"""CREATE TABLE {a}.orders (id BIGINT COMMENT 'the key', amount DECIMAL(18,4), note STRING DEFAULT 'none',
                           st STRUCT<a: BIGINT, b: STRING>, items ARRAY<STRUCT<sku: STRING, price: DOUBLE>>, `odd name` DATE)
                           TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported', 'delta.columnMapping.mode' = 'name')""")
        self.spark.sql(f"""CREATE TABLE {b}.orders (id INT, amount DECIMAL(10,2), st STRUCT<a: INT>, items ARRAY<STRUCT<sku: STRING>>,
                           `odd name` DATE) TBLPROPERTIES ('delta.columnMapping.mode' = 'name')""")
        self.spark.sql(f"INSERT INTO {b}.orders VALUES (1, 2.50, named_struct('a', 3), array(named_struct('sku', 'x')), DATE'2024-01-01')")
        refused = self.evolve("eva", "evb")
        self.assertEqual(refused["status"], "failed")
        self.assertIn("enable_features", json.dumps(refused["outputs"]))
        self.assertEqual(self.columns(f"{b}.orders")["id"], "int", "a table with errors is left as it is")
        done = self.evolve("eva", "evb", enable_features=self.FEATURES)
        self.assertEqual(done["status"], "succeeded", json.dumps(done, indent=1)[:3000])
        after, wanted = self.columns(f"{b}.orders"), self.columns(f"{a}.orders")
        self.assertEqual(after, wanted)
        self.assertEqual(self.spark.sql(f"SELECT id, amount, note, st.a, st.b, items[0].sku FROM {b}.orders")[0],
                         ["1", "2.5000", None, "3", None, "x"])
        self.spark.forget()
        again = self.evolve("eva", "evb", enable_features=self.FEATURES)
        self.assertEqual(again["status"], "succeeded")
        self.assertEqual([s for s in self.spark.statements() if s.startswith("ALTER")], [], json.dumps(again["outputs"], indent=1)[:2000])

    def test_additions_of_a_table_are_one_statement(self):
        a, b = self.schema("ada"), self.schema("adb")
        self.spark.sql(f"CREATE TABLE {a}.t (id INT, x DECIMAL(18,4) COMMENT 'it''s', y STRUCT<p: INT, q: STRING>, z ARRAY<INT>)")
        self.spark.sql(f"CREATE TABLE {b}.t (id INT)")
        self.spark.forget()
        done = self.evolve("ada", "adb")
        self.assertEqual(done["status"], "succeeded", json.dumps(done)[:2000])
        altered = [s for s in self.spark.statements() if s.startswith("ALTER")]
        self.assertEqual(len(altered), 1, altered)
        self.assertEqual(self.columns(f"{b}.t"), self.columns(f"{a}.t"))

    def test_what_hangs_on_a_column_is_found_before(self):
        a, b = self.schema("dea"), self.schema("deb")
        self.spark.sql(f"CREATE TABLE {a}.t (id BIGINT, day DATE, v INT)")
        self.spark.sql(f"CREATE TABLE {b}.t (id INT, day DATE, v INT) TBLPROPERTIES ('delta.enableTypeWidening' = 'true')")
        self.spark.sql(f"ALTER TABLE {b}.t ADD CONSTRAINT positive CHECK (id > 0)")
        self.spark.forget()
        done = self.evolve("dea", "deb")
        self.assertEqual(done["status"], "failed")
        self.assertIn("CHECK", json.dumps(done["outputs"]))
        self.assertEqual([s for s in self.spark.statements() if s.startswith("ALTER")], [])

    def test_an_addition_that_was_cut_off_is_finished(self):
        a, b = self.schema("cua"), self.schema("cub")
        self.spark.sql(f"""CREATE TABLE {a}.t (id INT, state STRING NOT NULL DEFAULT 'new')
                           TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')""")
        self.spark.sql(f"CREATE TABLE {b}.t (id INT) TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')")
        self.spark.sql(f"INSERT INTO {b}.t VALUES (1), (2)")
        self.spark.sql(f"ALTER TABLE {b}.t ADD COLUMNS (state STRING)")  # and here the run was killed
        require = "ALTER TABLE `cub`.`s`.`t` ALTER COLUMN `state` SET NOT NULL"
        rest = ["UPDATE `cub`.`s`.`t` SET `state` = 'new' WHERE `state` IS NULL", require,
                "ALTER TABLE `cub`.`s`.`t` ALTER COLUMN `state` SET DEFAULT 'new'"]

        def planned():
            dry = self.evolve("cua", "cub", dry_run=True)["outputs"]["details"][0]
            self.assertEqual(dry.get("errors", []), [], dry)
            return [s["sql"] for s in dry["statements"]]

        self.assertEqual(planned(), rest)
        done = self.evolve("cua", "cub")
        self.assertEqual(self.spark.sql(f"SELECT id, state FROM {b}.t ORDER BY id"), [["1", "new"], ["2", "new"]])
        # Delta outside of Databricks sets no NOT NULL, so that is where it is cut off again: the next look wants the rest only.
        self.assertEqual(done["status"], "failed")
        self.assertTrue(done["outputs"]["details"][0]["partly_applied"])
        self.assertEqual(planned(), rest[1:])

    def test_what_no_catalog_tells_is_told_by_the_server(self):
        a, b = self.schema("gea"), self.schema("geb")
        widening = "TBLPROPERTIES ('delta.enableTypeWidening' = 'true')"
        self.spark.sql(f"CREATE TABLE {a}.made (v BIGINT, twice BIGINT)")
        self.spark.sql(f"CREATE TABLE {b}.made (v INT, twice BIGINT GENERATED ALWAYS AS (CAST(v AS BIGINT) * 2)) {widening}")
        self.spark.sql(f"CREATE TABLE {a}.counted (id BIGINT NOT NULL DEFAULT 7, v INT) TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')")
        self.spark.sql(f"CREATE TABLE {b}.counted (id BIGINT GENERATED ALWAYS AS IDENTITY, v INT) "
                       "TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')")
        done = self.evolve("gea", "geb", ignore=["nullability"])
        self.assertEqual(done["status"], "failed")
        errors = {d["table"]: d["errors"][0] for d in done["outputs"]["details"]}
        for table, words in (("s.made", "generated"), ("s.counted", "identity")):
            self.assertEqual(errors[table]["code"], "column-has-dependents", errors[table])
            self.assertIn(words, errors[table]["error"])
            self.assertIn("DELTA_", errors[table]["error"])
            self.assertIn("both sides", errors[table]["remedy"])

    def test_renames_and_drops(self):
        a, b = self.schema("rna"), self.schema("rnb")
        self.spark.sql(f"CREATE TABLE {a}.t (id INT, fresh STRING)")
        self.spark.sql(f"CREATE TABLE {b}.t (id INT, old STRING, left_over INT)")
        self.spark.sql(f"INSERT INTO {b}.t VALUES (1, 'kept', 2)")
        done = self.evolve("rna", "rnb", rename={"old": "fresh"}, drop_removed=True, enable_features=["columnMapping"])
        self.assertEqual(done["status"], "succeeded", json.dumps(done)[:3000])
        self.assertEqual(self.columns(f"{b}.t"), {"id": "int", "fresh": "string"})
        self.assertEqual(self.spark.sql(f"SELECT id, fresh FROM {b}.t"), [["1", "kept"]])


class ReconciliationTest(RunbookTest):
    COLUMNS = """id BIGINT, i INT, big DECIMAL(38,0), price DECIMAL(10,2), f FLOAT, d DOUBLE, s STRING, b BOOLEAN, day DATE, at TIMESTAMP, bin BINARY,
                 li ARRAY<INT>, st STRUCT<a: INT, b: STRING>, m MAP<STRING, INT>, deep ARRAY<STRUCT<k: STRING, v: MAP<STRING, ARRAY<INT>>>>"""
    ROW = {"id": "1", "i": "2", "big": "12345678901234567890123456789012345678", "price": "1.10", "f": "1.5", "d": "2.5", "s": "'ab'", "b": "true",
           "day": "DATE'2024-02-29'", "at": "TIMESTAMP'2024-01-01 10:00:00.123456'", "bin": "X'00ff'", "li": "array(1, 2)",
           "st": "named_struct('a', 1, 'b', 'x')", "m": "map('k', 1, 'l', 2)",
           "deep": "array(named_struct('k', 'a', 'v', map('x', array(1), 'y', array(2, 3))))"}
    OTHER = {"id": "2", "i": "NULL", "big": "0", "price": "NULL", "f": "NULL", "d": "CAST('NaN' AS DOUBLE)", "s": "''", "b": "NULL", "day": "NULL",
             "at": "NULL", "bin": "NULL", "li": "array()", "st": "NULL", "m": "map()", "deep": "NULL"}
    # One cell of ROW (or of OTHER) as something else.
    EDITS = [("id", "3"), ("i", "NULL"), ("i", "3"), ("big", "12345678901234567890123456789012345679"), ("price", "1.11"), ("f", "1.5000001"),
             ("d", "2.5000000000000004"), ("d", "NULL"), ("s", "'ab '"), ("s", "'aB'"), ("s", "NULL"), ("s", "''"), ("b", "false"),
             ("day", "DATE'2024-02-28'"), ("at", "TIMESTAMP'2024-01-01 10:00:00.123457'"), ("bin", "X'00fe'"), ("li", "array(2, 1)"),
             ("li", "array(1, 2, NULL)"), ("li", "array()"), ("li", "array(NULL)"), ("li", "NULL"), ("st", "named_struct('a', 1, 'b', 'y')"),
             ("st", "named_struct('a', NULL, 'b', NULL)"), ("st", "NULL"), ("m", "map('k', 1)"), ("m", "map('k', 2, 'l', 1)"), ("m", "map('k', NULL, 'l', 2)"),
             ("deep", "array(named_struct('k', 'a', 'v', map('x', array(1), 'y', array(3, 2))))"),
             ("deep", "array(named_struct('k', 'a', 'v', map('x', array(1, 2), 'y', array(3))))"),
             ("deep", "array(named_struct('k', 'a', 'v', map('x', array(1))))")]
    OTHER_EDITS = [("s", "NULL"), ("li", "NULL"), ("li", "array(NULL)"), ("m", "NULL"), ("st", "named_struct('a', NULL, 'b', NULL)"),
                   ("d", "0.0"), ("i", "2"), ("deep", "array()")]
    SAME = {"permuted": None, "mapped": ("m", "map('l', 2, 'k', 1)"),
            "deepmap": ("deep", "array(named_struct('k', 'a', 'v', map('y', array(2, 3), 'x', array(1))))")}

    def values(self, row):
        return "(" + ", ".join(row.values()) + ")"

    def reconcile(self, source, destination, **more):
        return self.step("reconciliation/cross-metastore", {"source_catalog": source, "destination_catalog": destination, **more})

    def test_the_digest_tells_every_edit_of_a_cell_and_no_order(self):
        a, b = self.schema("dga"), self.schema("dgb")
        original = [self.values(self.ROW), self.values(self.OTHER)]
        self.spark.sql(f"CREATE TABLE {a}.base ({self.COLUMNS})")
        self.spark.sql(f"INSERT INTO {a}.base VALUES {', '.join(original)}")
        wanted = {}

        def pair(name, rows, verdict):
            self.spark.sql(f"CREATE TABLE {a}.{name} USING DELTA AS SELECT * FROM {a}.base")
            self.spark.sql(f"CREATE TABLE {b}.{name} ({self.COLUMNS})")
            self.spark.sql(f"INSERT INTO {b}.{name} VALUES {', '.join(rows)}")
            wanted[name] = verdict

        for name, edit in self.SAME.items():
            row = self.values(self.ROW | ({edit[0]: edit[1]} if edit else {}))
            pair(name, [original[1], row] if edit is None else [row, original[1]], "match")
        for number, (column, value) in enumerate(self.EDITS):
            pair(f"e{number}_{column}", [self.values(self.ROW | {column: value}), original[1]], "mismatch")
        for number, (column, value) in enumerate(self.OTHER_EDITS):
            pair(f"o{number}_{column}", [original[0], self.values(self.OTHER | {column: value})], "mismatch")
        shifted = self.ROW | {"f": "NULL", "d": "1.5"}  # a value that moves one column on, past a NULL
        pair("shift", [self.values(shifted), original[1]], "mismatch")
        pair("twice", [original[0], original[0]], "mismatch")
        self.spark.sql(f"DROP TABLE {a}.base")
        done = self.reconcile("dga", "dgb", use_checksum=True, max_workers=2)
        found = {d["table"]: d["verdict"] for d in done["outputs"]["details"]}
        self.assertEqual(found, wanted)
        self.assertEqual(done["outputs"]["status"], "partial")
        self.assertEqual(done["status"], "failed")

    def test_counts_are_batched_and_one_broken_table_hides_no_other(self):
        a, b = self.schema("cna"), self.schema("cnb")
        for i in range(6):
            for schema in (a, b):
                self.spark.sql(f"CREATE TABLE {schema}.t{i} USING DELTA AS SELECT * FROM range({3 + i})")
        self.spark.sql(f"INSERT INTO {b}.t4 VALUES (99)")
        self.spark.forget()
        done = self.reconcile("cna", "cnb")
        self.assertEqual({d["table"]: d["verdict"] for d in done["outputs"]["details"]},
                         {f"t{i}": "mismatch" if i == 4 else "match" for i in range(6)})
        self.assertLessEqual(len(self.spark.statements()), 4, self.spark.statements())

    def test_versions_are_pinned(self):
        a, b = self.schema("pna"), self.schema("pnb")
        for schema in (a, b):
            self.spark.sql(f"CREATE TABLE {schema}.t (id INT)")
            self.spark.sql(f"INSERT INTO {schema}.t VALUES (1)")
        self.spark.sql(f"INSERT INTO {b}.t SELECT 2 WHERE false")
        self.spark.forget()
        done = self.reconcile("pna", "pnb", use_checksum=True, pin_versions=True)
        self.assertEqual(done["outputs"]["status"], "match", json.dumps(done)[:2000])
        detail = done["outputs"]["details"][0]
        self.assertEqual(detail["source_version"], "1")
        self.assertIn(detail["target_version"], ("1", "2"))
        self.assertTrue(any("VERSION AS OF 1" in s for s in self.spark.statements()), self.spark.statements())

    def test_the_formula_of_clone_xs(self):
        a, b = self.schema("cxa"), self.schema("cxb")
        for schema in (a, b):
            self.spark.sql(f"CREATE TABLE {schema}.one (id INT, s STRING)")
            self.spark.sql(f"INSERT INTO {schema}.one VALUES (1, 'x')")
            self.spark.sql(f"CREATE TABLE {schema}.many USING DELTA AS SELECT id, 'x' AS s FROM range(1000)")
        done = self.reconcile("cxa", "cxb", checksum={"algorithm": "clone-xs"})
        verdicts = {d["table"]: d["verdict"] for d in done["outputs"]["details"]}
        self.assertEqual(verdicts, {"one": "match", "many": "error"}, "the sum of a thousand hashes overflows, which is no match")
        self.assertRegex(json.dumps(done["outputs"]), "OVERFLOW|larger than a BIGINT")

    def test_two_metastores(self):
        other = self.spark.other()
        a, b = self.schema("xm"), self.schema("xm", metastore=other)
        self.spark.sql(f"CREATE TABLE {a}.t (id INT)")
        other.sql(f"CREATE TABLE {b}.t (id INT)")
        self.spark.sql(f"INSERT INTO {a}.t VALUES (1), (2)")
        other.sql(f"INSERT INTO {b}.t VALUES (2), (1)")
        head = WORKSPACE.replace("  spark:", f"""  dr: {{ type: databricks, host: "{other.url}", warehouse_id: "{other.warehouse_id}",
        token: "${{{{ secrets.DR_TOKEN }}}}" }}\n  spark:""")
        secrets = self.folder / "secrets"
        secrets.write_text(f"DR_TOKEN={other.token}\n")
        secrets.chmod(0o600)
        inline = {"host": other.url, "warehouse_id": other.warehouse_id, "auth_method": "pat", "token": "${{ secrets.DR_TOKEN }}"}
        runbook, report = self.folder / "two.yaml", self.folder / "two.json"
        runbook.write_text("version: 1\n" + head + "steps:\n"
                           "  - { id: named, uses: reconciliation/cross-metastore, with: { source_catalog: xm, destination_catalog: xm, target: dr,"
                           " use_checksum: true } }\n"
                           f"  - id: inline\n    uses: reconciliation/cross-metastore\n    with: {json.dumps({'source_catalog': 'xm', 'destination_catalog': 'xm', 'use_checksum': True, 'target_workspace': inline})}\n")
        done = self.spark.run("run", runbook, "--secrets-file", secrets, "--report", f"json={report}", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for step in json.loads(report.read_text())["steps"]:
            self.assertEqual(step["outputs"]["status"], "match", step)
        for text in (done.stdout, done.stderr, report.read_text(), *(p.read_text() for p in self.folder.rglob("*.jsonl"))):
            self.assertNotIn(other.token, text)
            self.assertNotIn(self.spark.token, text)


class QueryTest(RunbookTest):
    def query(self, statement, **more):
        return self.step("sql/query", {"statement": statement, **more})

    def test_cells_and_types(self):
        done = self.query("SELECT 1 AS i, 9007199254740993 AS l, true AS b, 1.50 AS d, DATE'2024-01-02' AS day, '' AS e, CAST(NULL AS STRING) AS n")
        out = done["outputs"]
        self.assertEqual(out["rows"], [[1, 9007199254740993, True, "1.50", "2024-01-02", "", None]])
        self.assertEqual(out["columns"][3], {"name": "d", "type": "DECIMAL(3,2)"})
        self.assertEqual((out["row_count"], out["truncated"]), (1, False))

    def test_parameters_and_comments_are_sent_as_written(self):
        statement = "SELECT :a + 1 AS a, :s AS s -- a comment, 'kept'\n"
        self.spark.forget()
        done = self.query(statement, parameters={"a": 41, "s": "it's"})
        self.assertEqual(done["outputs"]["rows"], [[42, "it's"]])
        self.assertIn(statement, self.spark.statements())

    def test_errors_keep_class_and_state(self):
        done = self.query("SELECT 1/0 AS x")
        self.assertEqual(done["status"], "failed")
        self.assertIn("DIVIDE_BY_ZERO", done["error"]["message"])
        self.assertIn("22012", done["error"]["message"])

    def test_many_chunks(self):
        self.spark.turn(chunk_rows=100)
        done = self.query("SELECT id FROM range(1050) ORDER BY id", max_rows=2000)
        self.assertEqual(done["outputs"]["row_count"], 1050)
        self.assertEqual(done["outputs"]["rows"][1049], [1049])

    def test_a_stopped_warehouse_starts(self):
        self.spark.turn(warehouse=self.spark.warehouse_id, state="STOPPED")
        self.assertEqual(self.query("SELECT 1 AS a")["outputs"]["rows"], [[1]])

    def test_a_lost_answer_is_settled_and_not_sent_again(self):
        self.schema("once")
        self.spark.sql("CREATE TABLE once.s.t (id INT)")
        self.spark.turn(drop_submits=1)
        self.query("INSERT INTO once.s.t VALUES (1)")
        self.assertEqual(self.spark.sql("SELECT count(*) FROM once.s.t"), [["1"]])

    def test_a_throttled_submit_runs_once(self):
        self.schema("slow")
        self.spark.sql("CREATE TABLE slow.s.t (id INT)")
        self.spark.turn(throttle=2, retry_after=1)
        self.assertEqual(self.query("INSERT INTO slow.s.t VALUES (1)")["status"], "succeeded")
        self.assertEqual(self.spark.sql("SELECT count(*) FROM slow.s.t"), [["1"]])

    def test_a_timeout_cancels_on_the_server(self):
        began = time.monotonic()
        done, steps, _ = self.runbook(f"  - id: it\n    uses: sql/query\n    timeout: 3s\n    with: {{ statement: \"{SLOW_STATEMENT}\" }}\n")
        self.assertLess(time.monotonic() - began, 15)
        self.assertEqual(steps["it"]["status"], "failed")
        self.assertIn("timeout", json.dumps(steps["it"]["error"]))
        self.assertTrue(any(r["path"].endswith("/cancel") for r in self.spark.requests("POST")))

    def test_ctrl_c_cancels_on_the_server(self):
        path, report = self.folder / "runbook.yaml", self.folder / "report.json"
        path.write_text(f"version: 1\n{WORKSPACE}steps:\n  - {{ id: it, uses: sql/query, with: {{ statement: \"{SLOW_STATEMENT}\" }} }}\n")
        process = subprocess.Popen([str(binary()), "run", str(path), "--report", f"json={report}"], cwd=self.folder,
                                   env=self.spark.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 30
        while not self.spark.statements() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(json.loads(report.read_text())["status"], "cancelled")
        self.assertTrue(any(r["path"].endswith("/cancel") for r in self.spark.requests("POST")))


class DoctorTest(RunbookTest):
    def test_says_where_everything_comes_from_and_no_secret(self):
        done = self.spark.run("doctor", "--json", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        checks = {c["check"]: c for c in json.loads(done.stdout)["connections"][0]["checks"]}
        self.assertIn("DATABRICKS_HOST", checks["host"]["found"])
        self.assertIn("DATABRICKS_TOKEN", checks["auth"]["found"])
        self.assertEqual(checks["sign-in"]["found"], "lab@example.com")
        for check in ("clock", "latency", "warehouse", "statement"):
            self.assertEqual(checks[check]["status"], "ok", checks[check])
        self.assertNotIn(self.spark.token, done.stdout + done.stderr)

    def test_a_wrong_token_and_a_wrong_warehouse(self):
        done = self.spark.run("doctor", "--json", cwd=self.folder, DATABRICKS_TOKEN="dapi-wrong-token-0000")
        checks = {c["check"]: c for c in json.loads(done.stdout)["connections"][0]["checks"]}
        self.assertEqual(done.returncode, 1)
        self.assertEqual(checks["sign-in"]["status"], "failed")
        self.assertTrue(checks["sign-in"]["remedy"])
        self.assertEqual(checks["statement"]["status"], "skipped")
        done = self.spark.run("doctor", "--json", cwd=self.folder, DATABRICKS_WAREHOUSE_ID="nope")
        checks = {c["check"]: c for c in json.loads(done.stdout)["connections"][0]["checks"]}
        self.assertEqual((done.returncode, checks["warehouse"]["status"]), (1, "failed"))

    def test_a_stopped_warehouse_is_not_started_unless_asked(self):
        self.spark.turn(warehouse=self.spark.warehouse_id, state="STOPPED")
        done = self.spark.run("doctor", "--json", cwd=self.folder)
        checks = {c["check"]: c for c in json.loads(done.stdout)["connections"][0]["checks"]}
        self.assertEqual((checks["warehouse"]["status"], checks["statement"]["status"]), ("warning", "skipped"))
        self.assertEqual(self.spark.statements(), [])
        started = self.spark.run("doctor", "--start", "--json", cwd=self.folder)
        self.assertEqual(started.returncode, 0, started.stdout)


if __name__ == "__main__":
    unittest.main()
