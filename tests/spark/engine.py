"""One Spark session with Delta Lake, and the running of one statement on it as a SQL warehouse would.

Each statement runs in a session of its own (as each call of the Statement Execution API does), so USE, SET and temporary views do
not reach the next one. Cells become text inside Spark, so that what is sent is what Spark itself prints.
"""
import glob
import logging
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import generated
from information_schema import InformationSchema, literal, qualified
from names import Names, decode, names_of_the_user, parse_database, split_name

_TYPE_NAMES = {"bigint": "LONG", "smallint": "SHORT", "tinyint": "BYTE", "void": "NULL", "int": "INT"}


class StatementError(Exception):
    def __init__(self, message, sql_state=None):
        super().__init__(message)
        self.message, self.sql_state = message, sql_state


@dataclass
class Result:
    columns: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    truncated: bool = False


def start_session(folder, jars):
    """folder: where tables go; jars: the folder with the Delta jars. The JVM gets 1 GB, Spark two threads."""
    from pyspark.sql import SparkSession
    paths = sorted(glob.glob(os.path.join(jars, "*.jar")))
    if not paths:
        sys.exit(f"gateway: no Delta jars in {jars}; ./dev test makes the environment anew when its folder is removed")
    settings = {
        "spark.driver.memory": "1g", "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false",
        "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1",
        "spark.jars": ",".join(paths), "spark.sql.warehouse.dir": str(Path(folder) / "warehouse"), "spark.local.dir": str(folder),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.sources.default": "delta", "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "2",
        "spark.databricks.delta.snapshotPartitions": "1", "spark.default.parallelism": "2",
        # One job after the other would let a long statement hold up all others.
        "spark.scheduler.mode": "FAIR",
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "
                                         f"-Dderby.system.home={folder} -Djava.io.tmpdir={folder}",
    }
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    builder = SparkSession.builder.master("local[2]").appName("lockstep-gateway")
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("FATAL")  # what fails is told to the client
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL + 1)
    return session


def column_of(position, spark_field):
    kind = spark_field.dataType
    text = spark_field.dataType.simpleString()
    base = re.split(r"[(<]", text)[0]
    name = "INTERVAL" if text.startswith("interval") else _TYPE_NAMES.get(base, base.upper())
    column = {"name": spark_field.name, "type_text": type_text(kind), "type_name": name, "position": position}
    if base == "decimal":
        column |= {"type_precision": kind.precision, "type_scale": kind.scale}
    if name == "INTERVAL":
        column["type_interval_type"] = text.removeprefix("interval ").upper()
    return column


def type_text(kind):
    """The SQL form: STRUCT<street: STRING, n: INT>."""
    name = kind.typeName()
    if name == "struct":
        return "STRUCT<" + ", ".join(f"{_field_name(f.name)}: {type_text(f.dataType)}" + ("" if f.nullable else " NOT NULL")
                                     for f in kind.fields) + ">"
    if name == "array":
        return f"ARRAY<{type_text(kind.elementType)}>"
    if name == "map":
        return f"MAP<{type_text(kind.keyType)}, {type_text(kind.valueType)}>"
    return kind.simpleString().upper()


def _field_name(name):
    return name if re.fullmatch(r"\w+", name) else "`" + name.replace("`", "``") + "`"


def _cell(name, kind):
    """The SQL expression that makes the wire's text of a column."""
    base = kind.typeName()
    if base == "timestamp":
        return (f"date_format({name}, CASE WHEN unix_micros({name}) % 1000 = 0 THEN \"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\" "
                f"ELSE \"yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX\" END)")
    if base == "timestamp_ntz":
        return f"date_format({name}, \"yyyy-MM-dd'T'HH:mm:ss.SSS\")"
    if base == "binary":
        return f"base64({name})"
    if base in ("array", "map", "struct"):
        return f"to_json({name}, map('ignoreNullFields', 'false'))"
    return f"CAST({name} AS STRING)"


