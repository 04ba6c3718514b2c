#include <fmt/format.h>

#include "specs/characters.h"
#include "specs/expression_lexer.h"
#include "specs/expression_position.h"
#include "specs/expression_tree.h"

namespace lockstep {

namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Where the expression stands, in the cheapest form that says it. It begins at byte `lead` of `inner`.
void place(Expr& expr, const InnerPositions& positions, std::string_view inner, std::size_t lead, Span scalar) {
  if (!positions.known) {
    expr.whole = scalar;
    return;
  }
  expr.whole = {positions.at(inner, lead), positions.at(inner, lead + expr.text.size())};
  expr.exact = positions.each.empty() || position_after(expr.whole.start, expr.text) == expr.whole.end;
  if (expr.exact) return;
  expr.spans.reserve(expr.nodes.size());
  for (const ExprNode& node : expr.nodes) {
    const bool named = node.kind == ExprNode::Kind::field;
    expr.spans.push_back(
        {positions.at(inner, lead + (named ? node.mark : node.begin)), positions.at(inner, lead + node.end)});
  }
}

class TemplateParser {
 public:
  TemplateParser(const Node& node, std::string_view text, Diagnostics& diagnostics)
      : node_(node), text_(text), positions_(node, diagnostics.source().get()), diagnostics_(diagnostics) {}

  std::optional<Template> bare() {
    const std::string_view inner = trim(text_);
    return add(static_cast<std::size_t>(inner.data() - text_.data()), inner, true) ? finish() : std::nullopt;
  }

  std::optional<Template> mixed() {
    bool good = true;
    std::size_t at = 0;
    while (at < text_.size()) {
      const std::size_t open = text_.find("${{", at);
      if (open != at) literal(text_.substr(at, open == std::string_view::npos ? open : open - at));
      if (open == std::string_view::npos) break;
      const std::size_t close = find_close(text_, open + 3);
      if (close == std::string_view::npos) {
        const InnerPositions where = positions_.locate(text_, open + 3, "", false);
        Span span = node_.span;
        if (where.known) {
          span = {where.begin, where.begin};
          span.start.column -= 3;
          span.start.offset -= 3;
        }
        diagnostics_.error("expression-syntax"_code, span, "\"${{\" is not closed",
                           "close it with }}; for a literal ${{ write ${{ '${{' }}");
        return std::nullopt;
      }
      good = add(open + 3, text_.substr(open + 3, close - open - 3), false) && good;
      at = close + 2;
    }
    if (!good) return std::nullopt;
    // A block scalar ends in a line break that nobody means.
    if (node_.style == Node::Style::block && result_.pieces.size() == 2 && result_.pieces[0].expr &&
        trim(result_.pieces[1].literal).empty())
      result_.pieces.pop_back();
    return finish();
  }

 private:
  void literal(std::string_view text) {
    Template::Piece piece;
    piece.literal = text;
    piece.span = node_.span;
    result_.pieces.push_back(std::move(piece));
  }

  bool add(std::size_t offset, std::string_view inner, bool is_bare) {
    const InnerPositions positions = positions_.locate(text_, offset, inner, is_bare);
    const std::string_view body = trim(inner).empty() ? inner : trim(inner);
    const auto lead = static_cast<std::size_t>(body.data() - inner.data());
    std::variant<Expr, SyntaxError> parsed = parse_expression(body);
    if (const auto* error = std::get_if<SyntaxError>(&parsed)) {
      const Span span = positions.known
                            ? Span{positions.at(inner, lead + error->begin), positions.at(inner, lead + error->end)}
                            : node_.span;
      diagnostics_.error(error->code, span, error->message, error->hint);
      return false;
    }
    auto expr = std::make_shared<Expr>(std::get<Expr>(std::move(parsed)));
    place(*expr, positions, inner, lead, node_.span);
    Template::Piece piece;
    piece.span = expr->whole;
    piece.expr = std::move(expr);
    result_.pieces.push_back(std::move(piece));
    return true;
  }

  std::optional<Template> finish() {
    result_.whole = result_.pieces.size() == 1 && result_.pieces[0].expr;
    return std::move(result_);
  }

  const Node& node_;
  std::string_view text_;
  ScalarPositions positions_;
  Diagnostics& diagnostics_;
  Template result_;
};

}  // namespace

bool Template::has_expressions() const {
  for (const Piece& piece : pieces)
    if (piece.expr) return true;
  return false;
}

bool looks_like_template(std::string_view text) {
  return text.find("${{") != std::string_view::npos;
}

std::optional<Template> parse_template(const Node& node, bool bare, Diagnostics& diagnostics) {
  // `if: true` is a boolean to YAML, and an expression to us.
  const std::string text = node.scalar.is_string() ? node.scalar.get<std::string>() : node.scalar.dump();
  TemplateParser parser(node, text, diagnostics);
  if (!bare) return parser.mixed();
  const std::size_t opening = text.find("${{");
  const std::string_view trimmed = trim(text);
  if (opening == std::string::npos) return parser.bare();
  if (trimmed.starts_with("${{") && find_close(trimmed, 3) + 2 == trimmed.size()) {
    std::optional<Template> parsed = parser.mixed();
    // Spaces around the one expression mean nothing here.
    if (parsed && !parsed->whole) {
      std::erase_if(parsed->pieces, [](const Template::Piece& piece) { return !piece.expr; });
      parsed->whole = parsed->pieces.size() == 1;
    }
    return parsed;
  }
  // A `${{` inside a string of a bare condition is text.
  Diagnostics attempt(diagnostics.source());
  if (std::optional<Template> parsed = TemplateParser(node, text, attempt).bare()) return parsed;
  diagnostics.error("expression-syntax"_code, node.span, "the condition is only in part inside \"${{ }}\"",
                    "write the whole condition without ${{ }}, or all of it inside one");
  return std::nullopt;
}

}  // namespace lockstep
