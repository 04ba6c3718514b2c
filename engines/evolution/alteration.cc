#include "engines/evolution/alteration.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "engines/evolution/default_text.h"
#include "engines/evolution/features.h"
#include "engines/evolution/obstacles.h"
#include "engines/evolution/settable_default.h"
#include "engines/evolution/statement_plan.h"
#include "engines/warehouse/names.h"
#include "specs/counted.h"

namespace lockstep {
namespace {

class Planner {
 public:
  Planner(const TableDifference& difference, const Dialect& dialect, const Dependents& dependents,
          const TableFacts& facts, const AlterationPolicy& policy)
      : difference_(difference),
        dialect_(dialect),
        can_(dialect.capabilities()),
        dependents_(dependents),
        facts_(facts),
        policy_(policy),
        table_(difference.destination),
        gate_(dialect, dependents, policy.enable_features),
        plan_(dialect, table_) {}

  Alteration plan() {
    result_.notes = difference_.notes;
    for (const TableRenames::Conflict& conflict : difference_.rename_conflicts)
      refuse(conflict.from, Error("rename-conflict"_code,
                                  fmt::format("column \"{}\" cannot be renamed to \"{}\": {}", conflict.from,
                                              conflict.to, conflict.reason),
                                  "take the entry out of \"rename\", or settle the columns by hand"));
    for (const ChangedColumn& column : difference_.changed) plan_changed(column);
    for (const Column& column : difference_.added) plan_added(column);
    for (const Column& column : difference_.removed) plan_removed(column);
    if (result_.refusals.empty()) {
      const std::vector<FeatureGate::Wanted> wanted = gate_.wanted();
      result_.statements = plan_.assembled(wanted);
      for (const FeatureGate::Wanted& one : wanted) result_.upgrades.emplace_back(table_feature_name(one.feature));
    }
    return std::move(result_);
  }

 private:
  void refuse(std::string column, Error error) { result_.refusals.push_back({std::move(column), std::move(error)}); }

  void say(Phase phase, std::string sql, std::string why) { plan_.say(phase, std::move(sql), std::move(why)); }

  // Refuses and answers true when something hangs on the column.
  bool blocked(const std::string& name, ColumnOperation operation, const ColumnPath& below = {}) {
    std::optional<Error> error = can_.table_features ? delta_obstacle(dialect_, dependents_, name, operation, below)
                                                     : obstacle(dependents_, name, operation, below);
    if (!error) return false;
    refuse(name, std::move(*error));
    return true;
  }

  // Refuses and answers false when the table lacks a feature that it may not be given.
  bool gated(const std::string& name, const std::vector<TableFeature>& features, std::string_view purpose) {
    std::optional<Error> error = gate_.require(table_, features, purpose);
    if (error) refuse(name, std::move(*error));
    return !error;
  }
  // For what the table's format as such does not allow.
  bool gated(const std::string& name, TableFeature feature, std::string_view purpose) {
    return !can_.table_features || gated(name, std::vector{feature}, purpose);
  }

  void plan_changed(const ChangedColumn& column) {
    const std::string& old_name = column.destination.name;
    const std::string& name = column.renamed ? column.source.name : old_name;
    const std::size_t before = result_.refusals.size();
    const std::size_t statements = plan_.size();
    if (column.renamed && !blocked(old_name, ColumnOperation::rename) &&
        gated(old_name, TableFeature::column_mapping, fmt::format("column \"{}\" is renamed", old_name)))
      say(Phase::rename, dialect_.rename_column(table_, {old_name}, name),
          fmt::format("rename says that \"{}\" became \"{}\"", old_name, name));
    if (column.nullability) plan_nullability(column, name);
    if (!column.type.changes.empty()) plan_type(column, name);
    if (column.default_value) plan_default(column, name);
    if (column.comment)
      say(Phase::comment, dialect_.set_comment(table_, name, column.source.comment),
          column.source.comment.empty() ? fmt::format("the source has no comment on \"{}\"", name)
                                        : fmt::format("the source's comment on \"{}\" differs", name));
    if (result_.refusals.size() == before && plan_.size() > statements) result_.altered.push_back(name);
  }

