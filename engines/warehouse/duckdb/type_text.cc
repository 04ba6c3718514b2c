#include "engines/warehouse/duckdb/type_text.h"

#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "engines/warehouse/duckdb/keywords.h"
#include "engines/warehouse/type_scanner.h"

namespace lockstep {

namespace {

constexpr int kDeepestType = 64;

// Name and synonyms [DuckDB documentation, data types overview]; the first of a row is what the engine prints.
constexpr std::array<std::pair<std::string_view, std::string_view>, 60> kScalars = {{
    {"BIGINT", "BIGINT"},
    {"INT8", "BIGINT"},
    {"LONG", "BIGINT"},
    {"INT64", "BIGINT"},
    {"BIT", "BIT"},
    {"BITSTRING", "BIT"},
    {"BLOB", "BLOB"},
    {"BYTEA", "BLOB"},
    {"BINARY", "BLOB"},
    {"VARBINARY", "BLOB"},
    {"BOOLEAN", "BOOLEAN"},
    {"BOOL", "BOOLEAN"},
    {"LOGICAL", "BOOLEAN"},
    {"DATE", "DATE"},
    {"DOUBLE", "DOUBLE"},
    {"FLOAT8", "DOUBLE"},
    {"FLOAT", "FLOAT"},
    {"FLOAT4", "FLOAT"},
    {"REAL", "FLOAT"},
    {"HUGEINT", "HUGEINT"},
    {"INT128", "HUGEINT"},
    {"INTEGER", "INTEGER"},
    {"INT4", "INTEGER"},
    {"INT", "INTEGER"},
    {"SIGNED", "INTEGER"},
    {"INT32", "INTEGER"},
    {"INTERVAL", "INTERVAL"},
    {"JSON", "JSON"},
    {"SMALLINT", "SMALLINT"},
    {"INT2", "SMALLINT"},
    {"SHORT", "SMALLINT"},
    {"INT16", "SMALLINT"},
    {"TIME", "TIME"},
    {"TIME WITH TIME ZONE", "TIME WITH TIME ZONE"},
    {"TIMETZ", "TIME WITH TIME ZONE"},
    {"TIME_NS", "TIME_NS"},
    {"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE"},
    {"TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"},
    {"TIMESTAMP", "TIMESTAMP"},
    {"DATETIME", "TIMESTAMP"},
    {"TIMESTAMP_US", "TIMESTAMP"},
    {"TIMESTAMP_S", "TIMESTAMP_S"},
    {"TIMESTAMP_MS", "TIMESTAMP_MS"},
    {"TIMESTAMP_NS", "TIMESTAMP_NS"},
    {"TINYINT", "TINYINT"},
    {"INT1", "TINYINT"},
    {"UBIGINT", "UBIGINT"},
    {"UHUGEINT", "UHUGEINT"},
    {"UINTEGER", "UINTEGER"},
    {"USMALLINT", "USMALLINT"},
    {"UTINYINT", "UTINYINT"},
    {"UUID", "UUID"},
    {"GUID", "UUID"},
    {"VARCHAR", "VARCHAR"},
    {"CHAR", "VARCHAR"},
    {"BPCHAR", "VARCHAR"},
    {"TEXT", "VARCHAR"},
    {"STRING", "VARCHAR"},
    {"VARIANT", "VARIANT"},
    {"GEOMETRY", "GEOMETRY"},
}};

std::string quote(std::string_view text, char mark) {
  std::string quoted(1, mark);
  for (char c : text) {
    if (c == mark) quoted += mark;
    quoted += c;
  }
  return quoted + mark;
}

class TypeParser {
 public:
  explicit TypeParser(std::string_view text) : scan_(text) {}

  // Nothing when the text is not wholly understood.
  std::optional<DataType> parse_whole() {
    std::optional<DataType> type = parse(0);
    if (type && scan_.at_end()) return type;
    return std::nullopt;
  }

 private:
  std::optional<DataType> parse(int depth) {
    if (depth > kDeepestType) return std::nullopt;
    const std::size_t start = scan_.position();
    std::optional<DataType> type = base(depth);
    while (type && scan_.take('[')) {
      DataType outer;
      outer.kind = DataType::Kind::list;
      if (std::optional<int> size = scan_.number()) {
        outer.kind = DataType::Kind::array;
        outer.size = *size;
      }
      if (!scan_.take(']') || ++depth > kDeepestType) return std::nullopt;
      outer.fields.push_back({"element", std::move(*type)});
      outer.text = scan_.since(start);
      type = std::move(outer);
    }
    return type;
  }

  std::optional<DataType> base(int depth) {
    const std::size_t start = scan_.position();
    std::string name = upper_text(scan_.word());
    DataType type;
    if (name == "STRUCT" || name == "ROW") {
      if (!fields(type, depth)) return std::nullopt;
    } else if (name == "MAP") {
      if (!map(type, depth)) return std::nullopt;
    } else if (name == "ENUM") {
      if (!enumeration(type)) return std::nullopt;
    } else if (name == "DECIMAL" || name == "NUMERIC" || name == "DEC") {
      if (!decimal(type)) return std::nullopt;
    } else if (!scalar(type, std::move(name))) {
      return std::nullopt;
    }
    type.text = scan_.since(start);
    return type;
  }

