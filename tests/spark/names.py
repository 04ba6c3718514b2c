"""Names of three levels on a Spark session that has two.

A catalog is a prefix of database names: `prod`.`sales`.`orders` is the table `orders` of the database `prod__sales`; in the
metastore "other" it is `other___prod__sales`. Spark allows only letters, digits and _ in names of databases and tables, so other
characters are spelled out as zx<hex>xz. Names are lower-case, as Unity Catalog keeps them.

Statements are rewritten word by word: string literals and comments are stepped over, and a chain of identifiers is mapped when it
starts with a known catalog (so `st`.`a`.`b`, a field of a column, stays) or stands where only a relation can stand.
"""
import re
from dataclasses import dataclass, field

_PART = r"`(?:[^`]|``)*`|[A-Za-z_]\w*"
_TOKEN = re.compile(
    rf"""(?P<skip>[rR]'[^']*'|[rR]"[^"]*"|--[^\n]*|/\*.*?\*/|\s+)
       |(?P<string>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*")
       |(?P<chain>(?:{_PART})(?:\s*\.\s*(?:{_PART}))*)
       |(?P<parameter>(?<![:\w\])`]):[A-Za-z_]\w*)
       |(?P<number>\d[\w.]*)
       |(?P<other>.)""", re.VERBOSE | re.DOTALL)
_IDENTIFIER_CLAUSE = re.compile(r"\bIDENTIFIER\s*\(\s*(?::(\w+)|'([^']*)')\s*\)", re.IGNORECASE)
_RELATION_WORDS = {"FROM", "JOIN", "INTO", "TABLE", "UPDATE", "VIEW", "DETAIL", "HISTORY", "CLONE", "DESCRIBE", "DESC", "EXTENDED",
                   "FORMATTED", "OVERWRITE", "USING", "TBLPROPERTIES", "OPTIMIZE", "VACUUM", "REFRESH", "RESTORE"}
_SCHEMA_WORDS = {"SCHEMA", "DATABASE"}


def quote(name):
    return "`" + name.replace("`", "``") + "`"


def split_name(text):
    """'prod.`line items`.x' -> ['prod', 'line items', 'x']"""
    return [part[1:-1].replace("``", "`") if part.startswith("`") else part for part in re.findall(_PART, text)]


def encode(name):
    name = re.sub(r"[^a-z0-9_]", lambda m: f"zx{ord(m[0]):x}xz", name.lower())
    return re.sub(r"^_|_$|(?<=_)_", "zx5fxz", name)


def decode(name):
    return re.sub(r"zx([0-9a-f]{2,6})xz", lambda m: chr(int(m[1], 16)), name)


def database_of(metastore, catalog, schema):
    return (f"{encode(metastore)}___" if metastore else "") + f"{encode(catalog)}__{encode(schema)}"


def parse_database(database):
    """'other___prod__sales' -> ('other', 'prod', 'sales'); None for what is no catalog's schema."""
    metastore, separator, rest = database.partition("___")
    if not separator:
        metastore, rest = "", database
    catalog, separator, schema = rest.partition("__")
    return (decode(metastore), decode(catalog), decode(schema)) if separator else None


_SPARK_NAME = re.compile(r"(?:`?spark_catalog`?\.)?(`?)((?:\w+?___)?\w+?__\w+)\1\.(`?)(\w+)\3")


def names_of_the_user(text):
    """Turns the session's names in a message or a view's text back into those that were written: `prod`.`sales`.`orders`."""
    def back(match):
        parsed = parse_database(match[2])
        if not parsed:
            return match[0]
        parts = [parsed[1], parsed[2], decode(match[4])]
        return ".".join(quote(p) if match[1] or match[3] else p for p in parts)
    return decode(_SPARK_NAME.sub(back, text))


@dataclass
class Mapped:
    text: str
    information_schema: dict = field(default_factory=dict)  # (catalog or None for all, relation) -> name of the temporary view
    unknown_catalog: str = ""


