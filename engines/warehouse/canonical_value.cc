#include "engines/warehouse/canonical_value.h"

#include <fmt/format.h>

namespace lockstep {

namespace {

std::string canonical_list(const CanonicalSyntax& syntax, const std::string& value, const DataType& type,
                           const DataType& common, int depth) {
  const std::string element = fmt::format("lockstep_e{}", depth);
  const std::string body =
      canonical_value(syntax, element, type.fields.front().type, common.fields.front().type, depth + 1);
  return body == element ? value : syntax.transformed(value, element, body);
}

std::string canonical_structure(const CanonicalSyntax& syntax, const std::string& value, const DataType& type,
                                const DataType& common, int depth) {
  std::vector<std::pair<std::string, std::string>> fields;
  bool same = type.fields.size() == common.fields.size();
  for (std::size_t i = 0; i < common.fields.size(); ++i) {
    const TypeField& wanted = common.fields[i];
    const TypeField* own = find_type_field(type, wanted.name);
    if (own == nullptr) continue;  // common_type() pairs every field
    const std::string field = syntax.field(value, own->name);
    std::string text = canonical_value(syntax, field, own->type, wanted.type, depth + 1);
    same = same && text == field && type.fields[i].name == wanted.name;
    fields.emplace_back(wanted.name, std::move(text));
  }
  if (same) return value;
  // A struct made of a NULL's fields would be a struct of NULLs, which is another value.
  return fmt::format("CASE WHEN {} IS NULL THEN NULL ELSE {} END", value, syntax.structure(fields));
}

// Keys are unique in a map, so sorting its entries (key first) gives one order whatever the order of insertion.
std::string canonical_map(const CanonicalSyntax& syntax, const std::string& value, const DataType& type,
                          const DataType& common, int depth) {
  const std::string entry = fmt::format("lockstep_e{}", depth);
  const std::string own_key = syntax.field(entry, "key");
  const std::string own_value = syntax.field(entry, "value");
  const std::string key = canonical_value(syntax, own_key, type.fields[0].type, common.fields[0].type, depth + 1);
  const std::string content = canonical_value(syntax, own_value, type.fields[1].type, common.fields[1].type, depth + 1);
  std::string entries = syntax.entries(value);
  if (key != own_key || content != own_value)
    entries = syntax.transformed(entries, entry, syntax.structure({{"key", key}, {"value", content}}));
  return syntax.sorted(entries);
}

}  // namespace

std::string canonical_value(const CanonicalSyntax& syntax, const std::string& value, const DataType& type,
                            const DataType& common, int depth) {
  switch (common.kind) {
    case DataType::Kind::list:
    case DataType::Kind::array:
      return canonical_list(syntax, value, type, common, depth);
    case DataType::Kind::structure:
      return canonical_structure(syntax, value, type, common, depth);
    case DataType::Kind::map:
      return canonical_map(syntax, value, type, common, depth);
    default:
      return syntax.leaf(value, type, common);
  }
}

}  // namespace lockstep
