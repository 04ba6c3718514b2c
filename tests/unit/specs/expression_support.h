// What the tests of expressions share: nodes made by hand, one-line parse, check and evaluate.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "specs/expression.h"

namespace lockstep::testing {

// A scalar that stands in a file of its own behind "k: ", as the YAML reader would give it.
struct Scalar {
  std::shared_ptr<const Source> source;
  Node node;
};

inline Scalar scalar(std::string text, Node::Style style = Node::Style::plain) {
  std::string written = text;
  if (style == Node::Style::quoted) {
    written = "'";
    for (const char c : text) written += c == '\'' ? "''" : std::string(1, c);
    written += "'";
  }
  Scalar result;
  result.source = std::make_shared<const Source>(Source{"t.yaml", "k: " + written + "\n"});
  result.node.kind = Node::Kind::string;
  result.node.style = style;
  result.node.scalar = std::move(text);
  result.node.span.start = {1, 4, 3};
  const auto size = static_cast<std::uint32_t>(written.size());
  result.node.span.end = {1, 4 + size, 3 + size};
  return result;
}

struct Checked {
  std::optional<Template> text;
  TypePtr type;
  std::vector<Diagnostic> findings;
  [[nodiscard]] std::string codes() const {
    std::string all;
    for (const Diagnostic& finding : findings) all += (all.empty() ? "" : " ") + finding.code;
    return all;
  }
  // Everything a user reads, on one line.
  [[nodiscard]] std::string words() const {
    std::string all;
    for (const Diagnostic& finding : findings) all += finding.message + " | " + finding.hint + "\n";
    return all;
  }
};

inline Checked check(std::string text, const TypeScope& scope, bool bare = true) {
  const Scalar made = scalar(std::move(text));
  Diagnostics diagnostics(made.source);
  Checked result;
  result.text = parse_template(made.node, bare, diagnostics);
  if (result.text) result.type = check_template(*result.text, scope, diagnostics);
  result.findings = diagnostics.items();
  return result;
}

inline Result<Value> run(std::string text, const EvalScope& scope, bool bare = true) {
  const Scalar made = scalar(std::move(text));
  Diagnostics diagnostics(made.source);
  const std::optional<Template> parsed = parse_template(made.node, bare, diagnostics);
  if (!parsed) {
    const Diagnostic& first = diagnostics.items().front();
    ADD_FAILURE() << made.node.scalar << " does not parse: " << first.message << " | " << first.hint;
    return Value{};
  }
  return evaluate(*parsed, scope);
}

// A scope that answers from one JSON: {"params": {...}, "env": {...}, "secrets": {...}, "steps": {ID: {"outputs",
// "status"}}, ...}.
inline EvalScope scope_of(const Json& values) {
  const auto member = [values](std::string path) {
    return [values, path = std::move(path)](std::string_view name) -> Result<Value> {
      const Json::json_pointer at = Json::json_pointer("/" + path) / std::string(name);
      if (values.contains(at)) return Value{values.at(at), false};
      return Error("test-missing"_code, "no " + path + "." + std::string(name));
    };
  };
  const auto step = [values](std::string part) {
    return [values, part = std::move(part)](std::string_view id) -> Result<Value> {
      const Json::json_pointer at = Json::json_pointer("/steps") / std::string(id) / part;
      if (values.contains(at)) return Value{values.at(at), values.value("tainted_steps", false)};
      return Error("test-missing"_code, "no outputs of " + std::string(id));
    };
  };
  EvalScope scope;
  scope.param = member("params");
  scope.env = member("env");
  scope.secret = member("secrets");
  scope.run = member("run");
  scope.step_outputs = step("outputs");
  scope.step_status = step("status");
  scope.status = [](std::string_view name) { return name == "always" || name == "success"; };
  if (values.contains("item")) scope.item = Value{values.at("item"), false};
  return scope;
}

}  // namespace lockstep::testing
