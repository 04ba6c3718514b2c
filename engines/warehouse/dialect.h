// How one kind of catalog writes SQL and what it can do. Capabilities ask; they never try and see.
// Immutable and thread-safe. Every identifier that comes out is quoted
// unless it is a plain word, every literal escaped.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/warehouse/catalog.h"
#include "engines/warehouse/table_features.h"
#include "engines/warehouse/type.h"
#include "specs/result.h"

namespace lockstep {

struct Capabilities {
  bool transactions = false;  // several statements commit together
  bool constraints = false;   // PRIMARY KEY, UNIQUE, CHECK, FOREIGN KEY
  bool indexes = false;
  bool generated_columns = false;
  bool nested_add = false;  // ADD COLUMN st.b
  bool nested_drop = false;
  bool versions = false;        // AT (VERSION => n), of the catalog as a whole
  bool table_versions = false;  // VERSION AS OF n, each table with its own count: Warehouse::table_version()
  bool remote = false;          // a statement costs a round trip: several reads go into one
  bool commit_message = false;
  bool cheap_commits = true;        // false: put many tables into one commit
  bool default_expressions = true;  // false: DEFAULT takes literals only (DuckLake: "non-literal default value")
  // True: SET NOT NULL is proved from column statistics (DuckLake). It must come before every other change of the table
  // in its transaction, once a table, and needs a column that is not nested and was written: an added column must be
  // filled in the same transaction, and a table without rows has no statistics.
  bool not_null_from_statistics = false;
  bool add_many_columns = false;   // add_columns(): all additions of a table in one statement, comments included
  bool leaf_type_changes = false;  // a nested type is changed leaf by leaf (change_leaf_type()), never as a whole
  // False: ADD COLUMN takes no DEFAULT. The default is set behind it and holds for rows written later; rows that exist
  // keep NULL.
  bool add_with_default = true;
  // True: the engine prints a DEFAULT as it was written, so it is handed on word for word; anything else would differ
  // for ever.
  bool verbatim_defaults = false;
  bool table_features = false;  // changes may need a TableFeature, see features_for_*()
};

// May a column (or a nested field) change from one type to the other in place, keeping every value?
struct TypeChange {
  enum class Verdict { same, widening, refused };
  Verdict verdict = Verdict::refused;
  std::string reason;  // refused: why, in words ("VARCHAR cannot become INTEGER without loss")
};

// A column, or a field inside one: {"address", "city"}; {"items", "element", "price"} for a list's element.
using ColumnPath = std::vector<std::string>;

// A column or nested field that is added.
struct ColumnAddition {
  ColumnPath path;
  DataType type;
  std::string comment;  // empty: none
};

struct DigestColumn {
  std::string name;   // on this side
  SharedType type;    // on this side
  SharedType common;  // what both sides are cast to; equal to `type` when nothing has to be cast
  bool nullable = true;
};

class Dialect {
 public:
  virtual ~Dialect() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;  // "duckdb", "ducklake", "databricks"
  [[nodiscard]] virtual const Capabilities& capabilities() const = 0;

  [[nodiscard]] virtual std::string quote(std::string_view identifier) const = 0;
  [[nodiscard]] virtual std::string literal(std::string_view text) const = 0;
  [[nodiscard]] virtual std::string qualified(const TableName& table) const = 0;
  // FROM-clause text that reads the table at a version; the plain name without one.
  [[nodiscard]] virtual std::string from(const TableName& table, const std::optional<std::string>& version) const = 0;

  // Never fails: text it does not know becomes Kind::unknown with its text.
  [[nodiscard]] virtual DataType parse_type(std::string_view text) const = 0;
  [[nodiscard]] virtual std::string print_type(const DataType& type) const = 0;
  // The expression as text, in whatever type the engine has for it.
  [[nodiscard]] virtual std::string as_text(std::string_view expression) const {
    return "CAST(" + std::string(expression) + " AS VARCHAR)";
  }
  // Whether a table of this kind can have a column of that type (a DuckLake has no ENUM). Empty: yes; else the reason.
  [[nodiscard]] virtual std::string unsupported_type(const DataType& type) const = 0;

  // For whole types, nested ones included (a STRUCT that only gains fields or whose fields widen is a widening).
  [[nodiscard]] virtual TypeChange type_change(const DataType& from, const DataType& to) const = 0;