class Engine:
    def __init__(self, folder, jars):
        self.session = start_session(folder, jars)
        self.information_schema = InformationSchema(self.session)
        self.catalogs = {}  # metastore -> catalogs made by CREATE CATALOG that may have no schema yet

    def names(self, metastore, catalog="", schema=""):
        return Names(metastore, self.information_schema.databases(), self.catalogs.get(metastore, ()), catalog or "", schema or "")

    def warm_up(self):
        self.run("SELECT 1", "")

    def run(self, text, metastore, parameters=(), catalog="", schema="", row_limit=None, counts=True, started=lambda session: None):
        """Runs one statement. Raises StatementError with Spark's message, in which names are the user's again.

        `started` gets the statement's session: its interruptAll() ends this statement and nothing else. (Tags would not do: a session
        keeps them by thread, so that another thread cannot interrupt by them.)"""
        from pyspark.errors import PySparkException
        from py4j.protocol import Py4JJavaError
        session = self.session.newSession()
        started(session)
        try:
            names = self.names(metastore, catalog, schema)
            result = self._own(text, names)
            if result is not None:
                return result
            mapped = names.map(text, self._parameters(parameters))
            if mapped.unknown_catalog:
                raise StatementError(f"[NO_SUCH_CATALOG_EXCEPTION] Catalog '{mapped.unknown_catalog}' was not found. Please verify the "
                                     "catalog name and then retry the query or command again. SQLSTATE: 42704", "42704")
            self.information_schema.create_views(session, metastore, mapped.information_schema)
            if catalog and schema and (catalog.lower(), schema.lower()) in names.schemas:
                session.sql(f"USE `{names.database(catalog, schema)}`")
            return self._execute(session, mapped.text, row_limit, counts)
        except PySparkException as error:
            raise StatementError(names_of_the_user(_message(error)), error.getSqlState() or _sql_state(getattr(error, "_origin", None))) from error
        except Py4JJavaError as error:
            raise _of_java(error) from error

    @staticmethod
    def _parameters(parameters):
        values = {}
        for parameter in parameters:
            value, kind = parameter.get("value"), parameter.get("type") or "STRING"
            if not re.fullmatch(r"[A-Za-z_]+(\(\d+(,\s*\d+)?\))?( [A-Za-z ]+)?", kind) or re.match(r"(?i)array|map|struct", kind):
                raise StatementError(f"[INVALID_PARAMETER_TYPE] {kind} is no type of a parameter. SQLSTATE: 42K09", "42K09")
            quoted = "NULL" if value is None else literal(value)
            values[parameter["name"]] = f"CAST({quoted} AS {kind})"
            if value is not None:
                values[f"identifier {parameter['name']}"] = value
        return values

    def _execute(self, session, text, row_limit, counts):
        insert = re.match(r"\s*INSERT\s+(?:INTO|OVERWRITE)\s+(?:TABLE\s+)?((?:`[^`]*`|\w+)(?:\.(?:`[^`]*`|\w+))*)", text, re.IGNORECASE)
        if insert and counts:
            return self._insert(session, text, insert[1])
        if generated.create(session, text):
            return Result()
        frame = session.sql(text)
        fields = frame.schema.fields
        columns = [column_of(i, f) for i, f in enumerate(fields)]
        if not fields:
            return Result()
        plain = frame.toDF(*[f"c{i}" for i in range(len(fields))])
        if row_limit is not None:
            plain = plain.limit(row_limit + 1)
        rows = [list(r) for r in plain.selectExpr(*[f"{_cell(f'c{i}', f.dataType)} AS c{i}" for i, f in enumerate(fields)]).collect()]
        if re.match(r"\s*(DESCRIBE|DESC|SHOW)\b", text, re.IGNORECASE):
            rows = [[_shown(cell) for cell in row] for row in rows]
        truncated = row_limit is not None and len(rows) > row_limit
        return Result(columns, rows[:row_limit] if truncated else rows, truncated)

    def _insert(self, session, text, table):
        """Spark answers an INSERT with nothing; a warehouse answers with counts, which Delta keeps in the table's history."""
        session.conf.set("spark.databricks.delta.commitInfo.userMetadata", f"statement-{id(session)}")
        session.sql(text)
        session.conf.unset("spark.databricks.delta.commitInfo.userMetadata")
        history = session.sql(f"DESCRIBE HISTORY {table} LIMIT 5").selectExpr("userMetadata", "operationMetrics").collect()
        count = next((r.operationMetrics.get("numOutputRows", "0") for r in history if r.userMetadata == f"statement-{id(session)}"), "0")
        columns = [{"name": name, "type_text": "BIGINT", "type_name": "LONG", "position": i}
                   for i, name in enumerate(("num_affected_rows", "num_inserted_rows"))]
        return Result(columns, [[count, count]])

    def _own(self, text, names):
        """Statements of Unity Catalog that Spark has not, or has on other names."""
        text = re.sub(r"^(\s|--[^\n]*\n|/\*.*?\*/)+", "", text, flags=re.DOTALL).rstrip(" \n;")
        own = self.catalogs.setdefault(names.metastore, set())
        if match := re.fullmatch(r"(?i)CREATE\s+CATALOG\s+(IF\s+NOT\s+EXISTS\s+)?(`[^`]+`|\w+).*", text, re.DOTALL):
            own.add(split_name(match[2])[0].lower())
            return Result()
        if match := re.fullmatch(r"(?i)DROP\s+CATALOG\s+(IF\s+EXISTS\s+)?(`[^`]+`|\w+)(\s+CASCADE)?", text):
            name = split_name(match[2])[0].lower()
            for catalog, schema in names.schemas:
                if catalog == name:
                    self.session.sql(f"DROP DATABASE `{names.database(catalog, schema)}` CASCADE")
            own.discard(name)
            return Result()
        if re.fullmatch(r"(?i)USE\s+CATALOG\s+\S+", text):
            return Result()
        if re.fullmatch(r"(?i)SHOW\s+CATALOGS", text):
            return _strings("catalog", sorted(names.catalogs))
        if match := re.fullmatch(r"(?i)SHOW\s+(?:SCHEMAS|DATABASES)(?:\s+(?:IN|FROM)\s+(`[^`]+`|\w+))?", text):
            catalog = split_name(match[1])[0].lower() if match[1] else names.default_catalog
            return _strings("databaseName", sorted(s for c, s in names.schemas if c == catalog))
        return self._keys(text, names)

    def _keys(self, text, names):
        """PRIMARY KEY and FOREIGN KEY are informational there and unknown to open-source Delta: they are only remembered."""
        kept = self.information_schema.informational
        added = re.fullmatch(r"(?i)ALTER\s+TABLE\s+(\S+)\s+ADD\s+CONSTRAINT\s+(`[^`]+`|\w+)\s+(PRIMARY|FOREIGN)\s+KEY\s*\(([^)]*)\).*", text,
                             re.DOTALL)
        if added:
            place = qualified(names, split_name(added[1]))
            if place is None:
                return None
            kept.setdefault(place, {})[split_name(added[2])[0].lower()] = {"type": f"{added[3].upper()} KEY", "columns": split_name(added[4])}
            return Result()
        dropped = re.fullmatch(r"(?i)ALTER\s+TABLE\s+(\S+)\s+DROP\s+CONSTRAINT\s+(?:IF\s+EXISTS\s+)?(`[^`]+`|\w+).*", text)
        if dropped:
            place = qualified(names, split_name(dropped[1]))
            if kept.get(place, {}).pop(split_name(dropped[2])[0].lower(), None):
                return Result()
        gone = re.fullmatch(r"(?i)(?:DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?|CREATE\s+OR\s+REPLACE\s+TABLE\s+)(\S+).*", text, re.DOTALL)
        if gone:
            kept.pop(qualified(names, split_name(gone[1])), None)
        return None


