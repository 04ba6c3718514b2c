#include <fmt/format.h>

#include "specs/counted.h"
#include "specs/expression_functions.h"
#include "specs/expression_tree.h"

namespace lockstep {

namespace {

using NodeKind = ExprNode::Kind;
using Op = ExprNode::Op;

std::string_view excerpt(std::string_view text) {
  constexpr std::size_t kShown = 80;
  if (text.size() <= kShown) return text;
  std::size_t end = kShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

// One evaluation. Recursion is bounded by the parser's depth limit.
class Evaluator {
 public:
  Evaluator(const Expr& expr, const EvalScope& scope) : expr_(expr), scope_(scope) {}

  Result<Value> run() {
    Result<Value> value = eval(expr_.root);
    if (value) return value;
    const Position at = expr_.whole.start;
    std::string place = fmt::format("in ${{{{ {} }}}}", excerpt(expr_.text));
    if (at.line != 0) place += fmt::format(" (line {}, column {})", at.line, at.column);
    return std::move(value).error().with_context(std::move(place));
  }

 private:
  Result<Value> eval(ExprIndex index) {
    const ExprNode& node = expr_.nodes[index];
    switch (node.kind) {
      case NodeKind::literal:
        return Value{node.literal, false};
      case NodeKind::name:
        return name(node);
      case NodeKind::field:
      case NodeKind::index:
        return access(index);
      case NodeKind::negation: {
        Result<Value> operand = boolean(node.left, "!");
        if (operand) operand->json = !operand->json.get<bool>();
        return operand;
      }
      case NodeKind::binary:
        return binary(node);
      case NodeKind::call:
        return call(node);
    }
    return Error("expression-type"_code, "unknown node", "report this as a bug");
  }

  // Something that does not exist, which default() and a comparison with null forgive.
  Error missing(Error error) {
    missing_ = true;
    return error;
  }
  Error missing(std::string message) {
    return missing(Error("expression-missing"_code, std::move(message),
                         "write default(value, fallback) where a value may be missing"));
  }

  [[nodiscard]] std::string_view source(ExprIndex index) const {
    const ExprNode& node = expr_.nodes[index];
    return excerpt(std::string_view(expr_.text).substr(node.begin, node.end - node.begin));
  }

  Result<Value> name(const ExprNode& node) {
    if (expr_.name(node) == "item" && scope_.item) return *scope_.item;
    return Error("expression-undefined"_code, fmt::format("\"{}\" has no value here", expr_.name(node)),
                 "see the names in the documentation of expressions");
  }

  Result<Value> ask(const std::function<Result<Value>(std::string_view)>& source, std::string_view root,
                    std::string_view key) {
    if (!source) return missing(fmt::format("{}.{} has no value here", root, key));
    Result<Value> value = source(key);
    if (!value) return missing(std::move(value).error());
    return value;
  }

  Result<Value> access(ExprIndex index) {
    const ExprNode& node = expr_.nodes[index];
    if (const std::optional<Expr::Rooted> path = expr_.rooted(index)) {
      if (path->root == "params") return ask(scope_.param, "params", path->name);
      if (path->root == "env") return ask(scope_.env, "env", path->name);
      if (path->root == "run") return ask(scope_.run, "run", path->name);
      if (path->root == "secrets") {
        Result<Value> value = ask(scope_.secret, "secrets", path->name);
        if (value) value->tainted = true;
        return value;
      }
    }
    const std::optional<Expr::Member> member = expr_.member(index);
    if (member) {
      const std::optional<Expr::Rooted> step = expr_.rooted(member->base);
      if (step && step->root == "steps") {
        if (member->name == "outputs") return ask(scope_.step_outputs, "steps", step->name);
        if (member->name == "status") return ask(scope_.step_status, "steps", step->name);
      }
    }
    Result<Value> base = eval(node.left);
    if (!base) return base;
    if (base->json.is_null()) return missing(fmt::format("\"{}\" is null", source(node.left)));
    if (member) return field(std::move(*base), node, member->name);
    Result<Value> key = eval(node.right);
    if (!key) return key;
    base->tainted = base->tainted || key->tainted;
    if (key->json.is_string()) {
      const auto wanted = key->json.get<std::string>();
      return field(std::move(*base), node, wanted);
    }
    return item(std::move(*base), node, key->json);
  }

  Result<Value> field(Value base, const ExprNode& node, std::string_view name) {
    if (!base.json.is_object())
      return Error("expression-type"_code,
                   fmt::format("\"{}\" is {}, which has no field \"{}\"", source(node.left),
                               describe_kinds(kinds_of(base.json)), name),
                   "only objects have fields");
    const auto found = base.json.find(name);
    if (found == base.json.end()) return missing(fmt::format("\"{}\" has no field \"{}\"", source(node.left), name));
    Json value = std::move(*found);
    return Value{std::move(value), base.tainted};
  }

  Result<Value> item(Value base, const ExprNode& node, const Json& key) {
    if (!base.json.is_array() || !key.is_number_integer())
      return Error("expression-type"_code,
                   fmt::format("\"{}\" is {} and is indexed with {}", source(node.left),
                               describe_kinds(kinds_of(base.json)), describe_kinds(kinds_of(key))),
                   "index a list with an integer and an object with a string");
    const bool negative = !key.is_number_unsigned() && key.get<std::int64_t>() < 0;
    if (negative || key.get<std::uint64_t>() >= base.json.size())
      return missing(fmt::format("\"{}\" has {}; there is no item {}", source(node.left),
                                 counted(base.json.size(), "item"), key.dump()));
    Json value = std::move(base.json[key.get<std::size_t>()]);
    return Value{std::move(value), base.tainted};
  }

  Result<Value> boolean(ExprIndex index, std::string_view op) {
    Result<Value> value = eval(index);
    if (value && !value->json.is_boolean())
      return Error(
          "expression-type"_code,
          fmt::format("\"{}\" is {}, but {} needs booleans", source(index), describe_kinds(kinds_of(value->json)), op),
          "compare it with something: ==, !=, <, ...");
    return value;
  }

  // The value, or null when it does not exist.
  Result<Value> forgiving(ExprIndex index) {
    Result<Value> value = eval(index);
    if (value || !missing_) return value;
    missing_ = false;
    return Value{};
  }

  [[nodiscard]] bool is_null_literal(ExprIndex index) const {
    return expr_.nodes[index].kind == NodeKind::literal && expr_.nodes[index].literal.is_null();
  }

  Result<Value> binary(const ExprNode& node) {
    if (node.op == Op::either || node.op == Op::both) {
      const std::string_view op = node.op == Op::either ? "||" : "&&";
      Result<Value> left = boolean(node.left, op);
      if (!left || left->json.get<bool>() == (node.op == Op::either)) return left;
      Result<Value> right = boolean(node.right, op);
      if (right) right->tainted = right->tainted || left->tainted;
      return right;
    }
    const bool with_null = is_null_literal(node.left) || is_null_literal(node.right);
    Result<Value> left = with_null ? forgiving(node.left) : eval(node.left);
    if (!left) return left;
    Result<Value> right = with_null ? forgiving(node.right) : eval(node.right);
    if (!right) return right;
    const Result<bool> answer = compare(node, left->json, right->json);
    if (!answer) return answer.error();
    return Value{*answer, left->tainted || right->tainted};
  }

  [[nodiscard]] Result<bool> compare(const ExprNode& node, const Json& left, const Json& right) const {
    const bool equality = node.op == Op::equal || node.op == Op::not_equal;
    const bool ordered = (left.is_number() && right.is_number()) || (left.is_string() && right.is_string());
    if (equality ? !comparable(left, right) : !ordered)
      return Error("expression-type"_code,
                   fmt::format("\"{}\" is {} and \"{}\" is {}: they cannot be compared{}", source(node.left),
                               describe_kinds(kinds_of(left)), source(node.right), describe_kinds(kinds_of(right)),
                               equality ? "" : " by size"),
                   "give both sides one type; nothing is converted");
    switch (node.op) {
      case Op::equal:
        return left == right;
      case Op::not_equal:
        return left != right;
      case Op::less:
        return left < right;
      case Op::less_equal:
        return left <= right;
      case Op::greater:
        return left > right;
      default:
        return left >= right;
    }
  }

  Result<Value> call(const ExprNode& node) {
    const ExprFunction* function = find_function(expr_.name(node));
    if (function == nullptr)
      return Error("expression-function"_code, fmt::format("there is no function \"{}\"", expr_.name(node)),
                   "see the list of functions");
    if (function->status) {
      if (scope_.status) return Value{scope_.status(function->info.name), false};
      return Error("expression-context"_code, fmt::format("{}() has no meaning here", function->info.name),
                   "use it in `if:` only");
    }
    const std::size_t count = node.right;
    if (count < function->parameters.size() - (function->variadic ? 1 : 0) ||
        (count > function->parameters.size() && !function->variadic))
      return Error("expression-arity"_code, fmt::format("{} got {} arguments", function->info.signature, count),
                   "give it what its signature says");
    if (function->call == nullptr) return fall_back(node);
    std::vector<Json> arguments;
    arguments.reserve(count);
    bool tainted = false;
    for (std::size_t i = 0; i < count; ++i) {
      const ExprIndex index = expr_.arguments[node.left + i];
      Result<Value> value = eval(index);
      if (!value) return value;
      if ((kinds_of(value->json) & function->accepted(i)) == 0)
        return Error(
            "expression-type"_code,
            fmt::format("\"{}\" is {}, but {}() needs {} here", source(index), describe_kinds(kinds_of(value->json)),
                        function->info.name, describe_kinds(function->accepted(i))),
            fmt::format("the function is {}", function->info.signature));
      tainted = tainted || value->tainted;
      arguments.push_back(std::move(*value).json);
    }
    Result<Json> result = function->call(arguments);
    if (!result) return std::move(result).error();
    return Value{std::move(*result), tainted};
  }

  Result<Value> fall_back(const ExprNode& node) {
    Result<Value> value = forgiving(expr_.arguments[node.left]);
    if (!value || !value->json.is_null()) return value;
    Result<Value> fallback = eval(expr_.arguments[node.left + 1]);
    if (fallback) fallback->tainted = fallback->tainted || value->tainted;
    return fallback;
  }

  const Expr& expr_;
  const EvalScope& scope_;
  bool missing_ = false;  // the error on its way up is about something that does not exist
};

}  // namespace

Result<Value> evaluate(const Template& text, const EvalScope& scope) {
  if (text.whole) return Evaluator(*text.pieces.front().expr, scope).run();
  Value result{std::string(), false};
  auto& out = result.json.get_ref<std::string&>();
  for (const Template::Piece& piece : text.pieces) {
    if (!piece.expr) {
      out += piece.literal;
      continue;
    }
    Result<Value> value = Evaluator(*piece.expr, scope).run();
    if (!value) return value;
    if ((kinds_of(value->json) & kScalarKinds) == 0)
      return Error("expression-interpolation"_code,
                   fmt::format("${{{{ {} }}}} is {}, which cannot stand inside a text", excerpt(piece.expr->text),
                               describe_kinds(kinds_of(value->json))),
                   "write to_json(...) around it, or default(..., 'text') when it may be null");
    out += scalar_text(value->json);
    result.tainted = result.tainted || value->tainted;
    if (out.size() > kMaxTextBytes) return text_too_long();
  }
  return result;
}

}  // namespace lockstep
