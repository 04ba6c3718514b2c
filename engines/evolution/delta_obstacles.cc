#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "engines/evolution/obstacles.h"
#include "engines/warehouse/names.h"
#include "specs/statement_words.h"

namespace lockstep {
namespace {

constexpr std::string_view kCheckPrefix = "delta.constraints.";

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& one) { return same_name(one, name); });
}

// Spark escapes quotes with backslashes, after which the words of a text cannot be told from its literals: then any
// place that looks like the name counts.
bool mentions(const std::string& sql, std::string_view name) {
  if (sql.find('\\') == std::string::npos) return sql_mentions(sql, name);
  return fold_name(sql).find(fold_name(name)) != std::string::npos;
}

// Whether a column or field is the one that a dotted path names, or lies above it.
bool holds_path(const std::vector<std::string>& dotted, std::string_view name, const ColumnPath& below) {
  std::string path = fold_name(name);
  for (const std::string& step : below) path += "." + fold_name(step);
  return std::any_of(dotted.begin(), dotted.end(), [&](const std::string& one) {
    const std::string folded = fold_name(one);
    return folded == path || folded.starts_with(path + ".");
  });
}

// What depends on a column's name and type, and so forbids to change either.
bool touches(ColumnOperation operation) {
  return operation == ColumnOperation::rename || operation == ColumnOperation::change_type ||
         operation == ColumnOperation::drop;
}

class Search {
 public:
  Search(const Dialect& dialect, const Dependents& dependents, std::string_view name, ColumnOperation operation,
         const ColumnPath& below)
      : dialect_(dialect), dependents_(dependents), name_(name), operation_(operation), below_(below) {}

  [[nodiscard]] std::optional<Error> first() const {
    if (std::optional<Error> found = identity()) return found;
    if (touches(operation_)) {
      if (std::optional<Error> found = check()) return found;
      if (std::optional<Error> found = generated()) return found;
    }
    if (std::optional<Error> found = key()) return found;
    if (operation_ == ColumnOperation::drop)
      if (std::optional<Error> found = layout()) return found;
    return view_obstacle(dependents_, name_, operation_, below_);
  }

 private:
  [[nodiscard]] Error blocked(const std::string& because, std::string remedy) const {
    return column_blocked(name_, operation_, because, std::move(remedy));
  }
  [[nodiscard]] std::string alter() const { return "ALTER TABLE " + dialect_.qualified(dependents_.table); }

  // Delta lets an identity column be renamed, commented and dropped, nothing else.
  [[nodiscard]] std::optional<Error> identity() const {
    if (!holds(dependents_.identity_columns, name_) || operation_ == ColumnOperation::rename ||
        operation_ == ColumnOperation::drop)
      return std::nullopt;
    return blocked("it is an identity column, which Delta does not let change",
                   "leave the column as it is on both sides, leave the aspect alone (ignore:), or create the table "
                   "anew");
  }

  [[nodiscard]] std::optional<Error> check() const {
    for (const auto& [property, expression] : dependents_.properties)
      if (property.starts_with(kCheckPrefix) && mentions(expression, name_))
        return check_error(property.substr(kCheckPrefix.size()), expression);
    for (const Dependents::Constraint& constraint : dependents_.constraints)
      if (constraint.kind == "CHECK" && (holds(constraint.columns, name_) || mentions(constraint.text, name_)))
        return blocked(fmt::format("it is part of {}", constraint.text.empty() ? "a CHECK" : constraint.text),
                       alter() + " DROP CONSTRAINT that one, run again, and add it anew, which scans the table");
    return std::nullopt;
  }

  [[nodiscard]] Error check_error(const std::string& constraint, const std::string& expression) const {
    return blocked(fmt::format("the CHECK \"{}\" reads it: {}", constraint, expression),
                   fmt::format("{0} DROP CONSTRAINT {1}, run again, and add it anew ({0} ADD CONSTRAINT {1} CHECK "
                               "(...)), which scans the table",
                               alter(), dialect_.quote(constraint)));
  }

