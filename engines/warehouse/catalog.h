// The column and type model: what a catalog holds, as read in bulk.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engines/warehouse/type.h"

namespace lockstep {

struct TableName {
  std::string catalog;
  std::string schema;
  std::string table;
  [[nodiscard]] std::string in_catalog() const { return schema + "." + table; }
  [[nodiscard]] std::string full() const { return catalog + "." + schema + "." + table; }
};

struct Column {
  std::string name;  // as written by its creator; names are compared without regard to case
  SharedType type;
  bool nullable = true;
  std::optional<std::string> default_expression;  // SQL text as the engine prints it; absent: none
  std::string comment;                            // empty: none
  bool generated = false;
  int position = 0;  // from 1
};

// The columns of a table, by position. Copies share them until edit() is called: of a clone's tables most are read as
// their originals were, and what is shared need not be read, compared or copied. Like a std::vector, one object is not
// to be used by two threads when one of them changes it; objects that share may be.
class Columns {
 public:
  Columns();
  // NOLINTNEXTLINE(google-explicit-constructor): they are a vector that is shared, and come and go as one
  Columns(std::vector<Column> columns) : shared_(std::make_shared<std::vector<Column>>(std::move(columns))) {}
  Columns(std::initializer_list<Column> columns) : Columns(std::vector<Column>(columns)) {}
  // No moves: they would leave nothing behind, and a copy is as cheap.
  Columns(const Columns&) = default;
  Columns& operator=(const Columns&) = default;
  ~Columns() = default;
  // NOLINTNEXTLINE(google-explicit-constructor)
  operator const std::vector<Column>&() const { return *shared_; }

  [[nodiscard]] auto begin() const { return shared_->cbegin(); }
  [[nodiscard]] auto end() const { return shared_->cend(); }
  [[nodiscard]] std::size_t size() const { return shared_->size(); }
  [[nodiscard]] bool empty() const { return shared_->empty(); }
  const Column& operator[](std::size_t index) const { return (*shared_)[index]; }
  [[nodiscard]] const Column& at(std::size_t index) const { return shared_->at(index); }

  // Of its own from now on. The reference is good until this object is copied or ends.
  std::vector<Column>& edit();
  // True: they are equal in every respect. False says nothing.
  [[nodiscard]] bool shares_with(const Columns& other) const { return shared_ == other.shared_; }

 private:
  std::shared_ptr<std::vector<Column>> shared_;  // never null
};

struct Table {
  enum class Kind { table, view };
  TableName name;
  Kind kind = Kind::table;
  Columns columns;
};

// One catalog's tables and views, read at `version` where the engine has versions.
struct CatalogContents {
  std::string catalog;
  std::optional<std::string> version;
  std::vector<Table> tables;  // sorted by schema, then name (bytes)
  bool columns_known = true;  // false: they were not asked for, and the tables have none here
};

// What hangs on a table and forbids or complicates a change of its columns.
struct Dependents {
  TableName table;
  struct Constraint {
    std::string kind;  // "PRIMARY KEY", "UNIQUE", "CHECK", "FOREIGN KEY", "NOT NULL"
    std::vector<std::string> columns;
    std::string text;
  };
  struct Index {
    std::string name;
    std::string sql;  // the CREATE INDEX statement
  };
  struct GeneratedColumn {
    std::string name;
    std::string expression;
  };
  struct View {
    std::string name;  // schema.view; catalog.schema.view in another catalog
    std::string sql;
  };
  std::vector<Constraint> constraints;
  std::vector<Index> indexes;
  std::vector<GeneratedColumn> generated;
  std::vector<View> views;                 // views whose text names the table
  std::vector<std::string> referenced_by;  // schema.table of the tables whose foreign keys point to this one

  // What follows exists on Delta tables; empty elsewhere.
  //
  // TBLPROPERTIES as SHOW TBLPROPERTIES prints them, names in their own case ("delta.columnMapping.mode" -> "name",
  // "delta.feature.typeWidening" -> "supported"). A CHECK is one of them as well ("delta.constraints.positive" ->
  // "amount > 0"): whoever fills this struct need not repeat it among `constraints`.
  std::map<std::string, std::string> properties = {};
  bool properties_known = false;                     // false: they could not be read, so an absent one says nothing
  std::vector<std::string> partition_columns = {};   // top-level names
  std::vector<std::string> clustering_columns = {};  // of liquid clustering; nested ones dotted: "address.city"
  std::vector<std::string> identity_columns = {};    // GENERATED ... AS IDENTITY
};

}  // namespace lockstep