def _shown(cell):
    """A cell of SHOW or DESCRIBE: names are the user's again; a location stays as it is."""
    if not cell or "/" in cell:
        return cell
    if "__" not in cell:
        return decode(cell)
    database = parse_database(cell) if re.fullmatch(r"\w+", cell) else None
    return database[2] if database else names_of_the_user(cell)


def _strings(name, values):
    return Result([{"name": name, "type_text": "STRING", "type_name": "STRING", "position": 0}], [[v] for v in values])


def _message(error):
    # Without the logical plan and the stack, which a warehouse does not send. getMessage() fails for Delta's error classes.
    text = getattr(error, "_desc", None) or str(error)
    return re.split(r"\n\s*JVM stacktrace|;\n['+A-Z]", text)[0].rstrip("; \n")


def _of_java(error):
    cause, text = error.java_exception, None
    while cause is not None:
        message = cause.getMessage() or ""
        if re.match(r"\s*\[[A-Z]", message):
            text = message
        cause = cause.getCause()
    text = text or error.java_exception.toString()
    written = re.search(r"SQLSTATE: (\w{5})", text)
    return StatementError(names_of_the_user(text), written[1] if written else _sql_state(error.java_exception))


def _sql_state(cause):
    """Delta's exceptions know it, but neither write it nor tell PySpark."""
    while cause is not None:
        try:
            if state := cause.getSqlState():
                return state
        except Exception:  # this cause has no such method
            pass
        cause = cause.getCause()
    return None
