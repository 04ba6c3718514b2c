#include "engines/warehouse/databricks/digest_expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "engines/warehouse/canonical_value.h"
#include "engines/warehouse/databricks/type_text.h"

namespace lockstep {

namespace {

using Kind = DataType::Kind;

// Deeper types exist only in hostile files; their expressions would grow with the square of the depth.
constexpr int kMaxDepth = 32;

// Columns are written lockstep_t.`c`: a bare `c`.`f` would be column f wherever the table itself is named c.
constexpr const char* kAlias = "lockstep_t";

bool is_float(const DataType& type) {
  return type.kind == Kind::scalar && (type.name == "FLOAT" || type.name == "DOUBLE");
}
bool is_interval(const DataType& type) {
  return type.kind == Kind::scalar && type.name.starts_with("INTERVAL");
}
bool is_collated(const DataType& type) {
  return type.kind == Kind::scalar && type.name.starts_with("STRING COLLATE ");
}

// Both xxhash64 and to_json take them as they are, exactly.
bool plain(const DataType& type) {
  static constexpr std::array kNames{"BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT"};
  return type.kind == Kind::scalar && (std::find(kNames.begin(), kNames.end(), type.name) != kNames.end() ||
                                       (is_databricks_text(type) && !char_length(type) && !is_collated(type)));
}

std::string as_string(std::string_view value) {
  return fmt::format("CAST({} AS STRING)", value);
}

// The value in its common type.
std::string in_common(const std::string& value, const DataType& type, const DataType& common) {
  if (const std::optional<int> length = char_length(type)) {
    // Padding is not part of a CHAR's value. Held against another kind of text, it is what every reader sees.
    return char_length(common) ? fmt::format("rtrim({})", value) : fmt::format("rpad({}, {}, ' ')", value, *length);
  }
  if (is_collated(type)) return fmt::format("({} COLLATE UTF8_BINARY)", value);
  if (same_type(type, common) || (is_databricks_text(type) && is_databricks_text(common))) return value;
  return fmt::format("CAST({} AS {})", value, print_databricks_type(common));
}

// One zero and one NaN, whatever the bits.
std::string one_float(const std::string& value, const DataType& type) {
  return fmt::format("CASE WHEN isnan({0}) THEN CAST('NaN' AS {1}) ELSE {0} + CAST(0 AS {1}) END", value, type.name);
}

// The JSON does not tell a date from its text, nor 1 from 1.0 of another type: the schema does.
std::string variant_text(const std::string& value) {
  return fmt::format("concat(to_json({0}), ' ', schema_of_variant({0}))", value);
}

class SparkSyntax : public CanonicalSyntax {
 public:
  [[nodiscard]] std::string leaf(const std::string& value, const DataType& type,
                                 const DataType& common) const override {
    std::string x = in_common(value, type, common);
    if (plain(common) || char_length(common) || is_collated(common)) return x;
    // Texts of floats differ between engines (the JVM's and Photon's); the hash of one 4- or 8-byte number is
    // one-to-one, and the same everywhere.
    if (is_float(common)) return fmt::format("CASE WHEN {} IS NOT NULL THEN xxhash64({}) END", x, one_float(x, common));
    if (is_scalar(common, "DATE")) return fmt::format("unix_date({})", x);
    // to_json would cut to milliseconds and write the session's time zone.
    if (is_scalar(common, "TIMESTAMP")) return fmt::format("unix_micros({})", x);
    if (is_scalar(common, "BINARY")) return fmt::format("hex({})", x);
    if (is_scalar(common, "VARIANT")) return variant_text(x);
    return as_string(x);
  }
  [[nodiscard]] std::string transformed(const std::string& list, const std::string& variable,
                                        const std::string& body) const override {
    return fmt::format("transform({}, {} -> {})", list, variable, body);
  }
  [[nodiscard]] std::string field(const std::string& structure, const std::string& name) const override {
    return structure + "." + print_databricks_name(name);
  }
  [[nodiscard]] std::string structure(const std::vector<std::pair<std::string, std::string>>& fields) const override {
    std::string list;
    for (const auto& [name, value] : fields)
      list += fmt::format("{}{}, {}", list.empty() ? "" : ", ", databricks_literal(name), value);
    return "named_struct(" + list + ")";
  }
  [[nodiscard]] std::string entries(const std::string& map) const override {
    return fmt::format("map_entries({})", map);
  }
  [[nodiscard]] std::string sorted(const std::string& list) const override {
    return fmt::format("array_sort({})", list);
  }
};

std::string column_name(const Dialect& dialect, const std::string& name) {
  std::string text(kAlias);
  text.append({'.'}).append(dialect.quote(name));
  return text;
}

// What xxhash64 takes for one column's value. `name`: as column_name() writes it.
std::string hash_argument(const DigestColumn& column, const std::string& name) {
  const DataType& common = column.common;
  // NULL fields are kept, or a struct of NULLs would be an empty one.
  if (common.nested())
    return fmt::format("to_json({}, map('ignoreNullFields', 'false'))",
                       canonical_value(SparkSyntax(), name, column.type, common));
  std::string x = in_common(name, column.type, common);
  if (is_float(common)) return one_float(x, common);
  if (is_interval(common)) return as_string(x);
  if (is_scalar(common, "VARIANT")) return variant_text(x);
  return x;
}

std::string not_digestible(const DataType& type, int depth) {
  const auto no_text = [](std::string_view name) {
    return fmt::format("values of type {} have no text that tells all of them apart", name);
  };
  if (depth > kMaxDepth) return fmt::format("nested more than {} levels deep", kMaxDepth);
  switch (type.kind) {
    case Kind::scalar: {
      static constexpr std::array kNames{"FLOAT", "DOUBLE", "BINARY", "DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "VARIANT"};
      const bool known = plain(type) || is_databricks_text(type) || (is_interval(type) && type.name != "INTERVAL") ||
                         std::find(kNames.begin(), kNames.end(), type.name) != kNames.end();
      return known ? std::string() : no_text(type.name);
    }
    case Kind::decimal:
      return {};
    case Kind::enumeration:
    case Kind::unknown:
      return no_text(type.text);
    case Kind::list:
    case Kind::array:
    case Kind::map:
    case Kind::structure:
      if (type.fields.empty()) return "a struct without fields";
      for (const TypeField& field : type.fields)
        if (std::string reason = not_digestible(field.type, depth + 1); !reason.empty())
          return type.kind == Kind::structure ? fmt::format("its field \"{}\": {}", field.name, reason) : reason;
      return {};
  }
  return "unknown type";
}

std::string from_text(const Dialect& dialect, const TableName& table, const std::optional<std::string>& version) {
  return fmt::format("{} AS {}", dialect.from(table, version), kAlias);
}

}  // namespace

std::string databricks_digest_name() {
  return "lockstep-rows-1/databricks-xxhash64/128";
}

std::string databricks_not_digestible(const DataType& type) {
  return not_digestible(type, 0);
}

std::string databricks_digest_query(const Dialect& dialect, const TableName& table,
                                    const std::optional<std::string>& version,
                                    const std::vector<DigestColumn>& columns) {
  const std::string from = from_text(dialect, table, version);
  if (columns.empty()) return fmt::format("SELECT count(*) AS row_count, '0' AS sum_1, '0' AS sum_2 FROM {}", from);
  std::string values;
  constexpr std::size_t kUsual = 80;  // characters a column
  values.reserve(columns.size() * kUsual);
  for (const DigestColumn& column : columns) {
    const std::string name = column_name(dialect, column.name);
    if (!values.empty()) values += ", ";
    values += hash_argument(column, name);
    if (column.nullable) values.append(", ").append(name).append(" IS NULL");
  }
  // Sums of BIGINT would overflow after a handful of rows.
  std::string query =
      "SELECT count(*) AS row_count, CAST(coalesce(sum(CAST(h1 AS DECIMAL(38,0))), 0) AS STRING) AS sum_1, "
      "CAST(coalesce(sum(CAST(h2 AS DECIMAL(38,0))), 0) AS STRING) AS sum_2 FROM (SELECT xxhash64(";
  constexpr std::string_view kSecond = ") AS h1, xxhash64('lockstep/2', ";
  constexpr std::string_view kEnd = ") AS h2 FROM ";
  query.reserve(query.size() + 2 * values.size() + kSecond.size() + kEnd.size() + from.size() + 1);
  query.append(values).append(kSecond).append(values).append(kEnd).append(from).append({')'});
  return query;
}

std::string clone_xs_checksum_query(const Dialect& dialect, const TableName& table,
                                    const std::optional<std::string>& version,
                                    const std::vector<std::string>& columns) {
  std::string texts;
  for (const std::string& column : columns) texts += fmt::format(", cast({} as string)", column_name(dialect, column));
  const std::string hash = fmt::format("xxhash64(concat_ws('|'{}))", texts);
  // Without ANSI mode the sum of BIGINTs would wrap around silently: the exact sum beside it tells.
  return fmt::format(
      "SELECT count(*) AS row_count, CASE WHEN abs(sum(CAST({0} AS DECIMAL(38,0)))) > 9223372036854775807 "
      "THEN raise_error('clone-xs checksum: the sum of the row hashes is larger than a BIGINT') "
      "ELSE sha2(cast(sum({0}) as string), 256) END AS checksum FROM {1}",
      hash, from_text(dialect, table, version));
}

}  // namespace lockstep
