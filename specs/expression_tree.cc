#include "specs/expression_tree.h"

namespace lockstep {

Position position_after(Position start, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      ++start.line;
      start.column = 1;
    } else if ((byte & 0xC0U) != 0x80U) {  // not a continuation byte: columns count code points
      ++start.column;
    }
    ++start.offset;
  }
  return start;
}

std::string_view Expr::name(const ExprNode& node) const {
  const std::string_view all = text;
  switch (node.kind) {
    case ExprNode::Kind::field:
      return all.substr(node.mark, node.end - node.mark);
    case ExprNode::Kind::call:
      return all.substr(node.begin, node.mark - node.begin);
    default:
      return all.substr(node.begin, node.end - node.begin);
  }
}

Span Expr::part(std::uint32_t begin, std::uint32_t end) const {
  const std::string_view all = text;
  const Position start = position_after(whole.start, all.substr(0, begin));
  return {start, position_after(start, all.substr(begin, end - begin))};
}

Span Expr::span(ExprIndex index) const {
  if (exact) return part(nodes[index].begin, nodes[index].end);
  return spans.empty() ? whole : spans[index];
}

Span Expr::name_span(ExprIndex index) const {
  const ExprNode& node = nodes[index];
  if (!exact) return span(index);
  if (node.kind == ExprNode::Kind::field) return part(node.mark, node.end);
  if (node.kind == ExprNode::Kind::call) return part(node.begin, node.mark);
  if (node.kind == ExprNode::Kind::index) return span(node.right);
  return span(index);
}

std::optional<Expr::Member> Expr::member(ExprIndex index) const {
  const ExprNode& node = nodes[index];
  if (node.kind == ExprNode::Kind::field) return Member{node.left, name(node)};
  if (node.kind != ExprNode::Kind::index) return std::nullopt;
  const ExprNode& key = nodes[node.right];
  if (key.kind != ExprNode::Kind::literal || !key.literal.is_string()) return std::nullopt;
  return Member{node.left, key.literal.get_ref<const std::string&>()};
}

std::optional<Expr::Rooted> Expr::rooted(ExprIndex index) const {
  const std::optional<Member> found = member(index);
  if (!found || nodes[found->base].kind != ExprNode::Kind::name) return std::nullopt;
  return Rooted{name(nodes[found->base]), found->name};
}

}  // namespace lockstep
