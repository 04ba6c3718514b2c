#include <fmt/format.h>

#include "specs/runbook.h"

namespace lockstep {

namespace {

// Recursion is bounded by the reader's depth limit of 100.
class Resolver {
 public:
  explicit Resolver(const EvalScope& scope) : scope_(scope) {}

  Result<Json> resolve(const Node& node) {
    switch (node.kind) {
      case Node::Kind::map:
        return map(node);
      case Node::Kind::list:
        return list(node);
      case Node::Kind::string:
        return text(node);
      default:
        return node.scalar;
    }
  }

  std::vector<std::string> tainted;

 private:
  // Runs `resolve` with the pointer one segment longer.
  Result<Json> below(std::string_view segment, const Node& node) {
    const std::size_t length = pointer_.size();
    pointer_ += '/';
    for (const char c : segment) {  // RFC 6901, section 3
      if (c == '~')
        pointer_ += "~0";
      else if (c == '/')
        pointer_ += "~1";
      else
        pointer_ += c;
    }
    Result<Json> value = resolve(node);
    pointer_.resize(length);
    return value;
  }

  Result<Json> map(const Node& node) {
    Json object = Json::object();
    for (const Member& member : node.members) {
      Result<Json> value = below(member.key, member.value);
      if (!value) return value;
      object[member.key] = std::move(*value);
    }
    return object;
  }

  Result<Json> list(const Node& node) {
    Json array = Json::array();
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      Result<Json> value = below(std::to_string(i), node.items[i]);
      if (!value) return value;
      array.push_back(std::move(*value));
    }
    return array;
  }

  Result<Json> text(const Node& node) {
    if (!looks_like_template(node.scalar.get_ref<const std::string&>())) return node.scalar;
    Diagnostics findings(nullptr);
    const std::optional<Template> parsed = parse_template(node, false, findings);
    if (!parsed) {
      const Diagnostic& first = findings.items().front();
      Error error("expression-syntax"_code, first.message, first.hint);
      return std::move(error).with_context(place());
    }
    Result<Value> value = evaluate(*parsed, scope_);
    if (!value) return std::move(value).error().with_context(place());
    if (value->tainted) tainted.push_back(pointer_);
    return std::move(value->json);
  }

  [[nodiscard]] std::string place() const { return pointer_.empty() ? "in the value" : fmt::format("at {}", pointer_); }

  const EvalScope& scope_;
  std::string pointer_;
};

}  // namespace

Result<ResolvedInputs> resolve_node(const Node& node, const EvalScope& scope) {
  Resolver resolver(scope);
  Result<Json> value = resolver.resolve(node);
  if (!value) return std::move(value).error();
  return ResolvedInputs{std::move(*value), std::move(resolver.tainted)};
}

}  // namespace lockstep
