"""The gateway itself, proved by the vendor's own client (databricks-sdk) and by raw requests."""
import json
import threading
import time
import unittest
import urllib.error
import urllib.request

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, PermissionDenied
from databricks.sdk.service import sql
from lab import SLOW_STATEMENT, LabError, lab

SUBMIT = "/api/2.0/sql/statements"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def raw(spark, method, path, body=None, token="", headers=None):
    """(status, headers, parsed body) of one request without any client's help."""
    request = urllib.request.Request(spark.url + path, method=method, data=None if body is None else json.dumps(body).encode())
    if token is not None:
        request.add_header("Authorization", f"Bearer {token or spark.token}")
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    try:
        with OPENER.open(request, timeout=60) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as error:
        text = error.read().decode()
        return error.code, error.headers, json.loads(text) if text.startswith("{") else text


class GatewayTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.spark = cls.enterClassContext(lab())
        for statement in (
                "DROP CATALOG IF EXISTS gw CASCADE",
                "DROP CATALOG IF EXISTS gw2 CASCADE",
                "CREATE SCHEMA gw.sales COMMENT 'what was sold'",
                "CREATE SCHEMA `gw`.`or-ders`",
                "CREATE SCHEMA gw2.sales",
                """CREATE TABLE gw.sales.orders (id BIGINT NOT NULL COMMENT 'the key', v VARCHAR(10), d DECIMAL(10,2), at TIMESTAMP, day DATE,
                   st STRUCT<a: INT, `b c`: STRING>, li ARRAY<INT>, m MAP<STRING, INT>, bin BINARY, f DOUBLE, yes BOOLEAN)
                   PARTITIONED BY (day) COMMENT 'orders'
                   TBLPROPERTIES ('delta.feature.allowColumnDefaults'='supported', 'delta.columnMapping.mode'='name')""",
                "ALTER TABLE gw.sales.orders ALTER COLUMN d SET DEFAULT 3.5",
                "ALTER TABLE gw.sales.orders ADD CONSTRAINT positive CHECK (id > 0)",
                "ALTER TABLE gw.sales.orders ADD CONSTRAINT orders_pk PRIMARY KEY (id, v)",
                """INSERT INTO gw.sales.orders VALUES (9007199254740993, '', 1.5, TIMESTAMP'2021-01-01 10:00:00', DATE'2021-01-02',
                   named_struct('a', 1, 'b c', NULL), array(1, NULL), map('k', 2), X'00ff', 1e20, true),
                   (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)""",
                "CREATE TABLE gw.`or-ders`.`line items` (id INT)",
                "CREATE VIEW gw.sales.big COMMENT 'the big ones' AS SELECT id FROM gw.sales.orders WHERE id > 5",
                "CREATE TABLE gw2.sales.orders (id INT)"):
            cls.spark.sql(statement)
        cls.client = WorkspaceClient(host=cls.spark.url, token=cls.spark.token, auth_type="pat")

    def setUp(self):
        self.spark.reset()
        self.spark.forget()

    def execute(self, statement, **options):
        return self.client.statement_execution.execute_statement(statement, self.spark.warehouse_id, **options)

    def submit(self, statement, **options):
        status, _, answer = raw(self.spark, "POST", SUBMIT, {"statement": statement, "warehouse_id": self.spark.warehouse_id, **options})
        self.assertEqual(status, 200, answer)
        return answer

    def rows(self, statement, **options):
        answer = self.submit(statement, **options)
        self.assertEqual(answer["status"], {"state": "SUCCEEDED"})
        return answer["result"].get("data_array", [])

    # --- results --------------------------------------------------------------------------------------------------------

    def test_cells_are_text_or_null_in_their_documented_forms(self):
        answer = self.submit("SELECT * FROM gw.sales.orders ORDER BY id DESC")
        self.assertEqual(answer["result"]["data_array"], [
            ["9007199254740993", "", "1.50", "2021-01-01T10:00:00.000Z", "2021-01-02", '{"a":1,"b c":null}', "[1,null]", '{"k":2}', "AP8=",
             "1.0E20", "true"],
            ["2"] + [None] * 10])
        columns = answer["manifest"]["schema"]["columns"]
        self.assertEqual([(c["name"], c["type_name"], c["type_text"]) for c in columns], [
            ("id", "LONG", "BIGINT"), ("v", "STRING", "STRING"), ("d", "DECIMAL", "DECIMAL(10,2)"), ("at", "TIMESTAMP", "TIMESTAMP"),
            ("day", "DATE", "DATE"), ("st", "STRUCT", "STRUCT<a: INT, `b c`: STRING>"), ("li", "ARRAY", "ARRAY<INT>"),
            ("m", "MAP", "MAP<STRING, INT>"), ("bin", "BINARY", "BINARY"), ("f", "DOUBLE", "DOUBLE"), ("yes", "BOOLEAN", "BOOLEAN")])
        self.assertEqual([c["position"] for c in columns], list(range(11)))
        self.assertEqual((columns[2]["type_precision"], columns[2]["type_scale"]), (10, 2))

    def test_the_vendors_client_reads_null_and_the_empty_string_apart(self):
        answer = self.execute("SELECT NULL AS n, '' AS e, CAST(NULL AS INT) AS i")
        self.assertEqual(answer.status.state, sql.StatementState.SUCCEEDED)
        self.assertEqual(answer.result.data_array, [[None, "", None]])
        self.assertEqual([c.type_name.value for c in answer.manifest.schema.columns], ["NULL", "STRING", "INT"])

    def test_ddl_has_no_columns_and_no_chunks(self):
        answer = self.submit("CREATE OR REPLACE TABLE gw.sales.ddl (id INT)")
        self.assertEqual(answer["manifest"], {"format": "JSON_ARRAY", "schema": {"column_count": 0}, "total_chunk_count": 0,
                                              "total_row_count": 0, "truncated": False})
        self.assertEqual(answer["result"], {})

    def test_a_select_without_rows_keeps_its_columns(self):
        answer = self.submit("SELECT id FROM gw.sales.orders WHERE id < 0")
        self.assertEqual(answer["manifest"]["schema"]["column_count"], 1)
        self.assertEqual((answer["manifest"]["total_chunk_count"], "chunks" in answer["manifest"], answer["result"]), (0, False, {}))

    def test_dml_answers_with_counts(self):
        self.spark.sql("CREATE OR REPLACE TABLE gw.sales.dml (id INT)")
        for statement, names, counts in (
                ("INSERT INTO gw.sales.dml VALUES (1), (2), (3)", ["num_affected_rows", "num_inserted_rows"], ["3", "3"]),
                ("UPDATE gw.sales.dml SET id = 9 WHERE id > 1", ["num_affected_rows"], ["2"]),
                ("DELETE FROM gw.sales.dml WHERE id = 9", ["num_affected_rows"], ["2"]),
                ("""MERGE INTO gw.sales.dml t USING (SELECT 1 id UNION ALL SELECT 5) s ON t.id = s.id
                    WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *""",
                 ["num_affected_rows", "num_updated_rows", "num_deleted_rows", "num_inserted_rows"], ["2", "1", "0", "1"])):
            with self.subTest(statement=statement):
                answer = self.submit(statement)
                self.assertEqual([c["name"] for c in answer["manifest"]["schema"]["columns"]], names)
                self.assertEqual({c["type_name"] for c in answer["manifest"]["schema"]["columns"]}, {"LONG"})
                self.assertEqual(answer["result"]["data_array"], [counts])

    def test_chunks_are_linked_and_whole(self):
        self.spark.turn(chunk_rows=4)
        answer = self.submit("SELECT id FROM range(10) ORDER BY id")
        self.assertEqual(answer["manifest"]["chunks"], [{"chunk_index": i, "row_offset": 4 * i, "row_count": n} for i, n in enumerate((4, 4, 2))])
        self.assertEqual(answer["manifest"]["total_row_count"], 10)
        values, chunk = list(answer["result"]["data_array"]), answer["result"]
        while "next_chunk_internal_link" in chunk:
            self.assertEqual(chunk["next_chunk_index"], chunk["chunk_index"] + 1)
            status, _, chunk = raw(self.spark, "GET", chunk["next_chunk_internal_link"])
            self.assertEqual(status, 200)
            values += chunk["data_array"]
        self.assertEqual(values, [[str(i)] for i in range(10)])
        by_client = self.client.statement_execution.get_statement_result_chunk_n(answer["statement_id"], 2)
        self.assertEqual((by_client.row_offset, by_client.data_array), (8, [["8"], ["9"]]))
        self.assertEqual(raw(self.spark, "GET", f"{SUBMIT}/{answer['statement_id']}/result/chunks/3")[0], 400)

    def test_external_links_open_without_credentials_and_expire(self):
        self.spark.turn(chunk_rows=3)
        answer = self.execute("SELECT id FROM range(5) ORDER BY id", disposition=sql.Disposition.EXTERNAL_LINKS, format=sql.Format.JSON_ARRAY)
        link = answer.result.external_links[0]
        self.assertEqual((link.chunk_index, link.row_count, link.next_chunk_index), (0, 3, 1))
        with OPENER.open(link.external_link) as opened:
            self.assertEqual(json.load(opened), [["0"], ["1"], ["2"]])
        with self.assertRaises(urllib.error.HTTPError) as refused:
            OPENER.open(urllib.request.Request(link.external_link, headers={"Authorization": "Bearer x"}))
        self.assertEqual(refused.exception.code, 400)
        self.spark.turn(link_seconds=0)
        late = self.client.statement_execution.get_statement_result_chunk_n(answer.statement_id, 1).external_links[0]
        with self.assertRaises(urllib.error.HTTPError) as expired:
            OPENER.open(late.external_link)
        self.assertEqual(expired.exception.code, 403)

    def test_limits_cut_or_refuse(self):
        answer = self.submit("SELECT id FROM range(10)", row_limit=3)
        self.assertEqual((len(answer["result"]["data_array"]), answer["manifest"]["truncated"]), (3, True))
        answer = self.submit("SELECT repeat('x', 10) FROM range(10)", byte_limit=35)
        self.assertEqual((len(answer["result"]["data_array"]), answer["manifest"]["truncated"]), (3, True))
        self.assertFalse(self.submit("SELECT id FROM range(3)", row_limit=3)["manifest"]["truncated"])
        self.spark.turn(inline_limit=1000)
        answer = self.submit("SELECT repeat('x', 2000)")
        self.assertEqual(answer["status"]["state"], "FAILED")
        self.assertIn("Inline byte limit exceeded", answer["status"]["error"]["message"])

    # --- errors ---------------------------------------------------------------------------------------------------------

    def test_a_failed_statement_is_http_200_with_class_and_sqlstate(self):
        for statement, error_class, state in (
                ("SELEC 1", "[PARSE_SYNTAX_ERROR]", "42601"),
                ("SELECT * FROM `gw`.`sales`.`nothing`", "[TABLE_OR_VIEW_NOT_FOUND] The table or view `gw`.`sales`.`nothing` cannot", "42P01"),
                ("SELECT 1 / 0", "[DIVIDE_BY_ZERO]", "22012"),
                ("SELECT sum(h) FROM (SELECT 9223372036854775807L AS h FROM range(2))", "[ARITHMETIC_OVERFLOW]", "22003"),
                ("INSERT INTO gw.sales.orders (id) VALUES (-1)", "[DELTA_VIOLATE_CONSTRAINT_WITH_VALUES]", "23001"),
                ("ALTER TABLE gw2.sales.orders DROP COLUMN id", "[DELTA_UNSUPPORTED_DROP_COLUMN]", "0AKDC"),
                ("ALTER TABLE gw2.sales.orders ALTER COLUMN id TYPE BIGINT", "[DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP]", "0AKDC"),
                ("SELECT * FROM nowhere.information_schema.tables", "[NO_SUCH_CATALOG_EXCEPTION] Catalog 'nowhere'", "42704")):
            with self.subTest(statement=statement):
                answer = self.submit(statement)
                self.assertEqual(answer["status"]["state"], "FAILED", answer)
                self.assertEqual(set(answer), {"statement_id", "status"})
                self.assertEqual(answer["status"]["error"]["error_code"], "BAD_REQUEST")
                self.assertTrue(answer["status"]["error"]["message"].lstrip().startswith(error_class), answer["status"]["error"]["message"])
                self.assertEqual(answer["status"]["sql_state"], state)
                self.assertNotIn("\tat ", answer["status"]["error"]["message"])
                self.assertNotIn("__", answer["status"]["error"]["message"])

    def test_what_is_not_accepted_is_not_200(self):
        good = {"statement": "SELECT 1", "warehouse_id": self.spark.warehouse_id}
        for change, status, code in (
                ({"wait_timeout": "3s"}, 400, "INVALID_PARAMETER_VALUE"), ({"wait_timeout": "60s"}, 400, "INVALID_PARAMETER_VALUE"),
                ({"warehouse_id": "ffff"}, 404, "RESOURCE_DOES_NOT_EXIST"), ({"statement": ""}, 400, "INVALID_PARAMETER_VALUE"),
                ({"session_id": "1"}, 400, "INVALID_PARAMETER_VALUE"), ({"disposition": "INLINE_OR_EXTERNAL_LINKS"}, 400, "INVALID_PARAMETER_VALUE"),
                ({"query_tags": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]}, 400, "INVALID_PARAMETER_VALUE"),
                ({"parameters": [{"name": "a", "value": 1}]}, 400, "INVALID_PARAMETER_VALUE")):
            with self.subTest(change=change):
                got, _, answer = raw(self.spark, "POST", SUBMIT, good | change)
                self.assertEqual((got, answer["error_code"]), (status, code))
        self.assertEqual(raw(self.spark, "GET", "/api/2.0/nothing")[2]["error_code"], "ENDPOINT_NOT_FOUND")
        with self.assertRaises(NotFound):
            self.client.statement_execution.get_statement("00000000-0000-0000-0000-000000000000")

    def test_credentials_are_checked(self):
        status, headers, answer = raw(self.spark, "GET", "/api/2.0/sql/warehouses", token=None)
        self.assertEqual((status, answer["error_code"], headers["www-authenticate"]), (401, 401, 'Bearer realm="DatabricksRealm"'))
        status, headers, answer = raw(self.spark, "GET", "/api/2.0/sql/warehouses", token="dapi-wrong")
        self.assertEqual((status, answer), (403, {"error_code": 403, "message": "Invalid access token."}))
        with self.assertRaises(PermissionDenied):
            WorkspaceClient(host=self.spark.url, token="dapi-wrong", auth_type="pat").current_user.me()

    # --- parameters, defaults, names ------------------------------------------------------------------------------------

    def test_named_parameters_keep_their_types(self):
        rows = self.rows("SELECT :s, :n + 1, :b, :none IS NULL, typeof(:big), typeof(:dec), ':s' -- :s", parameters=[
            {"name": "s", "value": "it's \\ a \"string\" :n"}, {"name": "n", "value": "41", "type": "INT"}, {"name": "b", "value": "true", "type": "BOOLEAN"},
            {"name": "none"}, {"name": "big", "value": "9007199254740993", "type": "BIGINT"}, {"name": "dec", "value": "1.5", "type": "DECIMAL(10,2)"}])
        self.assertEqual(rows, [["it's \\ a \"string\" :n", "42", "true", "true", "bigint", "decimal(10,2)", ":s"]])
        by_client = self.execute("SELECT count(*) FROM IDENTIFIER(:t) WHERE id > :least", parameters=[
            sql.StatementParameterListItem(name="t", value="gw.sales.orders"), sql.StatementParameterListItem(name="least", value="5", type="INT")])
        self.assertEqual(by_client.result.data_array, [["1"]])
        self.assertIn("[UNBOUND_SQL_PARAMETER]", self.submit("SELECT :missing")["status"]["error"]["message"])
        self.assertEqual(self.submit("SELECT :x", parameters=[{"name": "x", "value": "many", "type": "INT"}])["status"]["sql_state"], "22018")

    def test_catalog_and_schema_are_defaults_of_one_call(self):
        self.assertEqual(self.rows("SELECT count(*) FROM orders", catalog="gw", schema="sales"), [["2"]])
        self.assertEqual(self.rows("SELECT count(*) FROM sales.orders", catalog="gw"), [["2"]])
        self.assertEqual(self.submit("SELECT count(*) FROM orders")["status"]["sql_state"], "42P01")

    def test_each_call_is_a_session_of_its_own(self):
        self.rows("SET spark.sql.ansi.enabled=false")
        self.assertEqual(self.submit("SELECT 1/0")["status"]["sql_state"], "22012")

    def test_names_of_three_levels(self):
        self.assertEqual(self.rows("SELECT count(*) FROM `gw`.`or-ders`.`line items`"), [["0"]])
        self.assertEqual(self.rows("SELECT a.id, 'gw.sales.orders' FROM gw.sales.orders VERSION AS OF 3 a JOIN `gw2`.`sales`.`orders` b ON a.id = b.id"), [])
        self.assertEqual(self.rows("SELECT st.a, gw.sales.orders.st.a FROM gw.sales.orders WHERE id > 5"), [["1", "1"]])
        self.assertEqual(self.rows("SHOW SCHEMAS IN gw"), [["or-ders"], ["sales"]])
        self.assertEqual([r[:2] for r in self.rows("SHOW TABLES IN gw.`or-ders`")], [["or-ders", "line items"]])
        detail = self.submit("DESCRIBE DETAIL gw.sales.orders")
        names = [c["name"] for c in detail["manifest"]["schema"]["columns"]]
        row = dict(zip(names, detail["result"]["data_array"][0]))
        self.assertEqual((row["name"], row["partitionColumns"], row["format"]), ("gw.sales.orders", '["day"]', "delta"))
        self.assertIn('"delta.constraints.positive":"id > 0"', row["properties"])
        self.assertIn("columnMapping", row["tableFeatures"])
        self.assertIn(["delta.columnMapping.mode", "name"], self.rows("SHOW TBLPROPERTIES gw.sales.orders"))

    def test_table_changes_take_a_name_of_three_levels(self):
        self.spark.sql("CREATE OR REPLACE TABLE gw.`or-ders`.cdf (id INT) TBLPROPERTIES ('delta.enableChangeDataFeed'='true')")
        self.spark.sql("INSERT INTO gw.`or-ders`.cdf VALUES (1)")
        self.assertEqual(self.rows("SELECT _change_type, id FROM table_changes('gw.`or-ders`.cdf', 1)"), [["insert", "1"]])

    # --- information_schema ---------------------------------------------------------------------------------------------

    def test_information_schema_columns(self):
        rows = self.rows("""SELECT column_name, full_data_type, data_type, is_nullable, column_default, partition_ordinal_position, comment
                            FROM `gw`.information_schema.columns WHERE table_schema = 'sales' AND table_name = 'orders'
                            ORDER BY ordinal_position""")
        self.assertEqual(rows[0], ["id", "bigint", "LONG", "NO", None, None, "the key"])
        self.assertEqual(rows[1], ["v", "varchar(10)", "STRING", "YES", None, None, None])
        self.assertEqual(rows[2], ["d", "decimal(10,2)", "DECIMAL", "YES", "3.5", None, None])
        self.assertEqual(rows[4][5], "1")
        self.assertEqual([r[1] for r in rows[5:8]], ["struct<a:int,`b c`:string>", "array<int>", "map<string,int>"])
        self.spark.turn(column_defaults=False)
        self.assertEqual(self.rows("SELECT count(column_default) FROM gw.information_schema.columns"), [["0"]])

    def test_information_schema_follows_every_change(self):
        self.spark.sql("CREATE OR REPLACE TABLE gw.sales.moving (a INT)")
        ask = "SELECT column_name, full_data_type FROM gw.information_schema.columns WHERE table_name = 'moving'"
        self.assertEqual(self.rows(ask), [["a", "int"]])
        self.spark.sql("ALTER TABLE gw.sales.moving SET TBLPROPERTIES ('delta.enableTypeWidening'='true')")
        self.spark.sql("ALTER TABLE gw.sales.moving ALTER COLUMN a TYPE BIGINT")
        self.spark.sql("ALTER TABLE gw.sales.moving ADD COLUMNS (b STRUCT<c: INT>)")
        self.assertEqual(self.rows(ask), [["a", "bigint"], ["b", "struct<c:int>"]])
        self.spark.sql("DROP TABLE gw.sales.moving")
        self.assertEqual(self.rows(ask), [])

    def test_information_schema_of_two_catalogs_in_one_statement(self):
        rows = self.rows("""SELECT a.table_catalog, b.table_catalog FROM `gw`.`information_schema`.`tables` a
                            JOIN gw2.information_schema.tables b ON a.table_schema = b.table_schema AND a.table_name = b.table_name""")
        self.assertEqual(rows, [["gw", "gw2"]])
        self.assertEqual(self.rows("""SELECT DISTINCT table_catalog FROM system.information_schema.tables
                                      WHERE table_catalog LIKE 'gw%' ORDER BY 1"""), [["gw"], ["gw2"]])

    def test_information_schema_of_tables_views_and_constraints(self):
        self.assertEqual(self.rows("""SELECT table_name, table_type, comment, data_source_format FROM gw.information_schema.tables
                                      WHERE table_name IN ('orders', 'big') ORDER BY 1"""),
                         [["big", "VIEW", "the big ones", "UNKNOWN_DATA_SOURCE_FORMAT"], ["orders", "MANAGED", "orders", "DELTA"]])
        self.assertEqual(self.rows("SELECT view_definition FROM gw.information_schema.views"),
                         [["SELECT id FROM `gw`.`sales`.`orders` WHERE id > 5"]])
        self.assertEqual(self.rows("""SELECT constraint_name, constraint_type, enforced FROM gw.information_schema.table_constraints
                                      WHERE table_name = 'orders' ORDER BY 1"""),
                         [["orders_pk", "PRIMARY KEY", "NO"], ["positive", "CHECK", "NO"]])
        self.assertEqual(self.rows("""SELECT column_name, ordinal_position FROM gw.information_schema.key_column_usage
                                      WHERE constraint_name = 'orders_pk' ORDER BY 2"""), [["id", "1"], ["v", "2"]])
        self.assertEqual(self.submit("SELECT invented FROM gw.information_schema.columns")["status"]["sql_state"], "42703")

    def test_generated_columns_and_identities(self):
        self.spark.sql("""CREATE OR REPLACE TABLE gw.sales.made (id BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 5 INCREMENT BY 2), a INT COMMENT 'x',
                          twice INT GENERATED ALWAYS AS (CAST(a * 2 AS INT)), p DATE) PARTITIONED BY (p) COMMENT 'made'
                          TBLPROPERTIES ('delta.columnMapping.mode'='name')""")
        self.spark.sql("INSERT INTO gw.sales.made (a, p) VALUES (4, DATE'2020-01-01')")
        self.assertEqual(self.rows("SELECT id, a, twice FROM gw.sales.made"), [["5", "4", "8"]])
        self.assertEqual(self.submit("ALTER TABLE gw.sales.made DROP COLUMN a")["status"]["state"], "FAILED")

    # --- states ---------------------------------------------------------------------------------------------------------

    def ended(self, statement_id, seconds=20):
        deadline = time.monotonic() + seconds
        while True:
            answer = raw(self.spark, "GET", f"{SUBMIT}/{statement_id}")[2]
            if answer["status"]["state"] not in ("PENDING", "RUNNING"):
                return answer
            self.assertLess(time.monotonic(), deadline, "the statement does not end")
            time.sleep(0.1)

    def test_wait_timeout_zero_answers_at_once(self):
        began = time.monotonic()
        answer = self.submit("SELECT 1", wait_timeout="0s")
        self.assertLess(time.monotonic() - began, 2)
        self.assertIn(answer["status"]["state"], ("PENDING", "RUNNING"))
        self.assertEqual(set(answer), {"statement_id", "status"})
        self.assertEqual(self.ended(answer["statement_id"])["result"]["data_array"], [["1"]])

    def test_cancel_ends_a_running_statement(self):
        answer = self.submit(SLOW_STATEMENT, wait_timeout="0s")
        while raw(self.spark, "GET", f"{SUBMIT}/{answer['statement_id']}")[2]["status"]["state"] == "PENDING":
            time.sleep(0.05)
        self.client.statement_execution.cancel_execution(answer["statement_id"])
        ended = self.ended(answer["statement_id"])
        self.assertEqual((set(ended), ended["status"]), ({"statement_id", "status"}, {"state": "CANCELED"}))

    def test_on_wait_timeout_cancel(self):
        began = time.monotonic()
        answer = self.submit(SLOW_STATEMENT, wait_timeout="5s", on_wait_timeout="CANCEL")
        self.assertEqual(answer["status"]["state"], "CANCELED")
        self.assertTrue(5 <= time.monotonic() - began < 15, time.monotonic() - began)

    def test_a_closed_statement_has_no_result(self):
        answer = self.submit("SELECT 1")
        self.assertEqual(raw(self.spark, "DELETE", f"{SUBMIT}/{answer['statement_id']}")[2], {})
        self.assertEqual(raw(self.spark, "GET", f"{SUBMIT}/{answer['statement_id']}")[2],
                         {"statement_id": answer["statement_id"], "status": {"state": "CLOSED"}})

    def test_statements_run_side_by_side(self):
        slow = self.submit(SLOW_STATEMENT, wait_timeout="0s")
        try:
            self.assertEqual(self.rows("SELECT count(*) FROM gw.sales.orders"), [["2"]])
        finally:
            raw(self.spark, "POST", f"{SUBMIT}/{slow['statement_id']}/cancel", {})
        answers = []
        threads = [threading.Thread(target=lambda i=i: answers.append(self.rows(f"SELECT {i}"))) for i in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(int(a[0][0]) for a in answers), list(range(12)))

    # --- warehouses, history, users -------------------------------------------------------------------------------------

    def test_a_stopped_warehouse_starts_for_a_statement(self):
        warehouse = self.client.warehouses.get(self.spark.warehouse_id)
        self.assertEqual((warehouse.state, [w.id for w in self.client.warehouses.list()]), (sql.State.RUNNING, [self.spark.warehouse_id]))
        self.spark.turn(warehouse=self.spark.warehouse_id, state="STOPPED", start_seconds=1.5)
        self.assertEqual(self.client.warehouses.get(self.spark.warehouse_id).state, sql.State.STOPPED)
        answer = self.submit("SELECT 1", wait_timeout="0s")
        self.assertEqual(answer["status"], {"state": "PENDING"})
        self.assertEqual(self.client.warehouses.get(self.spark.warehouse_id).state, sql.State.STARTING)
        self.assertEqual(self.ended(answer["statement_id"])["status"]["state"], "SUCCEEDED")
        self.assertEqual(self.client.warehouses.get(self.spark.warehouse_id).state, sql.State.RUNNING)
        self.client.warehouses.stop(self.spark.warehouse_id)
        self.assertEqual(self.client.warehouses.get(self.spark.warehouse_id).state, sql.State.STOPPED)
        self.client.warehouses.start(self.spark.warehouse_id)
        self.assertEqual(self.client.warehouses.get(self.spark.warehouse_id).state, sql.State.STARTING)

    def test_history_keeps_query_tags_and_pages(self):
        since = int(time.time() * 1000)
        tags = [{"key": "run_id", "value": "r1"}, {"key": "step"}]
        first = self.submit("SELECT 1 /* tagged */", query_tags=tags)["statement_id"]
        second = self.submit("SELEC 2")["statement_id"]
        path = f"/api/2.0/sql/history/queries?filter_by.query_start_time_range.start_time_ms={since}&filter_by.warehouse_ids={self.spark.warehouse_id}"
        status, _, answer = raw(self.spark, "GET", path)
        self.assertEqual([(r["query_id"], r["status"], r["is_final"]) for r in answer["res"]], [(second, "FAILED", True), (first, "FINISHED", True)])
        self.assertEqual((answer["res"][1]["query_tags"], answer["res"][1]["query_text"], answer["res"][1]["rows_produced"]), (tags, "SELECT 1 /* tagged */", 1))
        self.assertIn("[PARSE_SYNTAX_ERROR]", answer["res"][0]["error_message"])
        page = raw(self.spark, "GET", path + "&max_results=1")[2]
        self.assertTrue(page["has_next_page"])
        last = raw(self.spark, "GET", f"{path}&max_results=1&page_token={page['next_page_token']}")[2]
        self.assertEqual(([r["query_id"] for r in last["res"]], last["has_next_page"]), ([first], False))
        self.assertEqual([r["query_id"] for r in raw(self.spark, "GET", path + "&filter_by.statuses=FAILED")[2]["res"]], [second])
        by_client = self.client.query_history.list(filter_by=sql.QueryFilter(statement_ids=[first]), max_results=5)
        self.assertEqual([(r.query_id, r.status.value) for r in by_client.res], [(first, "FINISHED")])
        self.spark.turn(history_lag=60)
        self.assertNotIn("res", raw(self.spark, "GET", path)[2])

    def test_oauth_of_a_service_principal(self):
        client = WorkspaceClient(host=self.spark.url, client_id=self.spark.client_id, client_secret=self.spark.client_secret, auth_type="oauth-m2m")
        self.assertEqual(client.current_user.me().user_name, self.spark.client_id)
        with self.assertRaises(Exception) as refused:
            WorkspaceClient(host=self.spark.url, client_id=self.spark.client_id, client_secret="wrong", auth_type="oauth-m2m").current_user.me()
        self.assertIn("invalid_client", str(refused.exception))
        self.spark.turn(revoke=True)
        token = client.config.authenticate()["Authorization"].removeprefix("Bearer ")
        self.assertEqual(raw(self.spark, "GET", "/api/2.0/preview/scim/v2/Me", token=token)[0], 401)

    def test_exchange_of_an_id_token(self):
        form = ("grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token_type=urn:ietf:params:oauth:token-type:jwt"
                f"&scope=all-apis&client_id={self.spark.client_id}&subject_token=")
        def exchange(token):
            with OPENER.open(urllib.request.Request(f"{self.spark.url}/oidc/v1/token", (form + token).encode())) as answer:
                return json.load(answer)
        answer = exchange(self.spark.id_token)
        self.assertEqual((answer["token_type"], answer["expires_in"]), ("Bearer", 3600))
        self.assertEqual(raw(self.spark, "GET", "/api/2.0/preview/scim/v2/Me", token=answer["access_token"])[2]["userName"], self.spark.client_id)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            exchange("eyJ.eyJ.x")
        self.assertEqual((refused.exception.code, json.load(refused.exception)["error"]), (400, "invalid_grant"))

    # --- the lab --------------------------------------------------------------------------------------------------------

    def test_two_metastores_do_not_see_each_other(self):
        other = self.spark.other()
        other.sql("DROP CATALOG IF EXISTS gw CASCADE")
        other.sql("CREATE SCHEMA gw.sales")
        other.sql("CREATE TABLE gw.sales.orders (elsewhere INT)")
        ask = {"statement": "SELECT column_name FROM gw.information_schema.columns WHERE table_name = 'orders'"}
        answer = raw(other, "POST", SUBMIT, ask | {"warehouse_id": other.warehouse_id})[2]
        self.assertEqual(answer["result"]["data_array"], [["elsewhere"]])
        self.assertEqual(raw(other, "POST", SUBMIT, ask | {"warehouse_id": self.spark.warehouse_id})[0], 404)
        self.assertEqual(raw(self.spark, "GET", f"{SUBMIT}/{answer['statement_id']}")[0], 404)
        self.assertEqual(self.rows("SELECT count(*) FROM gw.sales.orders"), [["2"]])

    def test_the_log_has_every_request_and_no_secret(self):
        self.submit("SELECT 42", query_tags=[{"key": "k", "value": "v"}])
        raw(self.spark, "GET", "/api/2.0/sql/warehouses", token="dapi-wrong")
        entries = self.spark.requests()
        self.assertEqual([(e["method"], e["path"], e["status"]) for e in entries], [("POST", SUBMIT, 200), ("GET", "/api/2.0/sql/warehouses", 403)])
        self.assertEqual((entries[0]["body"]["query_tags"], entries[0]["user"], entries[0]["authorization"]), ([{"key": "k", "value": "v"}], "lab@example.com", "Bearer"))
        self.assertEqual(self.spark.statements(), ["SELECT 42"])
        self.assertNotIn(self.spark.token, json.dumps(entries))
        self.assertNotIn("dapi-wrong", json.dumps(entries))

    def test_a_submit_can_lose_its_answer_after_it_ran(self):
        self.spark.sql("CREATE OR REPLACE TABLE gw.sales.lost (id INT)")
        self.spark.turn(drop_submits=1)
        with self.assertRaises((urllib.error.URLError, ConnectionError)):
            raw(self.spark, "POST", SUBMIT, {"statement": "INSERT INTO gw.sales.lost VALUES (1)", "warehouse_id": self.spark.warehouse_id})
        self.assertEqual(self.rows("SELECT count(*) FROM gw.sales.lost"), [["1"]])

    def test_a_submit_can_be_throttled(self):
        self.spark.turn(throttle=1, retry_after=7)
        status, headers, answer = raw(self.spark, "POST", SUBMIT, {"statement": "SELECT 1", "warehouse_id": self.spark.warehouse_id})
        self.assertEqual((status, headers["Retry-After"], answer["error_code"]), (429, "7", "REQUEST_LIMIT_EXCEEDED"))
        self.assertEqual(self.rows("SELECT 1"), [["1"]])

    def test_prepared_sql_fails_loudly(self):
        with self.assertRaises(LabError) as failed:
            self.spark.sql("SELECT * FROM gw.sales.nothing")
        self.assertIn("TABLE_OR_VIEW_NOT_FOUND", str(failed.exception))


if __name__ == "__main__":
    unittest.main()
