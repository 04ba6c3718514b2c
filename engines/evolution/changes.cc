#include "engines/evolution/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "engines/evolution/default_text.h"
#include "engines/evolution/evolution_json.h"
#include "engines/warehouse/names.h"

namespace lockstep {
namespace {

constexpr std::size_t kLongestText = 65536;  // of a type or a default; no engine prints a longer one for a sane table

Error invalid(const std::string& where, const std::string& what) {
  return Error("changes-invalid"_code, fmt::format("{}: {}", where, what),
               "give the outputs of schema-evolution/detect: changes: ${{ steps.ID.outputs }}");
}

class Reader {
 public:
  Reader(const Json& changes, const Table& destination, const Dialect& dialect)
      : changes_(changes), destination_(destination), dialect_(dialect) {
    result_.table.wanted = destination;
  }

  Result<AppliedChanges> read() {
    if (!changes_.is_object()) return invalid("changes", "it is not a map");
    if (changes_.value("status", Json("")) == "missing")
      return invalid("changes.status",
                     "they say that the table is missing, so there is nothing to alter: clone it first");
    if (const auto dest = changes_.find("dest");
        dest != changes_.end() && dest->is_string() &&
        fold_name(dest->get_ref<const std::string&>()) != fold_name(destination_.name.full()))
      return invalid("changes.dest", fmt::format("they were found on \"{}\", not on \"{}\"",
                                                 dest->get_ref<const std::string&>(), destination_.name.full()));
    // Renames first: the other lists use the new names.
    for (auto [list, step] :
         {std::pair{"renamed_columns", &Reader::rename}, std::pair{"changed_columns", &Reader::change},
          std::pair{"added_columns", &Reader::add}, std::pair{"removed_columns", &Reader::remove}})
      if (Result<void> done = each(list, step); !done) return done.error();
    for (std::size_t i = 0; i < columns().size(); ++i) columns()[i].position = static_cast<int>(i) + 1;
    return std::move(result_);
  }

 private:
  using Step = Result<void> (Reader::*)(const Json&, const std::string&);

  std::vector<Column>& columns() { return result_.table.wanted.columns.edit(); }

  Column* find(const std::string& name) {
    const auto found =
        std::find_if(columns().begin(), columns().end(),
                     [folded = fold_name(name)](const Column& column) { return fold_name(column.name) == folded; });
    return found == columns().end() ? nullptr : &*found;
  }

  Result<void> each(const char* list, Step step) {
    const auto found = changes_.find(list);
    if (found == changes_.end() || found->is_null()) return {};
    const std::string where = fmt::format("changes.{}", list);
    if (!found->is_array()) return invalid(where, "it is not a list");
    for (std::size_t i = 0; i < found->size(); ++i) {
      const std::string here = fmt::format("{}[{}]", where, i);
      if (!(*found)[i].is_object()) return invalid(here, "it is not a map");
      if (Result<void> done = (this->*step)((*found)[i], here); !done) return done;
    }
    return {};
  }

  static Result<std::string> text(const Json& entry, const char* field, const std::string& where) {
    const auto found = entry.find(field);
    if (found == entry.end() || !found->is_string() || found->get_ref<const std::string&>().empty())
      return invalid(where, fmt::format("it has no \"{}\"", field));
    if (found->get_ref<const std::string&>().size() > kLongestText)
      return invalid(where, fmt::format("its \"{}\" is longer than {} bytes", field, kLongestText));
    return found->get<std::string>();
  }

  Result<DataType> type(const Json& entry, const char* field, const std::string& where) const {
    Result<std::string> printed = text(entry, field, where);
    if (!printed) return printed.error();
    DataType parsed = dialect_.parse_type(*printed);
    if (has_unknown(parsed))
      return invalid(where, fmt::format("\"{}\" is not a type that {} has", *printed, dialect_.name()));
    forget_text(parsed);
    return parsed;
  }

  // Whatever the text was, the type is printed anew.
  static void forget_text(DataType& type) {
    type.text.clear();
    for (TypeField& field : type.fields) forget_text(field.type);
  }

  static bool has_unknown(const DataType& type) {
    return type.kind == DataType::Kind::unknown ||
           std::any_of(type.fields.begin(), type.fields.end(),
                       [](const TypeField& field) { return has_unknown(field.type); });
  }

  static Result<bool> nullable(const Json& entry, const char* field, const std::string& where) {
    Result<std::string> printed = text(entry, field, where);
    if (!printed) return printed.error();
    if (*printed == "YES") return true;
    if (*printed == "NO") return false;
    return invalid(where, fmt::format("its \"{}\" is neither \"YES\" nor \"NO\"", field));
  }

  // Absent and null: none.
  static Result<std::optional<std::string>> default_text(const Json& entry, const char* field,
                                                         const std::string& where) {
    const auto found = entry.find(field);
    if (found == entry.end() || found->is_null()) return std::optional<std::string>();
    Result<std::string> printed = text(entry, field, where);
    if (!printed) return printed.error();
    const DefaultText value = read_default(*printed);
    if (value.kind == DefaultText::Kind::expression)
      if (const std::string unsafe = unsafe_expression(value.text); !unsafe.empty())
        return invalid(where, fmt::format("its \"{}\" is no expression: {}", field, unsafe));
    return std::optional(*printed);
  }

  static Result<std::string> comment(const Json& entry, const char* field, const std::string& where) {
    const auto found = entry.find(field);
    if (found == entry.end() || found->is_null()) return std::string();
    if (!found->is_string()) return invalid(where, fmt::format("its \"{}\" is not a text", field));
    return found->get<std::string>();
  }

