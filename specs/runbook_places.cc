#include "specs/runbook_places.h"

#include <fmt/format.h>

#include <algorithm>

#include "specs/schema.h"

namespace lockstep {

namespace {

// The branches of a schema that is a choice, or the schema itself.
std::vector<const Json*> branches_of(const Json& schema, const Json& root) {
  std::vector<const Json*> branches;
  for (const char* keyword : {"oneOf", "anyOf"}) {
    const auto choices = schema.find(keyword);
    if (choices == schema.end()) continue;
    for (const Json& choice : *choices)
      if (const Json* resolved = resolve_schema(choice, root); resolved != nullptr && resolved->is_object())
        branches.push_back(resolved);
  }
  if (branches.empty()) branches.push_back(&schema);
  return branches;
}

// Whether a constant of the branch (`type: duckdb`) speaks against the node.
bool contradicts(const Node& node, const Json& branch) {
  const auto properties = branch.find("properties");
  if (properties == branch.end()) return false;
  return std::any_of(node.members.begin(), node.members.end(), [&](const Member& member) {
    const auto field = properties->find(member.key);
    if (field == properties->end() || !field->is_object()) return false;
    const auto constant = field->find("const");
    return constant != field->end() && member.value.is_scalar() && member.value.scalar != *constant;
  });
}

const Json* member_schema(const Node& node, const Json& schema, const Json& root, const std::string& key) {
  for (const Json* branch : branches_of(schema, root)) {
    if (contradicts(node, *branch)) continue;
    const auto properties = branch->find("properties");
    if (properties != branch->end())
      if (const auto found = properties->find(key); found != properties->end()) return &*found;
    const auto others = branch->find("additionalProperties");
    if (others != branch->end() && others->is_object()) return &*others;
  }
  return nullptr;
}

const Json* item_schema(const Json& schema, const Json& root) {
  for (const Json* branch : branches_of(schema, root))
    if (const auto items = branch->find("items"); items != branch->end() && items->is_object()) return &*items;
  return nullptr;
}

}  // namespace

bool holds_template(const Node& node) {
  if (node.kind == Node::Kind::string) return looks_like_template(node.scalar.get_ref<const std::string&>());
  return std::any_of(node.items.begin(), node.items.end(), holds_template) ||
         std::any_of(node.members.begin(), node.members.end(), [](const Member& member) {
           return looks_like_template(member.key) || holds_template(member.value);
         });
}

void report_misfit(std::string_view name, const std::string& reason, const ExprType& from, const ExprType& to,
                   Span span, Diagnostics& diagnostics) {
  std::string hint = fmt::format("give a value that is {}", to.to_string());
  const bool to_text = to.kind == ExprType::Kind::string;
  if (reason.ends_with("may be null"))
    hint = "write default(value, fallback)";
  else if (to_text && (from.kind == ExprType::Kind::list || from.kind == ExprType::Kind::object))
    hint = "write to_json(...) around it, or choose a part of it";
  else if (to_text && from.kind != ExprType::Kind::null)
    hint = "write format('{0}', ...) around it";
  else if (from.kind == ExprType::Kind::string && !to_text)
    hint += "; from_json(...) reads one from a text";
  diagnostics.error("expression-assign"_code, span, name.empty() ? reason : fmt::format("\"{}\": {}", name, reason),
                    std::move(hint));
}

void ExpressionPlaces::check(const Node& node, const Json* schema, const Json& root, std::string_view name) {
  if (holds_template(node)) value(node, schema, root, name);
}

void ExpressionPlaces::value(const Node& node, const Json* schema, const Json& root, std::string_view name) {
  if (schema != nullptr) schema = resolve_schema(*schema, root);
  if (schema != nullptr && !schema->is_object()) schema = nullptr;
  switch (node.kind) {
    case Node::Kind::string:
      scalar(node, schema, root, name);
      break;
    case Node::Kind::list: {
      const Json* items = schema == nullptr ? nullptr : item_schema(*schema, root);
      for (const Node& item : node.items) value(item, items, root, name);
      break;
    }
    case Node::Kind::map:
      members(node, schema, root);
      break;
    default:
      break;
  }
}

void ExpressionPlaces::members(const Node& node, const Json* schema, const Json& root) {
  for (const Member& member : node.members) {
    if (looks_like_template(member.key))
      diagnostics_.error("expression-not-allowed"_code, member.key_span, "a key cannot be an expression",
                         "write the key itself; only values may hold ${{ }}");
    value(member.value, schema == nullptr ? nullptr : member_schema(node, *schema, root, member.key), root, member.key);
  }
}

const TypePtr& ExpressionPlaces::type_of(const Json& schema, const Json& root) {
  TypePtr& type = types_[&schema];
  if (!type) type = ExprType::from_schema(schema, root);
  return type;
}

void ExpressionPlaces::scalar(const Node& node, const Json* schema, const Json& root, std::string_view name) {
  if (!looks_like_template(node.scalar.get_ref<const std::string&>())) return;
  const std::optional<Checked> checked = check_scalar(node, false);
  if (!checked || schema == nullptr) return;
  const TypePtr& place = type_of(*schema, root);
  const std::optional<std::string> reason = misfit(*checked->type, *place);
  if (!reason) return;
  const Span span = checked->text.whole ? checked->text.pieces.front().span : node.span;
  report_misfit(name, *reason, *checked->type, *place, span, diagnostics_);
}

std::optional<ExpressionPlaces::Checked> ExpressionPlaces::check_scalar(const Node& node, bool bare) {
  std::optional<Template> parsed = parse_template(node, bare, diagnostics_);
  if (!parsed) return std::nullopt;
  TypePtr type = check_template(*parsed, scope_, diagnostics_);
  for (const Template::Piece& piece : parsed->pieces) {
    if (!piece.expr) continue;
    for (const std::string& id : references_of(piece).steps) references_.push_back({id, piece.span});
  }
  return Checked{std::move(*parsed), std::move(type)};
}

void ExpressionPlaces::refuse(const Node& node, std::string_view name) {
  if (node.kind == Node::Kind::string && looks_like_template(node.scalar.get_ref<const std::string&>()))
    diagnostics_.error("expression-not-allowed"_code, node.span, fmt::format("\"{}\" cannot be an expression", name),
                       "write the value itself");
  for (const Node& item : node.items) refuse(item, name);
  for (const Member& member : node.members) refuse(member.value, member.key);
}

std::vector<ExpressionPlaces::StepReference> ExpressionPlaces::take_references() {
  return std::exchange(references_, {});
}

}  // namespace lockstep
