"""information_schema, rebuilt from the session's catalog and the Delta logs as temporary views of one statement's session.

The relations and their columns are those that Databricks documents, no others, so that a statement which asks for anything else
fails here as it would there. Where the documentation reserves a column (is_identity, is_generated, generation_expression, ...) it
holds the constant that the documentation names, even where Delta would know better.
"""
import json
import re
import threading
from datetime import datetime, timezone

from names import database_of, decode, encode, names_of_the_user, parse_database

_TABLE_KEY = "table_catalog STRING, table_schema STRING, table_name STRING"
_CONSTRAINT_KEY = "constraint_catalog STRING, constraint_schema STRING, constraint_name STRING"
RELATIONS = {
    "catalogs": "catalog_name STRING, catalog_owner STRING, comment STRING, created TIMESTAMP, created_by STRING, "
                "last_altered TIMESTAMP, last_altered_by STRING",
    "schemata": "catalog_name STRING, schema_name STRING, schema_owner STRING, comment STRING, created TIMESTAMP, created_by STRING, "
                "last_altered TIMESTAMP, last_altered_by STRING",
    "tables": f"{_TABLE_KEY}, table_type STRING, is_insertable_into STRING, commit_action STRING, table_owner STRING, comment STRING, "
              "created TIMESTAMP, created_by STRING, last_altered TIMESTAMP, last_altered_by STRING, data_source_format STRING, "
              "storage_path STRING, storage_sub_directory STRING",
    "views": f"{_TABLE_KEY}, view_definition STRING, check_option STRING, is_updatable STRING, is_insertable_into STRING, "
             "sql_path STRING, is_materialized STRING",
    "columns": f"{_TABLE_KEY}, column_name STRING, ordinal_position INT, column_default STRING, is_nullable STRING, "
               "full_data_type STRING, data_type STRING, character_maximum_length INT, character_octet_length STRING, "
               "numeric_precision INT, numeric_precision_radix INT, numeric_scale INT, datetime_precision INT, interval_type STRING, "
               "interval_precision INT, maximum_cardinality INT, is_identity STRING, identity_generation STRING, identity_start STRING, "
               "identity_increment STRING, identity_maximum STRING, identity_minimum STRING, identity_cycle STRING, is_generated STRING, "
               "generation_expression STRING, is_system_time_period_start STRING, is_system_time_period_end STRING, "
               "system_time_period_timestamp_generation STRING, is_updatable STRING, partition_ordinal_position INT, comment STRING",
    "table_constraints": f"{_CONSTRAINT_KEY}, {_TABLE_KEY}, constraint_type STRING, is_deferrable STRING, initially_deferred STRING, "
                         "enforced STRING, comment STRING",
    "key_column_usage": f"{_CONSTRAINT_KEY}, {_TABLE_KEY}, column_name STRING, ordinal_position INT, position_in_unique_constraint INT",
    "constraint_column_usage": f"{_TABLE_KEY}, column_name STRING, {_CONSTRAINT_KEY}",
    "constraint_table_usage": f"{_TABLE_KEY}, {_CONSTRAINT_KEY}",
    "referential_constraints": f"{_CONSTRAINT_KEY}, unique_constraint_catalog STRING, unique_constraint_schema STRING, "
                               "unique_constraint_name STRING, match_option STRING, update_rule STRING, delete_rule STRING",
    "column_masks": "catalog_name STRING, schema_name STRING, table_name STRING, column_name STRING, mask_catalog STRING, "
                    "mask_schema STRING, mask_name STRING, mask_col_usage STRING",
    "row_filters": f"{_TABLE_KEY}, filter_catalog STRING, filter_schema STRING, filter_name STRING, filter_col_usage STRING, "
                   "target_columns STRING",
}
_BITS = {"byte": 8, "short": 16, "integer": 32, "long": 64, "float": 24, "double": 53}
_DATA_TYPES = {"integer": "INT", "byte": "BYTE", "short": "SHORT"}
_OWNER = "lab@example.com"


