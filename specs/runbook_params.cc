#include "specs/runbook_params.h"

#include <fmt/format.h>

#include <algorithm>

#include "specs/expression_lexer.h"

namespace lockstep {

namespace {

using Kind = ExprType::Kind;

std::string type_name_of(const Json& value) {
  if (value.is_boolean()) return "boolean";
  if (value.is_number_integer()) return "integer";
  if (value.is_number()) return "number";
  if (value.is_array()) return "list";
  return value.is_object() ? "object" : "string";
}

std::string type_of(const Node& node) {
  const Member* type = node.find("type");
  if (type != nullptr && type->value.kind == Node::Kind::string) return type->value.scalar.get<std::string>();
  const Member* value = node.find("default");
  return value == nullptr ? "string" : type_name_of(value->value.to_json());
}

void read_default(const Node& node, Param& param, Diagnostics& diagnostics) {
  const Member* given = node.find("default");
  if (given == nullptr) return;
  Json value = given->value.to_json();
  if (value.is_string() && looks_like_template(value.get_ref<const std::string&>())) {
    diagnostics.error("expression-not-allowed"_code, given->value.span,
                      fmt::format("the default of the param \"{}\" is an expression", param.name),
                      "write the value, or give it with --param");
  } else if (!value.is_null() && !fits_param_type(param.type, value)) {
    diagnostics.error(
        "param-type"_code, given->value.span,
        fmt::format("the default of the param \"{}\" is not {}", param.name, describe_param_type(param.type)),
        "change the default or the type");
  } else if (!value.is_null() && !param.choices.empty() &&
             std::find(param.choices.begin(), param.choices.end(), value) == param.choices.end()) {
    diagnostics.error("param-choice"_code, given->value.span,
                      fmt::format("the default of the param \"{}\" is none of its enum", param.name),
                      "add it to the enum, or choose another");
  }
  // Kept even when refused: otherwise "not given" would be reported on top.
  param.default_value = std::move(value);
}

void read_choices(const Node& node, Param& param, Diagnostics& diagnostics) {
  const Member* given = node.find("enum");
  if (given == nullptr || given->value.kind != Node::Kind::list) return;
  for (const Node& item : given->value.items) {
    Json value = item.to_json();
    if (!fits_param_type(param.type, value))
      diagnostics.error(
          "param-type"_code, item.span,
          fmt::format("a choice of the param \"{}\" is not {}", param.name, describe_param_type(param.type)),
          "change the choice or the type");
    param.choices.push_back(std::move(value));
  }
}

}  // namespace

std::vector<Param> read_params(const Node* node, Diagnostics& diagnostics) {
  std::vector<Param> params;
  if (node == nullptr || node->kind != Node::Kind::map) return params;
  for (const Member& member : node->members) {
    Param param;
    param.name = member.key;
    param.span = member.key_span;
    if (!is_identifier(member.key))
      diagnostics.error("param-name"_code, member.key_span, fmt::format("\"{}\" is no name for a param", member.key),
                        "use letters, digits, '_' and '-', and begin with a letter or '_'");
    if (member.value.kind == Node::Kind::map) {
      param.type = type_of(member.value);
      if (const Member* text = member.value.find("description");
          text != nullptr && text->value.kind == Node::Kind::string)
        param.description = text->value.scalar.get<std::string>();
      read_choices(member.value, param, diagnostics);
      read_default(member.value, param, diagnostics);
    } else {
      param.type = "any";  // reported by the schema walk
      param.default_value = Json();
    }
    params.push_back(std::move(param));
  }
  return params;
}

TypePtr param_type(const Param& param) {
  TypePtr type = ExprType::of_kind(Kind::any);
  if (param.type == "string") type = ExprType::of_kind(Kind::string);
  if (param.type == "integer") type = ExprType::of_kind(Kind::integer);
  if (param.type == "number") type = ExprType::of_kind(Kind::number);
  if (param.type == "boolean") type = ExprType::of_kind(Kind::boolean);
  if (param.type == "list") type = ExprType::of_kind(Kind::list);
  if (param.type == "object") type = ExprType::of_kind(Kind::object);
  if (param.type == "string" && !param.choices.empty()) {
    std::vector<std::string> values;
    for (const Json& choice : param.choices)
      if (choice.is_string()) values.push_back(choice.get<std::string>());
    if (values.size() == param.choices.size()) type = ExprType::string_of(std::move(values));
  }
  const bool nullable = param.default_value && param.default_value->is_null();
  return nullable ? ExprType::unite(type, ExprType::of_kind(Kind::null)) : type;
}

bool fits_param_type(std::string_view type, const Json& value) {
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "list") return value.is_array();
  return type != "object" || value.is_object();
}

std::string_view describe_param_type(std::string_view type) {
  if (type == "string") return "a string";
  if (type == "integer") return "an integer";
  if (type == "number") return "a number";
  if (type == "boolean") return "a boolean";
  if (type == "list") return "a list";
  return type == "object" ? "an object" : "";
}

}  // namespace lockstep