  bool fields(DataType& type, int depth) {
    type.kind = DataType::Kind::structure;
    if (!scan_.take('(')) return false;
    do {
      TypeField field;
      if (scan_.peek() == '"') {
        std::optional<std::string> name = scan_.quoted('"');
        if (!name) return false;
        field.name = std::move(*name);
      } else {
        field.name = std::string(scan_.word());
        if (field.name.empty()) return false;
      }
      std::optional<DataType> inner = parse(depth + 1);
      if (!inner) return false;
      field.type = std::move(*inner);
      type.fields.push_back(std::move(field));
    } while (scan_.take(','));
    return scan_.take(')');
  }

  bool map(DataType& type, int depth) {
    type.kind = DataType::Kind::map;
    if (!scan_.take('(')) return false;
    std::optional<DataType> key = parse(depth + 1);
    if (!key || !scan_.take(',')) return false;
    std::optional<DataType> value = parse(depth + 1);
    if (!value) return false;
    type.fields = {{"key", std::move(*key)}, {"value", std::move(*value)}};
    return scan_.take(')');
  }

  bool enumeration(DataType& type) {
    type.kind = DataType::Kind::enumeration;
    if (!scan_.take('(')) return false;
    do {
      std::optional<std::string> value = scan_.quoted('\'');
      if (!value) return false;
      type.values.push_back(std::move(*value));
    } while (scan_.take(','));
    return scan_.take(')');
  }

  bool decimal(DataType& type) {
    type.kind = DataType::Kind::decimal;
    type.precision = 18;
    type.scale = 3;
    if (!scan_.take('(')) return true;
    std::optional<int> precision = scan_.number();
    if (!precision || *precision < 1 || *precision > 38) return false;
    type.precision = *precision;
    type.scale = 0;
    if (scan_.take(',')) {
      std::optional<int> scale = scan_.number();
      if (!scale || *scale < 0 || *scale > *precision) return false;
      type.scale = *scale;
    }
    return scan_.take(')');
  }

  bool scalar(DataType& type, std::string name) {
    if (name == "TIMESTAMP" || name == "TIME") {
      const std::size_t before = scan_.position();
      if (scan_.take_word("WITH") && scan_.take_word("TIME") && scan_.take_word("ZONE"))
        name += " WITH TIME ZONE";
      else
        scan_.go_back(before);
    }
    for (const auto& [spelling, engine_name] : kScalars) {
      if (spelling != name) continue;
      type.kind = DataType::Kind::scalar;
      type.name = std::string(engine_name);
      if (type.name == "VARCHAR" && scan_.take('('))
        return scan_.number().has_value() && scan_.take(')');  // a length means nothing
      return true;
    }
    return false;
  }

  TypeScanner scan_;
};

}  // namespace

DataType parse_duckdb_type(std::string_view text) {
  if (std::optional<DataType> type = TypeParser(text).parse_whole()) return std::move(*type);
  DataType unknown;
  unknown.text = std::string(trim_blanks(text));
  return unknown;
}

std::string print_duckdb_type(const DataType& type) {
  switch (type.kind) {
    case DataType::Kind::scalar:
      return type.name;
    case DataType::Kind::decimal:
      return "DECIMAL(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
    case DataType::Kind::list:
      return print_duckdb_type(type.fields.at(0).type) + "[]";
    case DataType::Kind::array:
      return print_duckdb_type(type.fields.at(0).type) + "[" + std::to_string(type.size) + "]";
    case DataType::Kind::map:
      return "MAP(" + print_duckdb_type(type.fields.at(0).type) + ", " + print_duckdb_type(type.fields.at(1).type) +
             ")";
    case DataType::Kind::structure: {
      std::string text = "STRUCT(";
      for (std::size_t i = 0; i < type.fields.size(); ++i)
        text += (i == 0 ? "" : ", ") + print_duckdb_name(type.fields[i].name) + " " +
                print_duckdb_type(type.fields[i].type);
      return text + ")";
    }
    case DataType::Kind::enumeration: {
      std::string text = "ENUM(";
      for (std::size_t i = 0; i < type.values.size(); ++i)
        text += (i == 0 ? "" : ", ") + quote_duckdb_literal(type.values[i]);
      return text + ")";
    }
    case DataType::Kind::unknown:
      return type.text;
  }
  return type.text;
}

std::string print_duckdb_name(std::string_view name) {
  bool plain = !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0;
  for (char c : name) plain = plain && (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_');
  return plain && !is_duckdb_keyword(name) ? std::string(name) : quote_duckdb_identifier(name);
}

std::string quote_duckdb_identifier(std::string_view name) {
  return quote(name, '"');
}
std::string quote_duckdb_literal(std::string_view text) {
  return quote(text, '\'');
}

}  // namespace lockstep