def literal(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def full_data_type(kind):
    """Spark's catalog string (struct<a:int>) of a type of a schema's JSON, with field names quoted where they would be misread."""
    if isinstance(kind, str):
        return {"integer": "int", "long": "bigint", "short": "smallint", "byte": "tinyint"}.get(kind, kind)
    if kind["type"] == "struct":
        names = [f["name"] if re.fullmatch(r"\w+", f["name"]) else "`" + f["name"].replace("`", "``") + "`" for f in kind["fields"]]
        return "struct<" + ",".join(f"{name}:{full_data_type(f['type'])}" for name, f in zip(names, kind["fields"])) + ">"
    if kind["type"] == "array":
        return f"array<{full_data_type(kind['elementType'])}>"
    return f"map<{full_data_type(kind['keyType'])},{full_data_type(kind['valueType'])}>"


def _unwrap(option):
    return option.get() if option.isDefined() else None


class InformationSchema:
    """Thread-safe. What was read of a table is kept until its Delta version changes."""

    def __init__(self, session):
        self._session = session
        self._catalog = session._jsparkSession.sessionState().catalog()
        self._lock = threading.Lock()
        self._described = {}   # (database, table) -> (version, facts)
        self.informational = {}  # (database, table) -> {constraint name: {...}}: keys, which Delta itself cannot keep
        self.column_defaults_visible = True

    def databases(self):
        found = self._catalog.listDatabases()
        return [found.apply(i) for i in range(found.size())]

    def create_views(self, session, metastore, wanted):
        """wanted: Mapped.information_schema."""
        for (catalog, relation), view in wanted.items():
            if relation not in RELATIONS:
                continue  # the statement fails as it would there: the name is not found
            rows = []
            for database in self.databases():
                parsed = parse_database(database)
                if parsed and parsed[0] == metastore and catalog in (None, parsed[1]):
                    rows += self._rows(relation, database, *parsed[1:])
            if relation == "catalogs":
                rows = list({r["catalog_name"]: r for r in rows}.values())
            schema = RELATIONS[relation]
            data = literal(json.dumps(rows))
            session.sql(f"SELECT inline(from_json({data}, {literal(f'ARRAY<STRUCT<{schema}>>')}))").createOrReplaceTempView(view)

    def _rows(self, relation, database, catalog, schema):
        if relation == "catalogs":
            return [{"catalog_name": catalog, "catalog_owner": _OWNER}]
        if relation == "schemata":
            return [{"catalog_name": catalog, "schema_name": schema, "schema_owner": _OWNER}]
        rows = []
        for table, facts in self.tables(database):
            key = {"table_catalog": catalog, "table_schema": schema, "table_name": decode(table)}
            rows += getattr(self, f"_{relation}_rows", lambda *_: [])(key, facts)
        return rows

    def tables(self, database):
        listed = self._catalog.listTables(database)
        for i in range(listed.size()):
            identifier = listed.apply(i)
            if not identifier.database().isDefined():
                continue  # a temporary view
            try:
                metadata = self._catalog.getTableMetadata(identifier)
                yield identifier.table(), self._facts(database, identifier.table(), metadata)
            except Exception as error:  # dropped by another statement meanwhile
                if "NOT_FOUND" not in str(error):
                    raise

    def _facts(self, database, table, metadata):
        facts = {"type": metadata.tableType().name(), "created": metadata.createTime(), "comment": _unwrap(metadata.comment()),
                 "format": (_unwrap(metadata.provider()) or "").upper(), "properties": {}, "partitions": [],
                 "constraints": self.informational.get((database, table), {})}
        if facts["type"] == "VIEW":
            facts["view_text"] = names_of_the_user(_unwrap(metadata.viewText()) or "")
            schema = self._session.table(f"`{database}`.`{table}`")._jdf.schema()
            return facts | self._columns(schema)
        facts["path"] = metadata.location().toString()
        log = self._session._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(self._session._jsparkSession, metadata)
        snapshot = log.unsafeVolatileSnapshot()
        version = (snapshot.metadata().id(), snapshot.version())
        with self._lock:
            known = self._described.get((database, table))
        if not known or known[0] != version:
            delta = snapshot.metadata()
            described = self._columns(delta.schema())
            entries = delta.configuration().iterator()
            described["properties"] = {}
            while entries.hasNext():
                entry = entries.next()
                described["properties"][entry._1()] = entry._2()
            columns = delta.partitionColumns()
            described["partitions"] = [columns.apply(i) for i in range(columns.size())]
            described["comment"] = delta.description()
            known = (version, described)
            with self._lock:
                self._described[(database, table)] = known
        return facts | known[1]

    @staticmethod
    def _columns(schema):
        columns = []
        for parsed in json.loads(schema.json())["fields"]:
            columns.append({"name": parsed["name"], "nullable": parsed["nullable"], "metadata": parsed["metadata"],
                            "base": parsed["type"]["type"] if isinstance(parsed["type"], dict) else parsed["type"],
                            "full": parsed["metadata"].get("__CHAR_VARCHAR_TYPE_STRING") or full_data_type(parsed["type"])})
        return {"columns": columns}

    @staticmethod
    def _tables_rows(key, facts):
        view = facts["type"] == "VIEW"
        return [key | {"table_type": facts["type"], "is_insertable_into": "NO" if view else "YES", "commit_action": "PRESERVE",
                       "table_owner": _OWNER, "comment": facts["comment"], "created_by": _OWNER, "last_altered_by": _OWNER,
                       "data_source_format": "UNKNOWN_DATA_SOURCE_FORMAT" if view else facts["format"],
                       "storage_path": facts.get("path")} | _times(facts["created"])]

    @staticmethod
    def _views_rows(key, facts):
        if facts["type"] != "VIEW":
            return []
        return [key | {"view_definition": facts["view_text"], "check_option": "NONE", "is_updatable": "NO", "is_insertable_into": "NO",
                       "is_materialized": "NO"}]

    def _columns_rows(self, key, facts):
        rows = []
        for position, column in enumerate(facts["columns"]):
            base, decimal = column["base"], re.fullmatch(r"decimal\((\d+),(\d+)\)", column["base"])
            name = "DECIMAL" if decimal else _DATA_TYPES.get(base, re.split(r"[( ]", base)[0].upper())
            rows.append(key | {
                "column_name": column["name"], "ordinal_position": position, "is_nullable": "YES" if column["nullable"] else "NO",
                "column_default": column["metadata"].get("CURRENT_DEFAULT") if self.column_defaults_visible else None,
                "full_data_type": column["full"], "data_type": name,
                "numeric_precision": int(decimal[1]) if decimal else _BITS.get(base),
                "numeric_precision_radix": 10 if decimal else 2 if base in _BITS else None,
                "numeric_scale": int(decimal[2]) if decimal else 0 if base in ("byte", "short", "integer", "long") else None,
                "datetime_precision": {"date": 0, "timestamp": 3, "timestamp_ntz": 3}.get(base),
                "is_identity": "NO", "is_generated": "NO", "is_system_time_period_start": "NO", "is_system_time_period_end": "NO",
                "is_updatable": "YES",
                "partition_ordinal_position": facts["partitions"].index(column["name"]) + 1 if column["name"] in facts["partitions"] else None,
                "comment": column["metadata"].get("comment")})
        return rows

    @staticmethod
    def _constraint_key(key, name):
        return {"constraint_catalog": key["table_catalog"], "constraint_schema": key["table_schema"], "constraint_name": name}

    def _table_constraints_rows(self, key, facts):
        kinds = {name.removeprefix("delta.constraints."): "CHECK" for name in facts["properties"] if name.startswith("delta.constraints.")}
        kinds |= {name: constraint["type"] for name, constraint in facts["constraints"].items()}
        return [self._constraint_key(key, name) | key | {"constraint_type": kind, "is_deferrable": "NO", "initially_deferred": "NO",
                                                         "enforced": "NO"} for name, kind in sorted(kinds.items())]

    def _key_column_usage_rows(self, key, facts):
        return [self._constraint_key(key, name) | key | {
                    "column_name": column, "ordinal_position": i + 1,
                    "position_in_unique_constraint": i + 1 if constraint["type"] == "FOREIGN KEY" else None}
                for name, constraint in sorted(facts["constraints"].items()) for i, column in enumerate(constraint["columns"])]


def _times(created):
    text = datetime.fromtimestamp(created / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {"created": text, "last_altered": text}


def qualified(names, text):
    """(database, table) of a name as the statement wrote it, or None."""
    parts = [p.lower() for p in text]
    if len(parts) == 2 and names.default_catalog:
        parts = [names.default_catalog] + parts
    if len(parts) != 3:
        return None
    return database_of(names.metastore, parts[0], parts[1]), encode(parts[2])
