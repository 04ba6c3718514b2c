#include <fmt/format.h>

#include <algorithm>

#include "specs/expression_lexer.h"
#include "specs/expression_tree.h"

namespace lockstep {

namespace {

using Op = ExprNode::Op;
using NodeKind = ExprNode::Kind;

// A node under construction, with the depth of its tree, which bounds every recursion over it.
struct Built {
  ExprIndex node = 0;
  std::uint32_t depth = 0;
};

struct Operator {
  std::string_view symbol;
  Op op;
  int level;  // 0 binds weakest
};

constexpr Operator kOperators[] = {
    {"||", Op::either, 0}, {"&&", Op::both, 1},       {"==", Op::equal, 2},  {"!=", Op::not_equal, 2},
    {"<", Op::less, 3},    {"<=", Op::less_equal, 3}, {">", Op::greater, 3}, {">=", Op::greater_equal, 3},
};
constexpr int kLevels = 4;

// Recursive descent. The first error ends it: `error_` is set and every function returns at once.
class ExpressionParser {
 public:
  explicit ExpressionParser(std::string_view text) {
    expr_.text = text;
    next();
  }

  std::variant<Expr, SyntaxError> run() {
    if (token_.kind == Token::Kind::end) {
      fail("the expression is empty", "write a value, as in ${{ params.name }}");
    } else {
      const Built built = binary(0, 0);
      if (!error_ && token_.kind != Token::Kind::end) unexpected("an operator or the end of the expression");
      expr_.root = built.node;
    }
    if (error_) return std::move(*error_);
    expr_.nodes.shrink_to_fit();
    expr_.arguments.shrink_to_fit();
    return std::move(expr_);
  }

 private:
  void next() {
    last_end_ = token_.end;
    token_ = next_token(expr_.text, token_.end);
    if (token_.kind == Token::Kind::bad) fail(token_.message, token_.hint);
  }

  [[nodiscard]] bool at(std::string_view symbol) const {
    return !error_ && token_.kind == Token::Kind::symbol && token_.symbol == symbol;
  }

  bool take(std::string_view symbol) {
    if (!at(symbol)) return false;
    next();
    return true;
  }

  void fail(std::string message, std::string hint, Code code = "expression-syntax"_code) {
    if (!error_) error_ = SyntaxError{token_.begin, token_.end, code, std::move(message), std::move(hint)};
  }

  void unexpected(std::string_view wanted) {
    if (token_.kind == Token::Kind::end) {
      fail(fmt::format("the expression ends where {} should stand", wanted), "complete it");
      return;
    }
    const std::string_view word = std::string_view(expr_.text).substr(token_.begin, token_.end - token_.begin);
    std::string hint;
    if (word == "and") hint = "write &&";
    if (word == "or") hint = "write ||";
    if (word == "not") hint = "write !";
    if (hint.empty() && token_.kind == Token::Kind::name) hint = "texts stand in single quotes";
    if (hint.empty()) hint = fmt::format("write {} there, or take it out", wanted);
    fail(fmt::format("\"{}\" stands where {} should", word, wanted), std::move(hint));
  }

  void too_deep() {
    fail(fmt::format("the expression is nested more than {} levels deep", kMaxExpressionDepth),
         "split it: let a step or a param hold a part of it", "expression-limit"_code);
  }

  Built add(ExprNode node, std::uint32_t depth) {
    if (depth > kMaxExpressionDepth) too_deep();
    node.end = node.end == 0 ? last_end_ : node.end;
    expr_.nodes.push_back(std::move(node));
    return {static_cast<ExprIndex>(expr_.nodes.size() - 1), depth};
  }

