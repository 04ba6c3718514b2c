// The syntax tree of one expression. Private to expression*.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "specs/expression.h"

namespace lockstep {

using ExprIndex = std::uint32_t;

struct ExprNode {
  enum class Kind : std::uint8_t { literal, name, field, index, negation, binary, call };
  enum class Op : std::uint8_t { either, both, equal, not_equal, less, less_equal, greater, greater_equal };
  Kind kind = Kind::literal;
  Op op = Op::either;       // binary
  std::uint32_t begin = 0;  // the node's text is Expr::text[begin, end)
  std::uint32_t end = 0;
  std::uint32_t mark = 0;   // field: where its name begins; call: where the function's name ends
  ExprIndex left = 0;       // field, index, negation: the operand; binary: the left one; call: first of Expr::arguments
  std::uint32_t right = 0;  // index, binary: the right operand; call: the number of arguments
  Json literal;
};

// One flat array a tree: a runbook of 10,000 steps holds tens of thousands of these.
struct Expr {
  std::string text;
  std::vector<ExprNode> nodes;
  std::vector<ExprIndex> arguments;  // of all calls
  ExprIndex root = 0;
  // Where the text stands in the file. `exact`: character by character from `whole.start`; else `spans`, one a node,
  // or, when that is empty, all of `whole`.
  Span whole;
  bool exact = false;
  std::vector<Span> spans;

  [[nodiscard]] std::string_view name(const ExprNode& node) const;  // of a name, a field or a call
  [[nodiscard]] Span span(ExprIndex index) const;
  [[nodiscard]] Span name_span(ExprIndex index) const;

  // The member that a path names: `params.x` and `params['x']` are both {params, x}. Nothing for other nodes.
  struct Member {
    ExprIndex base;
    std::string_view name;
  };
  [[nodiscard]] std::optional<Member> member(ExprIndex index) const;
  // What a path's first two parts name: {"steps", "load"} for `steps.load`. Nothing for other nodes.
  struct Rooted {
    std::string_view root;
    std::string_view name;
  };
  [[nodiscard]] std::optional<Rooted> rooted(ExprIndex index) const;

 private:
  [[nodiscard]] Span part(std::uint32_t begin, std::uint32_t end) const;
};

// The position behind `text` when it begins at `start`.
Position position_after(Position start, std::string_view text);

struct SyntaxError {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  Code code{};
  std::string message;
  std::string hint;
};

// Parses one expression's text. Spans are not set.
std::variant<Expr, SyntaxError> parse_expression(std::string_view text);

inline constexpr std::size_t kMaxExpressionBytes = 10'000;
inline constexpr std::uint32_t kMaxExpressionDepth = 100;
inline constexpr std::size_t kMaxTextBytes = std::size_t{8} << 20U;

}  // namespace lockstep