  [[nodiscard]] std::optional<Error> generated() const {
    for (const Dependents::GeneratedColumn& column : dependents_.generated)
      if (!same_name(column.name, name_) && mentions(column.expression, name_))
        return blocked(fmt::format("generated column \"{}\" is computed from it", column.name),
                       "Delta changes no column that a generated one reads: create the table anew, or leave the column "
                       "as it is on both sides");
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Error> key() const {
    for (const Dependents::Constraint& constraint : dependents_.constraints) {
      const bool primary = constraint.kind == "PRIMARY KEY";
      if (!primary && constraint.kind != "FOREIGN KEY" && constraint.kind != "UNIQUE") continue;
      if (!holds(constraint.columns, name_)) continue;
      if (!touches(operation_) && !(primary && operation_ == ColumnOperation::relax)) continue;
      return blocked(fmt::format("it is part of {}", constraint.text.empty() ? constraint.kind : constraint.text),
                     fmt::format("drop the key ({} DROP {}), run again, and add it anew", alter(), constraint.kind));
    }
    return std::nullopt;
  }

  // Where the rows lie.
  [[nodiscard]] std::optional<Error> layout() const {
    if (below_.empty() && holds(dependents_.partition_columns, name_))
      return blocked("the table is partitioned by it",
                     "create the table anew without that partitioning, or leave the column where it is");
    if (holds_path(dependents_.clustering_columns, name_, below_))
      return blocked(fmt::format("the table is clustered by {}", fmt::join(dependents_.clustering_columns, ", ")),
                     fmt::format("cluster it by other columns first ({} CLUSTER BY (...)), then run again", alter()));
    return std::nullopt;
  }

  const Dialect& dialect_;
  const Dependents& dependents_;
  std::string_view name_;
  ColumnOperation operation_;
  const ColumnPath& below_;
};

bool is_of_class(const Error& error, std::string_view error_class) {
  return error.message.starts_with(fmt::format("[{}", error_class));
}

Error in_our_words(Error error, Error ours) {
  ours.message = fmt::format("{}: {}", ours.message, error.message);
  ours.context = std::move(error.context);
  return ours;
}

}  // namespace

std::optional<Error> delta_obstacle(const Dialect& dialect, const Dependents& dependents, std::string_view name,
                                    ColumnOperation operation, const ColumnPath& below) {
  return Search(dialect, dependents, name, operation, below).first();
}

// [Delta: delta-error-classes.json, alterDeltaTableCommands.scala]
Error explain_delta_refusal(Error error) {
  if (is_of_class(error, "DELTA_GENERATED_COLUMNS_DEPENDENT_COLUMN_CHANGE"))
    return in_our_words(std::move(error),
                        Error("column-has-dependents"_code,
                              "a generated column is computed from the column, which Delta then does not "
                              "let change",
                              "create the table anew, or leave the column as it is on both sides"));
  if (is_of_class(error, "DELTA_IDENTITY_COLUMNS_ALTER_COLUMN_NOT_SUPPORTED"))
    return in_our_words(std::move(error),
                        Error("column-has-dependents"_code, "it is an identity column, which Delta does not let change",
                              "leave the column as it is on both sides, leave the aspect alone (ignore:), "
                              "or create the table anew"));
  if (is_of_class(error, "DELTA_CONSTRAINT_DEPENDENT_COLUMN_CHANGE"))
    return in_our_words(std::move(error), Error("column-has-dependents"_code,
                                                "a CHECK that was added since the table was looked at reads the column",
                                                "run again: what hangs on the column is looked at anew"));
  if (is_of_class(error, "DELTA_NEW_NOT_NULL_VIOLATION"))
    return in_our_words(std::move(error),
                        Error("not-null-over-nulls"_code,
                              "rows were written since the table was looked at, and hold NULL in a column "
                              "that becomes NOT NULL",
                              "give these rows a value and run again, or leave NOT NULL alone with "
                              "ignore: [nullability]"));
  return error;
}

}  // namespace lockstep
