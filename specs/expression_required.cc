// required_names of specs/expression.h.
#include "specs/expression_functions.h"
#include "specs/expression_tree.h"

namespace lockstep {

namespace {

using NodeKind = ExprNode::Kind;
using Op = ExprNode::Op;

class RequiredWalk {
 public:
  RequiredWalk(const Expr& expr, std::vector<RequiredName>& names) : expr_(expr), names_(names) {}

  // Bounded by kMaxExpressionDepth.
  void walk(ExprIndex index) {
    const ExprNode& node = expr_.nodes[index];
    switch (node.kind) {
      case NodeKind::literal:
      case NodeKind::name:
        return;
      case NodeKind::field:
      case NodeKind::index:
        return access(index);
      case NodeKind::negation:
        return walk(node.left);
      case NodeKind::binary:
        return binary(node);
      case NodeKind::call:
        return call(node);
    }
  }

 private:
  void access(ExprIndex index) {
    const ExprNode& node = expr_.nodes[index];
    if (const std::optional<Expr::Rooted> path = expr_.rooted(index)) {
      if (path->root == "env" || path->root == "secrets")
        names_.push_back({path->root == "secrets", std::string(path->name), expr_.span(index)});
      return;
    }
    walk(node.left);
    if (node.kind == NodeKind::index) walk(node.right);
  }

  void binary(const ExprNode& node) {
    // A comparison with null forgives what is not there; the right side of && and || may never be asked for.
    const auto is_null = [this](ExprIndex index) {
      return expr_.nodes[index].kind == NodeKind::literal && expr_.nodes[index].literal.is_null();
    };
    if (is_null(node.left) || is_null(node.right)) return;
    walk(node.left);
    if (node.op != Op::either && node.op != Op::both) walk(node.right);
  }

  void call(const ExprNode& node) {
    const ExprFunction* function = find_function(expr_.name(node));
    if (function == nullptr || function->status || function->call == nullptr) return;  // default() forgives
    for (std::uint32_t i = 0; i < node.right; ++i) walk(expr_.arguments[node.left + i]);
  }

  const Expr& expr_;
  std::vector<RequiredName>& names_;
};

}  // namespace

std::vector<RequiredName> required_names(const Template& text) {
  std::vector<RequiredName> names;
  for (const Template::Piece& piece : text.pieces)
    if (piece.expr) RequiredWalk(*piece.expr, names).walk(piece.expr->root);
  return names;
}

}  // namespace lockstep
