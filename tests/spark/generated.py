"""CREATE TABLE with GENERATED columns, which Delta's SQL outside of Databricks refuses but its table builder makes.

The clauses are taken out of the statement, the table is made as Spark would, and then made again by the builder with what DESCRIBE
DETAIL says of it plus the clauses. It stays one commit, version 0.
"""
import re

_CLAUSE = re.compile(r"\bGENERATED\s+(?:(ALWAYS)\s+AS\s*\((?!\s*START)|(ALWAYS|BY\s+DEFAULT)\s+AS\s+IDENTITY\b\s*(\([^)]*\))?)", re.IGNORECASE)
_CREATE = re.compile(r"\s*CREATE\s+(OR\s+REPLACE\s+)?TABLE\s+(IF\s+NOT\s+EXISTS\s+)?((?:`[^`]*`|\w+)(?:\.(?:`[^`]*`|\w+))*)\s*\(", re.IGNORECASE)


def _closing(text, start):
    """The place after the parenthesis that closes the one before `start`; string literals are stepped over."""
    depth, quoted = 1, False
    for place in range(start, len(text)):
        character = text[place]
        if character == "'":
            quoted = not quoted
        elif not quoted:
            depth += (character == "(") - (character == ")")
            if depth == 0:
                return place + 1
    raise ValueError("a parenthesis is not closed")


def _column_before(text):
    """The name of the column whose definition the text ends in."""
    depth, start = 0, 0
    for place in range(len(text) - 1, -1, -1):
        depth += (text[place] in ")>") - (text[place] in "(<")
        if depth < 0 or (depth == 0 and text[place] == ","):
            start = place + 1
            break
    return re.match(r"\s*(`[^`]*`|\w+)", text[start:])[1].strip("`")


def take_out(text):
    """(statement without the clauses, {column in lower case: ("expression", e) | ("identity", always, start, step)})."""
    clauses, out, place = {}, "", 0
    while match := _CLAUSE.search(text, place):
        out += text[place:match.start()]
        place = _closing(text, match.end()) if match[1] else match.end()
        name = _column_before(out).lower()
        if match[1]:
            clauses[name] = ("expression", text[match.end():place - 1].strip())
        else:
            numbers = {word.upper(): int(value) for word, value in re.findall(r"(START|INCREMENT)\s+(?:WITH|BY)\s+(-?\d+)", match[3] or "", re.I)}
            clauses[name] = ("identity", match[2].upper() == "ALWAYS", numbers.get("START", 1), numbers.get("INCREMENT", 1))
    return out + text[place:], clauses


def create(session, text):
    """Runs the statement when it has GENERATED columns; False when it is none of this file's business."""
    head = _CREATE.match(text)
    if not head or not _CLAUSE.search(text):
        return False
    from delta.tables import DeltaTable, IdentityGenerator
    replace, if_missing, table = head[1], head[2], head[3]
    if if_missing and session.catalog.tableExists(table.replace("`", "")):
        return True
    plain, clauses = take_out(text)
    session.sql(plain)
    detail = session.sql(f"DESCRIBE DETAIL {table}").collect()[0]
    schema = session.table(table).schema
    if not replace:
        session.sql(f"DROP TABLE {table}")
    builder = DeltaTable.replace(session) if replace else DeltaTable.create(session)
    builder = builder.tableName(table)
    from pyspark.sql.types import StructType
    for field in schema.fields:
        kind, *values = clauses.get(field.name.lower(), ("",))
        if not kind:
            builder = builder.addColumns(StructType([field]))
            continue
        options = {"nullable": field.nullable, "comment": field.metadata.get("comment")}
        if kind == "expression":
            options["generatedAlwaysAs"] = values[0]
        else:
            options["generatedAlwaysAs" if values[0] else "generatedByDefaultAs"] = IdentityGenerator(values[1], values[2])
        builder = builder.addColumn(field.name, field.dataType, **options)
    for name, value in detail.properties.items():
        if name != "delta.columnMapping.maxColumnId":  # Delta's own account
            builder = builder.property(name, value)
    for feature in re.findall(r"'delta\.feature\.(\w+)'\s*=", text):
        builder = builder.property(f"delta.feature.{feature}", "supported")
    if detail.partitionColumns:
        builder = builder.partitionedBy(*detail.partitionColumns)
    if detail.clusteringColumns:
        builder = builder.clusterBy(*detail.clusteringColumns)
    if detail.description:
        builder = builder.comment(detail.description)
    builder.execute()
    return True