  void plan_default(const ChangedColumn& column, const std::string& name) {
    const std::string& old_name = column.destination.name;
    Result<std::optional<std::string>> wanted = settable_default(column.source, dialect_);
    if (!wanted) {
      refuse(old_name, std::move(wanted).error());
      return;
    }
    if (can_.table_features && blocked(old_name, ColumnOperation::set_default)) return;
    if (*wanted && !gated(old_name, TableFeature::column_defaults, fmt::format("column \"{}\" gets a default", name)))
      return;
    say(Phase::default_value, dialect_.set_default(table_, name, *wanted),
        *wanted ? fmt::format("the source's default is {}", *column.source.default_expression)
                : fmt::format("the source has no default for \"{}\"", name));
  }

  void plan_nullability(const ChangedColumn& column, const std::string& name) {
    const std::string& old_name = column.destination.name;
    if (column.source.nullable) {
      if (!blocked(old_name, ColumnOperation::relax))
        say(Phase::relax, dialect_.set_nullable(table_, name, true),
            fmt::format("\"{}\" may be NULL on the source", name));
      return;
    }
    const auto count = facts_.null_counts.find(fold_name(old_name));
    const std::int64_t nulls = count == facts_.null_counts.end() ? 0 : count->second;
    if (nulls > 0 && half_added(column, nulls)) {
      finish_addition(column);
      return;
    }
    if (nulls > 0) {
      refuse(old_name,
             Error("not-null-over-nulls"_code,
                   fmt::format("column \"{}\" cannot become NOT NULL: {} NULL there", old_name,
                               counted(nulls, "row holds", "rows hold")),
                   fmt::format("give these rows a value, or leave NOT NULL alone with ignore: [nullability]")));
      return;
    }
    if (!provable(column.destination)) return;
    if (!blocked(old_name, ColumnOperation::tighten))
      say(Phase::tighten, dialect_.set_nullable(table_, old_name, false),
          fmt::format("\"{}\" is NOT NULL on the source, and no row here holds NULL", name));
  }

  // Where each statement is a commit, an addition can have been cut off behind its ADD: the column is there, and its
  // rows have not got the default yet. One value in it, and somebody else has used it: then NULL may be meant.
  bool half_added(const ChangedColumn& column, std::int64_t nulls) const {
    return !can_.transactions && !column.renamed && column.type.changes.empty() && column.default_value &&
           column.source.default_expression && !column.destination.default_expression && nulls == facts_.rows;
  }

  // The rest of what plan_added() would have said; plan_default() says the default itself.
  void finish_addition(const ChangedColumn& column) {
    const std::string& name = column.destination.name;
    const Result<std::optional<std::string>> value = settable_default(column.source, dialect_);
    if (!value || !*value) return;  // plan_default() refuses it
    if (blocked(name, ColumnOperation::fill) || blocked(name, ColumnOperation::tighten)) return;
    say(Phase::fill, dialect_.fill_column(table_, name, column.destination.type, **value),
        fmt::format("\"{}\" is NULL in every row, as an addition leaves it that was cut off: the rows get the default",
                    name));
    say(Phase::require, dialect_.set_nullable(table_, name, false),
        fmt::format("\"{}\" is NOT NULL on the source", name));
  }

  // Where NOT NULL is proved from statistics: are there any? Refuses when not.
  bool provable(const Column& column) {
    if (!can_.not_null_from_statistics) return true;
    if (column.type->nested()) {
      refuse(column.name, Error("not-null-unprovable"_code,
                                fmt::format("column \"{}\" cannot become NOT NULL: {} keeps no statistics of nested "
                                            "columns, and proves NOT NULL from them",
                                            column.name, dialect_.name()),
                                "leave NOT NULL alone with ignore: [nullability], or create the table anew"));
      return false;
    }
    if (!facts_.has_rows) {
      refuse(column.name, Error("not-null-unprovable"_code,
                                fmt::format("column \"{}\" cannot become NOT NULL while the table is empty: {} proves "
                                            "it from statistics, and there are none",
                                            column.name, dialect_.name()),
                                "write the first rows and run again, create the table anew, or leave NOT NULL alone "
                                "with ignore: [nullability]"));
      return false;
    }
    return true;
  }

