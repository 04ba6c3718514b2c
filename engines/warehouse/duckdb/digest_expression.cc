#include "engines/warehouse/duckdb/digest_expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engines/warehouse/canonical_value.h"

namespace lockstep {

namespace {

using Kind = DataType::Kind;

// Deeper types exist only in hostile files; their expressions would grow with the square of the depth.
constexpr int kMaxDepth = 32;

bool is_float(const DataType& type) {
  return type.kind == Kind::scalar && (type.name == "FLOAT" || type.name == "DOUBLE");
}
bool known_scalar(std::string_view name) {
  static constexpr std::array kNames{"BOOLEAN",
                                     "TINYINT",
                                     "SMALLINT",
                                     "INTEGER",
                                     "BIGINT",
                                     "HUGEINT",
                                     "UTINYINT",
                                     "USMALLINT",
                                     "UINTEGER",
                                     "UBIGINT",
                                     "UHUGEINT",
                                     "BIGNUM",
                                     "FLOAT",
                                     "DOUBLE",
                                     "VARCHAR",
                                     "JSON",
                                     "BLOB",
                                     "BIT",
                                     "UUID",
                                     "DATE",
                                     "TIME",
                                     "TIME_NS",
                                     "TIME WITH TIME ZONE",
                                     "TIMESTAMP",
                                     "TIMESTAMP_S",
                                     "TIMESTAMP_MS",
                                     "TIMESTAMP_NS",
                                     "TIMESTAMP WITH TIME ZONE",
                                     "INTERVAL"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

// What to_json() writes exactly, without help.
bool plain_in_json(const DataType& type) {
  static constexpr std::array kNames{"BOOLEAN",  "TINYINT",   "SMALLINT", "INTEGER", "BIGINT",
                                     "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "VARCHAR"};
  return type.kind == Kind::scalar && std::find(kNames.begin(), kNames.end(), type.name) != kNames.end();
}

std::string as_type(std::string_view value, std::string_view type) {
  return fmt::format("CAST({} AS {})", value, type);
}
std::string as_text(std::string_view value) {
  return as_type(value, "VARCHAR");
}

// The value in its common type. ENUM is cast by value, never hashed by index.
std::string in_common(const Dialect& dialect, const std::string& value, const DataType& type, const DataType& common) {
  if (type.kind == Kind::enumeration) return as_text(value);
  if (same_type(type, common)) return value;
  return as_type(value, dialect.print_type(common));
}

// -0.0 + 0.0 is 0.0, so the two zeros become one whatever hash() does.
std::string one_zero(const std::string& value, const DataType& type) {
  return fmt::format("{} + CAST(0 AS {})", value, type.name);
}

class DuckDbSyntax : public CanonicalSyntax {
 public:
  explicit DuckDbSyntax(const Dialect& dialect) : dialect_(dialect) {}

  [[nodiscard]] std::string leaf(const std::string& value, const DataType& type,
                                 const DataType& common) const override {
    std::string x = in_common(dialect_, value, type, common);
    if (plain_in_json(common) || common.kind == Kind::enumeration) return x;
    // to_json() would write NaN and -NaN, 0.0 and -0.0 apart.
    if (is_float(common))
      return fmt::format("CASE WHEN isnan({}) THEN 'nan' ELSE {} END", x, as_text(one_zero(x, common)));
    if (is_scalar(common, "BLOB")) return fmt::format("hex({})", x);
    // The text of a TIMESTAMPTZ is in the session's time zone; UTC's is the same for everybody, infinities included.
    if (is_scalar(common, "TIMESTAMP WITH TIME ZONE")) return as_text(fmt::format("{} AT TIME ZONE 'UTC'", x));
    return as_text(x);
  }
  [[nodiscard]] std::string transformed(const std::string& list, const std::string& variable,
                                        const std::string& body) const override {
    return fmt::format("list_transform({}, lambda {}: {})", list, variable, body);
  }
  [[nodiscard]] std::string field(const std::string& structure, const std::string& name) const override {
    return fmt::format("struct_extract({}, {})", structure, dialect_.literal(name));
  }
  [[nodiscard]] std::string structure(const std::vector<std::pair<std::string, std::string>>& fields) const override {
    std::string list;
    for (const auto& [name, value] : fields)
      list += fmt::format("{}{} := {}", list.empty() ? "" : ", ", dialect_.quote(name), value);
    return "struct_pack(" + list + ")";
  }
  [[nodiscard]] std::string entries(const std::string& map) const override {
    return fmt::format("map_entries({})", map);
  }
  [[nodiscard]] std::string sorted(const std::string& list) const override {
    return fmt::format("list_sort({}, 'ASC', 'NULLS FIRST')", list);
  }

 private:
  const Dialect& dialect_;
};

std::string power_of_ten(int exponent) {
  return "1" + std::string(static_cast<std::size_t>(std::max(exponent, 0)), '0');
}

// The arguments of hash() for one column. hash() of a 128-bit number only XORs the hashes of its two halves, so that
// swapped halves collide and all numbers with equal halves hash to 0 [measured on 1.5.5]: such types enter with a
// second argument that tells those apart.
std::string hash_arguments(const Dialect& dialect, const DigestColumn& column) {
  const std::string name = dialect.quote(column.name);
  const DataType& common = column.common;
  if (common.nested())
    return fmt::format("CAST(to_json({}) AS VARCHAR)",
                       canonical_value(DuckDbSyntax(dialect), name, column.type, common));
  std::string x = in_common(dialect, name, column.type, common);
  if (is_float(common)) return one_zero(x, common);
  if (is_scalar(common, "HUGEINT")) return fmt::format("{}, CAST({} >> 64 AS BIGINT)", x, x);
  if (is_scalar(common, "UHUGEINT")) return fmt::format("{}, CAST({} >> 64 AS UBIGINT)", x, x);
  if (is_scalar(common, "UUID")) return fmt::format("{}, {}", x, as_text(x));
  if (common.kind == Kind::decimal && common.precision > 18) {
    // Below 10^34 the nearest double tells swapped and equal halves apart; above, the text does. Text alone costs
    // four times as much as all the rest of a row.
    if (common.precision <= 34) return fmt::format("{}, {}", x, as_type(x, "DOUBLE"));
    const std::string limit =
        fmt::format("CAST('{}' AS DECIMAL({},{}))",
                    common.scale <= 34 ? power_of_ten(34 - common.scale)
                                       : "0." + std::string(static_cast<std::size_t>(common.scale - 35), '0') + "1",
                    common.precision, common.scale);
    return fmt::format("{}, {}, CASE WHEN {} > {} OR {} < -{} THEN {} END", x, as_type(x, "DOUBLE"), x, limit, x, limit,
                       as_text(x));
  }
  // hash() of an INTERVAL takes a month for 30 days and XORs the parts; of a BIT it includes the padding.
  if (is_scalar(common, "INTERVAL") || is_scalar(common, "BIT") || is_scalar(common, "BIGNUM")) return as_text(x);
  return x;
}

std::string not_digestible(const DataType& type, int depth) {
  if (depth > kMaxDepth) return fmt::format("nested more than {} levels deep", kMaxDepth);
  switch (type.kind) {
    case Kind::scalar:
      if (known_scalar(type.name)) return {};
      return fmt::format("values of type {} have no text that tells all of them apart", type.name);
    case Kind::decimal:
    case Kind::enumeration:
      return {};
    case Kind::unknown:
      return fmt::format("values of type {} have no text that tells all of them apart", type.text);
    case Kind::list:
    case Kind::array:
    case Kind::map:
    case Kind::structure:
      for (const TypeField& field : type.fields) {
        if (type.kind == Kind::structure && field.name.empty()) return "a struct without field names";
        if (std::string reason = not_digestible(field.type, depth + 1); !reason.empty())
          return type.kind == Kind::structure ? fmt::format("its field \"{}\": {}", field.name, reason) : reason;
      }
      return {};
  }
  return "unknown type";
}

}  // namespace

std::string duckdb_digest_name(std::string_view engine_version) {
  if (engine_version.starts_with('v')) engine_version.remove_prefix(1);
  return fmt::format("lockstep-rows-1/duckdb-hash-{}/128", engine_version);
}

std::string duckdb_not_digestible(const DataType& type) {
  return not_digestible(type, 0);
}

std::string duckdb_digest_query(const Dialect& dialect, const TableName& table,
                                const std::optional<std::string>& version, const std::vector<DigestColumn>& columns) {
  const std::string from = dialect.from(table, version);
  if (columns.empty()) return fmt::format("SELECT count(*) AS row_count, '0' AS sum_1, '0' AS sum_2 FROM {}", from);
  std::string values;
  std::string nulls;
  for (const DigestColumn& column : columns) {
    if (!values.empty()) values += ", ";
    values += hash_arguments(dialect, column);
    if (!column.nullable) continue;
    if (!nulls.empty()) nulls += ", ";
    nulls += dialect.quote(column.name) + " IS NULL";
  }
  // All IS NULL in one hash() of their own: where the engine's statistics say that there is none, it folds into a
  // constant, which saves a sixth of the scan.
  const std::string row =
      nulls.empty() ? fmt::format("hash({})", values) : fmt::format("xor(hash({}), hash({}))", values, nulls);
  return fmt::format(
      "SELECT count(*) AS row_count, CAST(coalesce(sum(h), 0) AS VARCHAR) AS sum_1, "
      "CAST(coalesce(sum(hash(h, 1)), 0) AS VARCHAR) AS sum_2 FROM (SELECT {} AS h FROM {})",
      row, from);
}

}  // namespace lockstep