  // ALTER statements, one each, no trailing semicolon.
  [[nodiscard]] virtual std::string add_column(const TableName& table, const ColumnPath& path, const DataType& type,
                                               const std::optional<std::string>& default_expression) const = 0;
  // With Capabilities::add_many_columns.
  [[nodiscard]] virtual std::string add_columns(const TableName& /*table*/,
                                                const std::vector<ColumnAddition>& /*additions*/) const {
    return {};
  }
  [[nodiscard]] virtual std::string drop_column(const TableName& table, const ColumnPath& path) const = 0;
  [[nodiscard]] virtual std::string rename_column(const TableName& table, const ColumnPath& path,
                                                  std::string_view new_name) const = 0;
  // `column`'s whole new type.
  [[nodiscard]] virtual std::string change_type(const TableName& table, std::string_view column,
                                                const DataType& type) const = 0;
  // The new type of a column or of a leaf inside one; with Capabilities::leaf_type_changes.
  [[nodiscard]] virtual std::string change_leaf_type(const TableName& table, const ColumnPath& path,
                                                     const DataType& type) const {
    return change_type(table, path.front(), type);
  }
  [[nodiscard]] virtual std::string set_nullable(const TableName& table, std::string_view column,
                                                 bool nullable) const = 0;
  // Absent: DROP DEFAULT.
  [[nodiscard]] virtual std::string set_default(const TableName& table, std::string_view column,
                                                const std::optional<std::string>& expression) const = 0;
  // Gives every existing row the expression's value, in a way that a SET NOT NULL may follow in the same transaction.
  [[nodiscard]] virtual std::string fill_column(const TableName& table, std::string_view column,
                                                const DataType& /*type*/, std::string_view expression) const {
    return "UPDATE " + qualified(table) + " SET " + quote(column) + " = " + std::string(expression);
  }
  // Empty: removes the comment.
  [[nodiscard]] virtual std::string set_comment(const TableName& table, std::string_view column,
                                                std::string_view comment) const = 0;

  // Table features, with Capabilities::table_features.
  //
  // Which of them a table must have before a leaf (a scalar) may go from one type to the other; before it may hold a
  // column or field of that name and type; and whether it has one.
  [[nodiscard]] virtual std::vector<TableFeature> features_for_type_change(const DataType& /*from*/,
                                                                           const DataType& /*to*/) const {
    return {};
  }
  [[nodiscard]] virtual std::vector<TableFeature> features_for_addition(const ColumnPath& /*path*/,
                                                                        const DataType& /*type*/) const {
    return {};
  }
  [[nodiscard]] virtual bool has_feature(const Dependents& /*dependents*/, TableFeature /*feature*/) const {
    return true;
  }
  // Does nothing where the table has the feature already.
  [[nodiscard]] virtual std::string enable_feature(const TableName& /*table*/, TableFeature /*feature*/) const {
    return {};
  }

  // A statement with one cell that names the metastore behind a connection: two workspaces can share one, and then a
  // catalog of one name is one catalog. Empty: catalogs are told apart by their connection alone.
  [[nodiscard]] virtual std::string metastore_query() const { return {}; }

  // Digests. The name holds algorithm, engine and version; only digests of one name may be compared.
  [[nodiscard]] virtual std::string digest_name() const = 0;
  // The lossless type both sides can be cast to, or the reason why there is none.
  [[nodiscard]] virtual Result<DataType> common_type(const DataType& a, const DataType& b) const = 0;
  // Why a column of this type cannot enter a digest; empty: it can.
  [[nodiscard]] virtual std::string not_digestible(const DataType& type) const = 0;
  // One scan: a statement with one row: row count, then the digest's parts as text columns.
  [[nodiscard]] virtual std::string digest_query(const TableName& table, const std::optional<std::string>& version,
                                                 const std::vector<DigestColumn>& columns) const = 0;

  // The checksum of Clone-Xs, for those who hold results of it (docs/digest.md). An empty name: this engine cannot.
  [[nodiscard]] virtual std::string clone_xs_name() const { return {}; }
  // Why it leaves a column of this type out; empty: it does not.
  [[nodiscard]] virtual std::string clone_xs_leaves_out(const DataType& /*type*/) const { return {}; }
  // One scan: a statement with one row (row_count, checksum as text, NULL for a table without rows) over the named
  // columns, each of its own type. It fails where the sum of the row hashes overflows: there is no checksum then.
  [[nodiscard]] virtual std::string clone_xs_query(const TableName& /*table*/,
                                                   const std::optional<std::string>& /*version*/,
                                                   const std::vector<std::string>& /*columns*/) const {
    return {};
  }
};

}  // namespace lockstep