  void plan_type(const ChangedColumn& column, const std::string& name) {
    const std::string& old_name = column.destination.name;
    std::vector<const FieldChange*> gained;
    std::vector<const FieldChange*> dropped;
    bool retyped = false;
    for (const FieldChange& change : column.type.changes) {
      if (change.kind == FieldChange::Kind::removed) {
        if (policy_.drop_removed)
          dropped.push_back(&change);
        else
          result_.skipped.push_back(old_name + "." + path_text(change.path));
      } else if (change.kind == FieldChange::Kind::added) {
        gained.push_back(&change);
      } else {
        retyped = true;
      }
    }
    if (retyped || !gained.empty()) {
      const DataType& wanted = column.type.with_removed;
      if (!holdable(column, wanted)) return;
      const TypeChange verdict = dialect_.type_change(column.destination.type, wanted);
      if (verdict.verdict == TypeChange::Verdict::refused) {
        refuse_type(column);
        return;
      }
      const bool whole = retyped || !can_.nested_add;
      if (blocked(old_name, whole ? ColumnOperation::change_type : ColumnOperation::add_field)) return;
      if (column.destination.generated) {
        refuse(old_name,
               Error("column-has-dependents"_code,
                     fmt::format("column \"{}\" is generated here, so its type follows from its expression", old_name),
                     "drop it and create it anew"));
        return;
      }
      if (can_.leaf_type_changes) {
        if (!plan_leaves(column, name)) return;
      } else if (whole) {
        say(Phase::type, dialect_.change_type(table_, name, wanted),
            fmt::format("\"{}\" is {} on the source and {} here", name, dialect_.print_type(column.source.type),
                        dialect_.print_type(column.destination.type)));
      }
      if (can_.leaf_type_changes || !whole) plan_gained(name, gained);
      for (const FieldChange* change : gained) result_.added.push_back(name + "." + path_text(change->path));
    }
    for (const FieldChange* change : dropped) plan_dropped_field(old_name, name, *change, gained);
  }

  // False: a leaf needs a feature that the table may not be given.
  bool plan_leaves(const ChangedColumn& column, const std::string& name) {
    bool allowed = true;
    for (const FieldChange& change : column.type.changes) {
      if (change.kind != FieldChange::Kind::type) continue;
      const ColumnPath path = full_path(name, change.path);
      const std::string dotted = path_text(path);
      const std::string source = dialect_.print_type(change.source);
      const std::string here = dialect_.print_type(change.destination);
      allowed = gated(dotted, dialect_.features_for_type_change(change.destination, change.source),
                      fmt::format("column \"{}\" changes from {} to {}", dotted, here, source)) &&
                allowed;
      say(Phase::type, dialect_.change_leaf_type(table_, path, change.source),
          fmt::format("\"{}\" is {} on the source and {} here", dotted, source, here));
    }
    return allowed;
  }

  void plan_gained(const std::string& name, const std::vector<const FieldChange*>& gained) {
    for (const FieldChange* change : gained) {
      const ColumnPath path = full_path(name, change->path);
      const std::string dotted = path_text(path);
      if (gated(dotted, dialect_.features_for_addition(path, change->source),
                fmt::format("field \"{}\" is added as {}", dotted, dialect_.print_type(change->source))))
        plan_.add(Phase::field, {path, change->source, {}}, fmt::format("the source has the field \"{}\"", dotted),
                  std::nullopt);
    }
  }

  static ColumnPath full_path(const std::string& name, const ColumnPath& below) {
    ColumnPath path{name};
    path.insert(path.end(), below.begin(), below.end());
    return path;
  }

  // A type this engine has not: refused, unless the destination already holds it without loss in another one.
  bool holdable(const ChangedColumn& column, const DataType& wanted) {
    const std::string unsupported = dialect_.unsupported_type(wanted);
    if (unsupported.empty()) return true;
    const TypeChange held = dialect_.type_change(column.source.type, column.destination.type);
    if (held.verdict == TypeChange::Verdict::widening)
      result_.notes.push_back(fmt::format("column \"{}\" holds the source's {} as {}: {}", column.destination.name,
                                          dialect_.print_type(column.source.type),
                                          dialect_.print_type(column.destination.type), unsupported));
    else
      refuse(column.destination.name, Error("type-unsupported"_code,
                                            fmt::format("column \"{}\" cannot become {}: {}", column.destination.name,
                                                        dialect_.print_type(wanted), unsupported),
                                            "give the column a type that both sides can hold"));
    return false;
  }