  void stale(const std::string& column, const std::string& reason) {
    result_.stale.push_back({column, Error("changes-stale"_code, fmt::format("column \"{}\" {}", column, reason),
                                           "run schema-evolution/detect again and apply what it finds now")});
  }

  Result<void> rename(const Json& entry, const std::string& where) {
    Result<std::string> to = text(entry, "column", where);
    if (!to) return to.error();
    Result<std::string> from = text(entry, "from", where);
    if (!from) return from.error();
    Column* column = find(*from);
    if (column == nullptr) {
      stale(*from, "is not on the destination any more");
    } else if (Column* taken = find(*to); taken != nullptr && taken != column) {
      stale(*to, "is on the destination already");
    } else {
      result_.table.renames.renames.push_back({column->name, *to});
      column->name = *to;
    }
    return {};
  }

  Result<void> add(const Json& entry, const std::string& where) {
    Result<std::string> name = text(entry, "column", where);
    if (!name) return name.error();
    Result<DataType> wanted = type(entry, "data_type", where);
    if (!wanted) return wanted.error();
    Result<bool> may_be_null = entry.contains("nullable") ? nullable(entry, "nullable", where) : Result<bool>(true);
    if (!may_be_null) return may_be_null.error();
    Result<std::optional<std::string>> expression = default_text(entry, "default", where);
    if (!expression) return expression.error();
    Result<std::string> words = comment(entry, "comment", where);
    if (!words) return words.error();
    if (find(*name) != nullptr) {
      stale(*name, "is on the destination already");
      return {};
    }
    columns().push_back(
        Column{*name, *wanted, *may_be_null, *expression, *words, entry.value("generated", Json(false)) == true, 0});
    return {};
  }

  Result<void> remove(const Json& entry, const std::string& where) {
    Result<std::string> name = text(entry, "column", where);
    if (!name) return name.error();
    Result<DataType> expected = type(entry, "data_type", where);
    if (!expected) return expected.error();
    Column* column = find(*name);
    if (column == nullptr) {
      stale(*name, "is not on the destination any more");
    } else if (!same_type(column->type, *expected)) {
      stale(*name, fmt::format("is {} on the destination now, not {}", dialect_.print_type(column->type),
                               dialect_.print_type(*expected)));
    } else {
      columns().erase(columns().begin() + (column - columns().data()));
    }
    return {};
  }

  Result<void> change(const Json& entry, const std::string& where) {
    Result<std::string> name = text(entry, "column", where);
    if (!name) return name.error();
    Column* column = find(*name);
    if (column == nullptr) {
      stale(*name, "is not on the destination any more");
      return {};
    }
    const std::string what = entry.contains("change") && entry["change"].is_string()
                                 ? entry["change"].get<std::string>()
                                 : std::string(entry.contains("change") ? "?" : "type");
    if (what == "type") return change_type(entry, where, *column);
    if (what == "nullability") return change_nullability(entry, where, *column);
    if (what == "default") return change_default(entry, where, *column);
    if (what == "comment") return change_comment(entry, where, *column);
    return invalid(where, "its \"change\" is none of \"nullability\", \"default\", \"comment\" and \"type\"");
  }

  Result<void> change_type(const Json& entry, const std::string& where, Column& column) {
    Result<DataType> wanted = type(entry, "source_type", where);
    if (!wanted) return wanted.error();
    Result<DataType> expected = type(entry, "dest_type", where);
    if (!expected) return expected.error();
    if (!same_type(column.type, *expected))
      stale(column.name, fmt::format("is {} on the destination now, not {}", dialect_.print_type(column.type),
                                     dialect_.print_type(*expected)));
    else
      column.type = *wanted;
    return {};
  }

  Result<void> change_nullability(const Json& entry, const std::string& where, Column& column) {
    Result<bool> wanted = nullable(entry, "source", where);
    if (!wanted) return wanted.error();
    Result<bool> expected = nullable(entry, "dest", where);
    if (!expected) return expected.error();
    if (column.nullable != *expected)
      stale(column.name, fmt::format("is {} on the destination now", column.nullable ? "nullable" : "NOT NULL"));
    else
      column.nullable = *wanted;
    return {};
  }

  Result<void> change_default(const Json& entry, const std::string& where, Column& column) {
    Result<std::optional<std::string>> wanted = default_text(entry, "source", where);
    if (!wanted) return wanted.error();
    Result<std::optional<std::string>> expected = default_text(entry, "dest", where);
    if (!expected) return expected.error();
    if (!same_default(column.default_expression, *expected, column.type))
      stale(column.name, fmt::format("has {} on the destination now", column.default_expression
                                                                          ? "the default " + *column.default_expression
                                                                          : std::string("no default")));
    else
      column.default_expression = *wanted;
    return {};
  }

  Result<void> change_comment(const Json& entry, const std::string& where, Column& column) {
    Result<std::string> wanted = comment(entry, "source", where);
    if (!wanted) return wanted.error();
    Result<std::string> expected = comment(entry, "dest", where);
    if (!expected) return expected.error();
    if (column.comment != *expected)
      stale(column.name, "has another comment on the destination now");
    else
      column.comment = *wanted;
    return {};
  }

  const Json& changes_;
  const Table& destination_;
  const Dialect& dialect_;
  AppliedChanges result_;
};

}  // namespace

Result<AppliedChanges> apply_changes(const Json& changes, const Table& destination, const Dialect& dialect) {
  return Reader(changes, destination, dialect).read();
}

}  // namespace lockstep
