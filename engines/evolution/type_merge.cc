#include "engines/evolution/type_merge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unordered_map>

#include "engines/warehouse/names.h"

namespace lockstep {
namespace {

using FieldIndex = std::unordered_map<std::string, std::size_t>;

FieldIndex index_fields(const DataType& type) {
  FieldIndex index;
  for (std::size_t i = 0; i < type.fields.size(); ++i) index.emplace(fold_name(type.fields[i].name), i);
  return index;
}

ColumnPath below(const ColumnPath& path, const std::string& name) {
  ColumnPath longer = path;
  longer.push_back(name);
  return longer;
}

class Merger {
 public:
  TypeMerge merge(const DataType& source, const DataType& destination) {
    TypeMerge result;
    auto [with_removed, without_removed] = walk(source, destination, {});
    result.with_removed = std::move(with_removed);
    result.without_removed = std::move(without_removed);
    result.changes = std::move(changes_);
    result.notes = std::move(notes_);
    return result;
  }

 private:
  struct Pair {
    DataType with_removed;
    DataType without_removed;
  };

  Pair walk(const DataType& source, const DataType& destination, const ColumnPath& path) {
    const bool same_shape = source.kind == destination.kind && source.fields.size() == destination.fields.size();
    if (source.kind == DataType::Kind::structure && destination.kind == DataType::Kind::structure)
      return walk_structure(source, destination, path);
    if (source.kind == DataType::Kind::list && same_shape && source.fields.size() == 1)
      return walk_children(source, destination, path, {"element"});
    if (source.kind == DataType::Kind::array && same_shape && source.size == destination.size &&
        source.fields.size() == 1)
      return walk_children(source, destination, path, {"element"});
    if (source.kind == DataType::Kind::map && same_shape && source.fields.size() == 2)
      return walk_children(source, destination, path, {"key", "value"});
    if (same_type(source, destination)) return {destination, destination};
    changes_.push_back({FieldChange::Kind::type, path, source, destination});
    return {source, source};
  }

  Pair walk_children(const DataType& source, const DataType& destination, const ColumnPath& path,
                     const std::vector<std::string>& steps) {
    Pair result{destination, destination};
    for (std::size_t i = 0; i < steps.size(); ++i) {
      Pair child = walk(source.fields[i].type, destination.fields[i].type, below(path, steps[i]));
      result.with_removed.fields[i].type = std::move(child.with_removed);
      result.without_removed.fields[i].type = std::move(child.without_removed);
    }
    result.with_removed.text.clear();
    result.without_removed.text.clear();
    return result;
  }

  Pair walk_structure(const DataType& source, const DataType& destination, const ColumnPath& path) {
    const FieldIndex in_source = index_fields(source);
    const FieldIndex in_destination = index_fields(destination);
    Pair result{destination, destination};
    result.with_removed.text.clear();
    result.without_removed.text.clear();
    result.with_removed.fields.clear();
    result.without_removed.fields.clear();
    std::size_t last = 0;
    bool reordered = false;
    for (const TypeField& field : destination.fields) {
      const auto found = in_source.find(fold_name(field.name));
      if (found == in_source.end()) {
        changes_.push_back({FieldChange::Kind::removed, below(path, field.name), {}, field.type});
        result.with_removed.fields.push_back(field);
        continue;
      }
      const TypeField& wanted = source.fields[found->second];
      reordered = reordered || found->second < last;
      last = found->second;
      if (wanted.name != field.name)
        notes_.push_back(fmt::format("field \"{}\" is written \"{}\" on the source", path_text(below(path, field.name)),
                                     wanted.name));
      Pair child = walk(wanted.type, field.type, below(path, field.name));
      result.with_removed.fields.push_back({field.name, std::move(child.with_removed)});
      result.without_removed.fields.push_back({field.name, std::move(child.without_removed)});
    }
    for (const TypeField& field : source.fields) {
      if (in_destination.count(fold_name(field.name)) != 0) continue;
      changes_.push_back({FieldChange::Kind::added, below(path, field.name), field.type, {}});
      result.with_removed.fields.push_back(field);
      result.without_removed.fields.push_back(field);
    }
    if (reordered)
      notes_.push_back(path.empty()
                           ? "its fields are in another order on the source"
                           : fmt::format("the fields of \"{}\" are in another order on the source", path_text(path)));
    return result;
  }

  std::vector<FieldChange> changes_;
  std::vector<std::string> notes_;
};

// Equal down to the spelling and order of field names.
bool identical(const DataType& a, const DataType& b) {
  if (!same_type(a, b)) return false;
  for (std::size_t i = 0; i < a.fields.size(); ++i)
    if (a.fields[i].name != b.fields[i].name || !identical(a.fields[i].type, b.fields[i].type)) return false;
  return true;
}

}  // namespace

TypeMerge merge_types(const DataType& source, const DataType& destination) {
  TypeMerge merge = Merger().merge(source, destination);
  // Where it comes to the source's type, it is written as the source's engine prints it.
  if (identical(merge.with_removed, source)) merge.with_removed = source;
  if (identical(merge.without_removed, source)) merge.without_removed = source;
  return merge;
}

std::string path_text(const ColumnPath& path) {
  return fmt::format("{}", fmt::join(path, "."));
}

}  // namespace lockstep