  void refuse_type(const ChangedColumn& column) {
    // The leaf that is to blame, when one alone is refused as well; else the column as a whole.
    for (const FieldChange& change : column.type.changes) {
      if (change.kind != FieldChange::Kind::type) continue;
      const TypeChange leaf = dialect_.type_change(change.destination, change.source);
      if (leaf.verdict != TypeChange::Verdict::refused) continue;
      refuse_type(full_path(column.destination.name, change.path), leaf.reason);
      return;
    }
    refuse_type({column.destination.name},
                dialect_.type_change(column.destination.type, column.type.with_removed).reason);
  }

  // `reason` names both types.
  void refuse_type(const ColumnPath& path, const std::string& reason) {
    refuse(path_text(path),
           Error("type-change-refused"_code, fmt::format("column \"{}\": {}", path_text(path), reason),
                 "copy the column by hand (add a new one, convert, drop the old one), or change the source"));
  }

  void plan_dropped_field(const std::string& old_name, const std::string& name, const FieldChange& change,
                          const std::vector<const FieldChange*>& gained) {
    const std::string dotted = old_name + "." + path_text(change.path);
    std::vector<Column> siblings;
    const ColumnPath parent(change.path.begin(), change.path.end() - 1);
    for (const FieldChange* other : gained)
      if (ColumnPath(other->path.begin(), other->path.end() - 1) == parent)
        siblings.push_back(Column{other->path.back(), other->source, true, std::nullopt, {}, false, 0});
    if (refuse_likely_rename(dotted, Column{change.path.back(), change.destination, true, std::nullopt, {}, false, 0},
                             siblings, false))
      return;
    if (!can_.nested_drop) {
      refuse(dotted, Error("type-change-refused"_code,
                           fmt::format("field \"{}\" cannot be dropped: {} does not drop nested fields", dotted,
                                       dialect_.name()),
                           "run without drop_removed, or create the column anew"));
      return;
    }
    // DuckDB drops a field by changing the whole column's type.
    if (!can_.table_features && blocked(old_name, ColumnOperation::change_type)) return;
    if (blocked(old_name, ColumnOperation::drop, change.path) ||
        !gated(dotted, TableFeature::column_mapping, fmt::format("field \"{}\" is dropped", dotted)))
      return;
    say(Phase::drop_field, dialect_.drop_column(table_, full_path(name, change.path)),
        fmt::format("the source has no field \"{}\", and drop_removed is on", dotted));
    result_.dropped.push_back(dotted);
  }

  bool refuse_likely_rename(const std::string& name, const Column& removed, const std::vector<Column>& added,
                            bool renamable) {
    const std::string likely = likely_new_name(removed, added);
    if (likely.empty()) return false;
    refuse(name,
           Error("drop-looks-like-rename"_code,
                 fmt::format("column \"{}\" is not dropped: it may have become \"{}\", and dropping it would lose "
                             "its data",
                             name, likely),
                 renamable ? fmt::format("if it was renamed, write rename: {{ {}: {} }}; if not, run once "
                                         "without drop_removed, then again with it",
                                         name, likely)
                           : std::string("if it was renamed, rename it by hand; if not, run once without "
                                         "drop_removed, then again with it")));
    return true;
  }

