// Bytes -> expression: parsed, checked and evaluated. Nothing may crash, hang or throw, and what is refused is
// explained.
#include <cstdint>
#include <cstdlib>

#include "specs/expression.h"

namespace {

using namespace lockstep;

Node scalar(std::string text) {
  Node node;
  node.kind = Node::Kind::string;
  node.scalar = std::move(text);
  node.span.start = {1, 1, 0};
  node.span.end = {1, 1, 0};
  return node;
}

EvalScope values() {
  EvalScope scope;
  scope.param = [](std::string_view name) -> Result<Value> {
    if (name == "list") return Value{Json::array({1, "x", nullptr, Json::array({2})}), false};
    if (name == "object") return Value{{{"a", 1}, {"b", {{"c", "text"}}}}, false};
    return Value{std::string(name), false};
  };
  scope.env = [](std::string_view) -> Result<Value> { return Error("fuzz-missing"_code, "not set", "set it"); };
  scope.secret = scope.run =
      scope.step_status = [](std::string_view name) -> Result<Value> { return Value{std::string(name), false}; };
  scope.step_outputs = scope.param;
  scope.status = [](std::string_view name) { return name == "always"; };
  scope.item = Value{Json::array({1}), false};
  return scope;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool bare = (data[0] & 1U) != 0;
  const Node node = scalar(std::string(data + 1, data + size));
  Diagnostics diagnostics(nullptr);
  const std::optional<Template> parsed = parse_template(node, bare, diagnostics);
  if (parsed.has_value() == diagnostics.has_errors()) std::abort();
  if (!parsed) return 0;
  TypeScope types;
  types.params["list"] = ExprType::of_kind(ExprType::Kind::list);
  types.params["object"] = ExprType::of_kind(ExprType::Kind::object);
  types.steps["a"] = ExprType::of_kind(ExprType::Kind::any);
  types.item = ExprType::list_of(ExprType::of_kind(ExprType::Kind::integer));
  types.status_functions = true;
  static_cast<void>(check_template(*parsed, types, diagnostics));
  static_cast<void>(references_of(*parsed));
  const Result<Value> value = evaluate(*parsed, values());
  if (!value && (value.error().message.empty() || value.error().code.empty())) std::abort();
  return 0;
}