  // `open`: how many brackets and '!' are open around this place.
  Built binary(int level, std::uint32_t open) {
    if (level == kLevels) return unary(open);
    Built left = binary(level + 1, open);
    while (!error_ && token_.kind == Token::Kind::symbol) {
      const auto* found = std::find_if(std::begin(kOperators), std::end(kOperators), [&](const Operator& candidate) {
        return candidate.level == level && candidate.symbol == token_.symbol;
      });
      if (found == std::end(kOperators)) break;
      next();
      const Built right = binary(level + 1, open);
      if (error_) break;
      ExprNode node;
      node.kind = NodeKind::binary;
      node.op = found->op;
      node.begin = expr_.nodes[left.node].begin;
      node.left = left.node;
      node.right = right.node;
      left = add(std::move(node), std::max(left.depth, right.depth) + 1);
    }
    return left;
  }

  Built unary(std::uint32_t open) {
    if (open > kMaxExpressionDepth) {
      too_deep();
      return {};
    }
    if (!at("!")) return postfix(open);
    ExprNode node;
    node.kind = NodeKind::negation;
    node.begin = token_.begin;
    next();
    const Built operand = unary(open + 1);
    node.left = operand.node;
    return error_ ? Built{} : add(std::move(node), operand.depth + 1);
  }

  Built postfix(std::uint32_t open) {
    Built base = primary(open);
    while (!error_ && (at(".") || at("["))) {
      ExprNode node;
      node.begin = expr_.nodes[base.node].begin;
      node.left = base.node;
      std::uint32_t depth = base.depth;
      if (take(".")) {
        if (error_) break;
        node.kind = NodeKind::field;
        node.mark = token_.begin;
        // true, false and null are names here.
        if (token_.kind != Token::Kind::name &&
            (token_.kind != Token::Kind::literal || !is_name_start(expr_.text[token_.begin]))) {
          unexpected("a name");
          break;
        }
        node.end = token_.end;
        next();
      } else {
        next();
        node.kind = NodeKind::index;
        const Built index = binary(0, open + 1);
        node.right = index.node;
        depth = std::max(depth, index.depth);
        if (!error_ && !take("]")) unexpected("\"]\"");
      }
      if (!error_) base = add(std::move(node), depth + 1);
    }
    return base;
  }

  Built primary(std::uint32_t open) {
    ExprNode node;
    node.begin = token_.begin;
    if (token_.kind == Token::Kind::literal) {
      node.literal = std::move(token_.value);
      next();
      return add(std::move(node), 1);
    }
    if (token_.kind == Token::Kind::name) {
      node.kind = NodeKind::name;
      node.end = token_.end;
      next();
      if (!at("(")) return add(std::move(node), 1);
      return call(std::move(node), open);
    }
    if (take("(")) {
      const Built inner = binary(0, open + 1);
      if (!error_ && !take(")")) unexpected("\")\"");
      return inner;
    }
    unexpected("a value");
    return {};
  }

  Built call(ExprNode node, std::uint32_t open) {
    node.kind = NodeKind::call;
    node.mark = node.end;
    node.end = 0;
    next();
    std::vector<ExprIndex> arguments;
    std::uint32_t depth = 0;
    if (!at(")")) {
      do {
        const Built argument = binary(0, open + 1);
        arguments.push_back(argument.node);
        depth = std::max(depth, argument.depth);
      } while (take(","));
    }
    if (!error_ && !take(")")) unexpected("\",\" or \")\"");
    if (error_) return {};
    node.left = static_cast<ExprIndex>(expr_.arguments.size());
    node.right = static_cast<std::uint32_t>(arguments.size());
    expr_.arguments.insert(expr_.arguments.end(), arguments.begin(), arguments.end());
    return add(std::move(node), depth + 1);
  }

  Expr expr_;
  Token token_;
  std::uint32_t last_end_ = 0;  // end of the token before `token_`
  std::optional<SyntaxError> error_;
};

}  // namespace

std::variant<Expr, SyntaxError> parse_expression(std::string_view text) {
  if (text.size() > kMaxExpressionBytes)
    return SyntaxError{
        0, 0, "expression-limit"_code,
        fmt::format("the expression is {} bytes long; at most {} are allowed", text.size(), kMaxExpressionBytes),
        "move the data into a param or into a step's output"};
  return ExpressionParser(text).run();
}

}  // namespace lockstep