  void plan_added(const Column& column) {
    if (column.generated) {
      refuse(column.name,
             Error("generated-column"_code,
                   fmt::format("column \"{}\" is generated on the source, and a generated column cannot be "
                               "added to a table that exists",
                               column.name),
                   "create the table anew, or add a plain column of that name by hand"));
      return;
    }
    const std::string unsupported = dialect_.unsupported_type(column.type);
    if (!unsupported.empty()) {
      refuse(column.name, Error("type-unsupported"_code,
                                fmt::format("column \"{}\" cannot be added as {}: {}", column.name,
                                            dialect_.print_type(column.type), unsupported),
                                "add a column of that name with a type that this engine has"));
      return;
    }
    Result<std::optional<std::string>> default_text = settable_default(column, dialect_);
    if (!default_text) {
      refuse(column.name, std::move(default_text).error());
      return;
    }
    if (!gated(column.name, dialect_.features_for_addition({column.name}, column.type),
               fmt::format("column \"{}\" is added as {}", column.name, dialect_.print_type(column.type))))
      return;
    if (*default_text &&
        !gated(column.name, TableFeature::column_defaults, fmt::format("column \"{}\" gets a default", column.name)))
      return;
    if (!column.nullable && !requirable(column, default_text->has_value())) return;
    // An expression as DEFAULT of ADD COLUMN makes DuckDB run an ALTER, an UPDATE and another ALTER: so it is split
    // here, into steps behind which SET NOT NULL still works.
    const bool late_default =
        *default_text &&
        (!can_.add_with_default || read_default(column.default_expression).kind == DefaultText::Kind::expression);
    // Where ADD takes no DEFAULT, rows that exist hold NULL on the source as well, unless it does not allow that.
    const bool fill_late = late_default && (can_.add_with_default || !column.nullable);
    const bool filled = facts_.has_rows && (fill_late || (!column.nullable && can_.not_null_from_statistics));
    if (filled && blocked(column.name, ColumnOperation::fill)) return;
    plan_.add(column.nullable ? Phase::add : Phase::add_required, {{column.name}, column.type, column.comment},
              fmt::format("the source has column \"{}\"", column.name), late_default ? std::nullopt : *default_text);
    if (filled)
      say(column.nullable ? Phase::fill_optional : Phase::fill,
          dialect_.fill_column(table_, column.name, column.type, **default_text),
          fmt::format("rows that exist get the default of \"{}\"", column.name));
    else if (late_default && facts_.has_rows)
      result_.notes.push_back(fmt::format(
          "rows that exist keep NULL in the new column \"{}\": a default holds for rows written later", column.name));
    if (!column.nullable)
      say(Phase::require, dialect_.set_nullable(table_, column.name, false),
          fmt::format("\"{}\" is NOT NULL on the source", column.name));
    if (late_default)
      say(Phase::default_value, dialect_.set_default(table_, column.name, *default_text),
          fmt::format("the source's default is {}", *column.default_expression));
    if (!column.comment.empty() && !can_.add_many_columns)
      say(Phase::comment, dialect_.set_comment(table_, column.name, column.comment),
          fmt::format("the source's comment on \"{}\"", column.name));
    result_.added.push_back(column.name);
  }

  // Whether an added column can be NOT NULL at once; refuses when not.
  bool requirable(const Column& column, bool has_default) {
    if (facts_.has_rows && !has_default) {
      refuse(column.name, Error("not-null-needs-default"_code,
                                fmt::format("column \"{}\" is NOT NULL on the source and has no default, and the table "
                                            "here has rows, which would hold NULL",
                                            column.name),
                                "give the column a default on the source, add and fill it here by hand, or leave NOT "
                                "NULL alone with ignore: [nullability]"));
      return false;
    }
    // On a table with an index only plain additions pass, and this one needs a SET NOT NULL behind it.
    return provable(column) && !blocked(column.name, ColumnOperation::tighten);
  }

  void plan_removed(const Column& column) {
    if (!policy_.drop_removed) {
      result_.skipped.push_back(column.name);
      return;
    }
    if (refuse_likely_rename(column.name, column, difference_.added, true) ||
        blocked(column.name, ColumnOperation::drop) ||
        !gated(column.name, TableFeature::column_mapping, fmt::format("column \"{}\" is dropped", column.name)))
      return;
    say(Phase::drop, dialect_.drop_column(table_, {column.name}),
        fmt::format("the source has no column \"{}\", and drop_removed is on", column.name));
    result_.dropped.push_back(column.name);
  }

  const TableDifference& difference_;
  const Dialect& dialect_;
  const Capabilities& can_;
  const Dependents& dependents_;
  const TableFacts& facts_;
  const AlterationPolicy& policy_;
  const TableName& table_;
  FeatureGate gate_;
  StatementPlan plan_;
  Alteration result_;
};

}  // namespace

FactsNeeded facts_needed(const TableDifference& difference) {
  FactsNeeded needed;
  for (const ChangedColumn& column : difference.changed)
    if (column.nullability && !column.source.nullable) needed.null_columns.push_back(column.destination.name);
  needed.rows = !needed.null_columns.empty() || std::any_of(difference.added.begin(), difference.added.end(),
                                                            [](const Column& column) { return !column.nullable; });
  return needed;
}

Alteration plan_alteration(const TableDifference& difference, const Dialect& dialect, const Dependents& dependents,
                           const TableFacts& facts, const AlterationPolicy& policy) {
  return Planner(difference, dialect, dependents, facts, policy).plan();
}

}  // namespace lockstep