class Names:
    """What one statement sees: its metastore, the catalogs and schemas there, and the defaults of the call."""

    def __init__(self, metastore, databases, catalogs=(), default_catalog="", default_schema=""):
        self.metastore = metastore
        self.schemas = {p[1:] for p in map(parse_database, databases) if p and p[0] == metastore}
        self.catalogs = {c for c, _ in self.schemas} | set(catalogs)
        self.default_catalog = default_catalog.lower()
        self.default_schema = default_schema.lower()

    def database(self, catalog, schema):
        return database_of(self.metastore, catalog, schema)

    def map_name(self, text):
        """The name inside the string literal of table_changes('prod.sales.orders', ...)."""
        parts = split_name(text)
        if len(parts) == 3:
            return f"{self.database(*parts[:2])}.{encode(parts[2])}"
        if len(parts) == 2 and self.default_catalog:
            return f"{self.database(self.default_catalog, parts[0])}.{encode(parts[1])}"
        return text

    def map(self, text, parameters=None):
        """parameters: name -> SQL text of the value, put where the marker :name stands."""
        parameters = parameters or {}

        def identifier(match):
            value = parameters.get(f"identifier {match[1]}") if match[1] else match[2]
            return match[0] if value is None else ".".join(quote(p) for p in split_name(value))
        text = _IDENTIFIER_CLAUSE.sub(identifier, text)
        chains = [split_name(m["chain"]) for m in _TOKEN.finditer(text) if m["chain"]]
        out, mapped, words = [], Mapped(""), []
        several = len({self._information_schema_catalog(c) for c in chains} - {""}) > 1
        changes = False  # inside table_changes(
        for token in _TOKEN.finditer(text):
            kind, value = token.lastgroup, token[0]
            if kind == "skip":
                out.append(value)
                continue
            if kind == "string" and changes:
                value = f"'{self.map_name(value[1:-1])}'"
            if kind == "parameter":
                value = parameters.get(value[1:], value)
            if kind == "chain":
                parts = split_name(value)
                plain = len(parts) == 1 and not value.startswith("`")
                value = self._map_chain(parts, value, words, mapped, several)
                words = (words + [value.upper()])[-6:] if plain else ["<name>"]
                changes = changes or (plain and words[-1] == "TABLE_CHANGES")
            else:
                words = []
                changes = changes and value == "("
            out.append(value)
        mapped.text = "".join(out)
        return mapped

    def _information_schema_catalog(self, parts):
        parts = [p.lower() for p in parts]
        if len(parts) >= 3 and parts[1] == "information_schema" and (parts[0] in self.catalogs or parts[0] == "system"):
            return parts[0]
        return self.default_catalog if len(parts) >= 2 and parts[0] == "information_schema" else ""

    def _map_chain(self, parts, original, words, mapped, several):
        previous = list(words)
        while previous[-1:] and previous[-1] in ("IF", "NOT", "EXISTS"):
            previous.pop()
        skipped = len(previous) != len(words)
        last = previous[-1] if previous else ""
        relation = last in ("TABLE", "VIEW") or (not skipped and last in _RELATION_WORDS and previous[-2:-1] != ["DISTINCT"])
        schema_place = last in _SCHEMA_WORDS or (last in ("IN", "FROM") and previous[-2:-1] and previous[-2] in ("TABLES", "VIEWS", "COLUMNS"))
        lower = [p.lower() for p in parts]
        if last == "COLUMNS" and skipped:  # DROP COLUMNS IF EXISTS
            relation = schema_place = False
        if schema_place and len(parts) == 2 and previous[-2:-1] != ["COLUMNS"]:
            return quote(self.database(*parts))
        if schema_place and len(parts) == 1 and self.default_catalog and not (last in _SCHEMA_WORDS and lower[0] in ("if",)):
            return original if original.upper() in ("IF", "NOT", "EXISTS") else quote(self.database(self.default_catalog, parts[0]))
        known = lower[0] in self.catalogs or (lower[0] == "system" and lower[1:2] == ["information_schema"])
        if len(parts) >= 3 and (known or relation):
            catalog, schema, rest = lower[0], lower[1], parts[2:]
        elif len(parts) >= 2 and self.default_catalog and (
                relation or lower[0] == "information_schema" or (self.default_catalog, lower[0]) in self.schemas):
            catalog, schema, rest = self.default_catalog, lower[0], parts[1:]
        elif len(parts) == 1 and relation and original.startswith("`"):
            return quote(encode(parts[0]))
        else:
            return original
        if schema == "information_schema":
            if catalog not in self.catalogs and catalog != "system":
                mapped.unknown_catalog = catalog
            name = rest[0].lower() if not several else f"{encode(catalog)}__{rest[0].lower()}"
            mapped.information_schema[(None if catalog == "system" else catalog, rest[0].lower())] = name
            return ".".join(quote(p) for p in [name] + rest[1:])
        return ".".join([quote(self.database(catalog, schema)), quote(encode(rest[0]))] + [quote(p) for p in rest[1:]])
