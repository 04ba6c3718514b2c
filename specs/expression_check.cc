#include <fmt/format.h>

#include "specs/counted.h"
#include "specs/expression_functions.h"
#include "specs/expression_tree.h"
#include "specs/nearest.h"
#include "specs/suggestion_budget.h"

namespace lockstep {

namespace {

using NodeKind = ExprNode::Kind;
using Kind = ExprType::Kind;
using Op = ExprNode::Op;

TypePtr any() {
  return ExprType::of_kind(Kind::any);
}

template <class Map>
std::vector<std::string> names_of(const Map& map, const Diagnostics& diagnostics) {
  if (!may_suggest(diagnostics, map.size())) return {};
  std::vector<std::string> names;
  names.reserve(map.size());
  for (const auto& [name, value] : map) names.push_back(name);
  return names;
}

TypePtr status_type() {
  static const TypePtr type = ExprType::string_of({"succeeded", "failed", "skipped", "cancelled", "unknown"});
  return type;
}

TypePtr as_nullable(const TypePtr& type) {
  return ExprType::unite(type, ExprType::of_kind(Kind::null));
}

// Types one expression. Recursion is bounded by the parser's depth limit.
class Checker {
 public:
  Checker(const Expr& expr, const TypeScope& scope, Diagnostics& diagnostics)
      : expr_(expr), scope_(scope), diagnostics_(diagnostics) {}

  TypePtr run() { return type_of(expr_.root); }

 private:
  // `forgiving`: the value may be missing here (default(), comparison with null).
  TypePtr type_of(ExprIndex index, bool forgiving = false) {
    const ExprNode& node = expr_.nodes[index];
    switch (node.kind) {
      case NodeKind::literal:
        return literal(node.literal);
      case NodeKind::name:
        return name(index);
      case NodeKind::field:
      case NodeKind::index:
        return access(index, forgiving);
      case NodeKind::negation:
        need_boolean(node.left, "!");
        return ExprType::of_kind(Kind::boolean);
      case NodeKind::binary:
        return binary(node, index);
      case NodeKind::call:
        return call(node, index);
    }
    return any();
  }

  static TypePtr literal(const Json& value) {
    return value.is_string() ? ExprType::string_of({value.get<std::string>()}) : ExprType::of_value(value);
  }

  [[nodiscard]] std::string_view source(ExprIndex index) const {
    const ExprNode& node = expr_.nodes[index];
    return std::string_view(expr_.text).substr(node.begin, node.end - node.begin);
  }

  TypePtr report(Code code, Span span, std::string message, std::string hint) {
    diagnostics_.error(code, span, std::move(message), std::move(hint));
    return any();
  }

  // "did you mean ...?", or the names there are, or `otherwise`.
  [[nodiscard]] std::string suggest(std::string_view word, const std::vector<std::string>& known,
                                    std::string_view otherwise) const {
    std::string hint = did_you_mean(word, known);
    if (!hint.empty() || known.empty() || known.size() > 12) return hint.empty() ? std::string(otherwise) : hint;
    for (const std::string& name : known) hint += (hint.empty() ? "known: " : ", ") + name;
    return hint;
  }

  TypePtr name(ExprIndex index) {
    const std::string_view word = expr_.name(expr_.nodes[index]);
    static const std::vector<std::string> kRoots = {"params", "env", "secrets", "steps", "run", "item"};
    if (word == "item") {
      if (scope_.item) return scope_.item;
      return report("expression-context"_code, expr_.span(index), "\"item\" has a value only in a step with for_each",
                    "add for_each: to the step");
    }
    if (std::find(kRoots.begin(), kRoots.end(), word) != kRoots.end()) {
      const std::string_view shape = word == "steps" ? "steps.ID.outputs" : "";
      return report(
          "expression-undefined"_code, expr_.span(index), fmt::format("\"{}\" alone is no value", word),
          shape.empty() ? fmt::format("name one of them, as in {}.NAME", word) : fmt::format("write {}", shape));
    }
    std::string hint;
    if (find_function(word) != nullptr)
      hint = fmt::format("\"{}\" is a function: write {}(...)", word, word);
    else if (scope_.params.contains(word))
      hint = fmt::format("did you mean params.{}?", word);
    else if (scope_.steps.contains(word))
      hint = fmt::format("did you mean steps.{}.outputs?", word);
    else
      hint = suggest(word, kRoots, "");
    if (!hint.starts_with("did") && hint.find("function") == std::string::npos) hint += "; a text needs single quotes";
    return report("expression-undefined"_code, expr_.span(index), fmt::format("\"{}\" is not defined", word),
                  std::move(hint));
  }

  TypePtr access(ExprIndex index, bool forgiving) {
    const ExprNode& node = expr_.nodes[index];
    const std::optional<Expr::Member> member = expr_.member(index);
    if (expr_.nodes[node.left].kind == NodeKind::name) {
      const std::string_view root = expr_.name(expr_.nodes[node.left]);
      if (root == "params" || root == "env" || root == "secrets" || root == "steps" || root == "run") {
        if (member) return rooted(index, root, member->name);
        type_of(node.right);
        return report("expression-undefined"_code, expr_.span(node.right),
                      fmt::format("what stands in {}[ ] must be known beforehand", root),
                      fmt::format("write {}.NAME or {}['NAME']", root, root));
      }
    }
    if (member) {
      const std::optional<Expr::Rooted> step = expr_.rooted(member->base);
      if (step && step->root == "steps") return of_step(index, member->base, step->name, member->name);
    }
    const TypePtr base = type_of(node.left, forgiving);
    if (base->kind == Kind::any) {
      if (node.kind == NodeKind::index) type_of(node.right);
      return any();
    }
    if (base->kind == Kind::null || (base->nullable && !forgiving)) {
      if (node.kind == NodeKind::index) type_of(node.right);
      return report("expression-null"_code, expr_.span(node.left),
                    fmt::format("\"{}\" may be null or missing", source(node.left)),
                    "write default(..., fallback) around the whole path");
    }
    TypePtr found = member ? field(index, base, member->name) : element(node, base);
    return base->nullable ? as_nullable(found) : found;
  }

  TypePtr rooted(ExprIndex index, std::string_view root, std::string_view word) {
    const Span span = expr_.name_span(index);
    if (root == "env" || root == "secrets") return ExprType::of_kind(Kind::string);
    if (root == "params") {
      const auto found = scope_.params.find(word);
      if (found != scope_.params.end()) return found->second;
      return report("expression-undefined"_code, span, fmt::format("there is no param \"{}\"", word),
                    suggest(word, names_of(scope_.params, diagnostics_),
                            fmt::format("declare it: params: {{ {}: {{ type: string }} }}", word)));
    }
    if (root == "run") {
      static const std::vector<std::string> kNames = {"id", "name", "started_at", "runbook", "dry_run"};
      if (word == "dry_run") return ExprType::of_kind(Kind::boolean);
      if (std::find(kNames.begin(), kNames.end(), word) != kNames.end()) return ExprType::of_kind(Kind::string);
      return report("expression-undefined"_code, span, fmt::format("\"run\" has no \"{}\"", word),
                    suggest(word, kNames, ""));
    }
    if (known_step(word, span))
      report("expression-undefined"_code, expr_.span(index), fmt::format("\"steps.{}\" alone is no value", word),
             fmt::format("write steps.{}.outputs or steps.{}.status", word, word));
    return any();
  }

  bool known_step(std::string_view id, Span span) {
    if (!scope_.allow_steps) {
      report("expression-context"_code, span, "\"steps\" cannot be used here: this is read before any step runs",
             "use params, env or secrets");
      return false;
    }
    if (scope_.steps.contains(id)) return true;
    report("expression-undefined"_code, span, fmt::format("there is no step \"{}\"", id),
           suggest(id, names_of(scope_.steps, diagnostics_), "name the id of a step of this runbook"));
    return false;
  }

  TypePtr of_step(ExprIndex index, ExprIndex step, std::string_view id, std::string_view word) {
    if (!known_step(id, expr_.name_span(step))) return any();
    if (word == "outputs") return scope_.steps.find(id)->second;
    if (word == "status") return status_type();
    const TypePtr& outputs = scope_.steps.find(id)->second;
    std::string hint = outputs->fields.contains(word) ? fmt::format("did you mean steps.{}.outputs.{}?", id, word)
                                                      : suggest(word, {"outputs", "status"}, "");
    return report("expression-undefined"_code, expr_.name_span(index),
                  fmt::format("a step has \"outputs\" and \"status\", but no \"{}\"", word), std::move(hint));
  }

  TypePtr field(ExprIndex index, const TypePtr& base, std::string_view word) {
    const ExprIndex owner = expr_.nodes[index].left;
    if (base->kind != Kind::object) {
      const bool list = base->kind == Kind::list;
      return report("expression-type"_code, expr_.name_span(index),
                    fmt::format("\"{}\" is {}, which has no field \"{}\"", source(owner), base->to_string(), word),
                    list ? "choose an item first, as in [0]" : "only objects have fields");
    }
    const auto found = base->fields.find(word);
    if (found != base->fields.end()) return found->second;
    // An object that lists its fields is closed to readers, though other versions may add to it: a field that is not
    // listed is a typing mistake far more often than knowledge of the future.
    if (base->open && (base->element || base->fields.empty())) return base->element ? base->element : any();
    return report(
        "expression-undefined"_code, expr_.name_span(index),
        fmt::format("\"{}\" has no field \"{}\"", source(owner), word),
        suggest(word, names_of(base->fields, diagnostics_), "see the step's outputs with: lockstep schema STEP"));
  }

  TypePtr element(const ExprNode& node, const TypePtr& base) {
    const TypePtr key = type_of(node.right);
    const bool list = base->kind == Kind::list;
    if (!list && base->kind != Kind::object)
      return report("expression-type"_code, expr_.span(node.left),
                    fmt::format("\"{}\" is {}, which cannot be indexed", source(node.left), base->to_string()),
                    "only lists and objects can");
    const bool fits = key->kind == Kind::any || (!key->nullable && key->kind == (list ? Kind::integer : Kind::string));
    if (!fits)
      return report("expression-type"_code, expr_.span(node.right),
                    fmt::format("{} is indexed with {}", list ? "list" : "object", key->to_string()),
                    list ? "give an integer, counted from 0" : "give a string");
    const ExprNode& right = expr_.nodes[node.right];
    if (right.kind == NodeKind::literal && right.literal.is_number() && right.literal.get<double>() < 0)
      return report("expression-type"_code, expr_.span(node.right), "a list is indexed with a negative number",
                    "count from the start: [0] is the first item");
    if (!list) return any();
    return base->element ? base->element : any();
  }

  void need_boolean(ExprIndex index, std::string_view op) {
    const TypePtr type = type_of(index);
    if (type->kind == Kind::any && (kinds_of(*type) & kBooleanKind) != 0) return;
    if (type->kind == Kind::boolean && !type->nullable) return;
    if (type->kind == Kind::boolean)
      report("expression-null"_code, expr_.span(index),
             fmt::format("\"{}\" may be null or missing, but {} needs a boolean", source(index), op),
             "write default(..., false)");
    else
      report("expression-type"_code, expr_.span(index),
             fmt::format("\"{}\" is {}, but {} needs booleans", source(index), type->to_string(), op),
             "compare it with something: ==, !=, <, ...");
  }

  [[nodiscard]] bool is_null(ExprIndex index) const {
    return expr_.nodes[index].kind == NodeKind::literal && expr_.nodes[index].literal.is_null();
  }

  TypePtr binary(const ExprNode& node, ExprIndex index) {
    const TypePtr boolean = ExprType::of_kind(Kind::boolean);
    if (node.op == Op::either || node.op == Op::both) {
      const std::string_view op = node.op == Op::either ? "||" : "&&";
      need_boolean(node.left, op);
      need_boolean(node.right, op);
      return boolean;
    }
    const bool forgiving = is_null(node.left) || is_null(node.right);
    const TypePtr left = type_of(node.left, forgiving);
    const TypePtr right = type_of(node.right, forgiving);
    if (node.op == Op::equal || node.op == Op::not_equal)
      equality(node, index, *left, *right);
    else
      ordering(node, index, *left, *right);
    return boolean;
  }

  void equality(const ExprNode& node, ExprIndex index, const ExprType& left, const ExprType& right) {
    const bool literals =
        expr_.nodes[node.left].kind == NodeKind::literal && expr_.nodes[node.right].kind == NodeKind::literal;
    const std::optional<std::string> reason = incomparable(left, right);
    if (!reason) return;
    if (left.kind != Kind::string || right.kind != Kind::string) {
      report("expression-type"_code, expr_.span(index), *reason, "give both sides one type; nothing is converted");
      return;
    }
    if (literals) return;
    // A word that is none of those allowed.
    const bool right_is_word = expr_.nodes[node.right].kind == NodeKind::literal;
    const bool left_is_word = expr_.nodes[node.left].kind == NodeKind::literal;
    if (!right_is_word && !left_is_word) {
      report("expression-value"_code, expr_.span(index), *reason, "compare values that can be the same");
      return;
    }
    const ExprType& word = right_is_word ? right : left;
    const ExprType& known = right_is_word ? left : right;
    const ExprIndex at = right_is_word ? node.right : node.left;
    std::string hint = did_you_mean(word.values.front(), known.values);
    std::string allowed;
    for (const std::string& value : known.values) allowed += (allowed.empty() ? "" : ", ") + value;
    report("expression-value"_code, expr_.span(at),
           fmt::format("\"{}\" is never '{}'; it is one of: {}", source(right_is_word ? node.left : node.right),
                       word.values.front(), allowed),
           hint.empty() ? "write one of those" : std::move(hint));
  }

  void ordering(const ExprNode& node, ExprIndex index, const ExprType& left, const ExprType& right) {
    const Kinds both = kinds_of(left) & kinds_of(right) & (kNumberKind | kStringKind);
    const bool orderable = both != 0;
    for (const auto& [at, type] : {std::pair{node.left, &left}, std::pair{node.right, &right}}) {
      if (orderable && type->nullable) {
        report("expression-null"_code, expr_.span(at),
               fmt::format("\"{}\" may be null or missing, and is compared by size", source(at)),
               "write default(value, fallback)");
        return;
      }
    }
    if (!orderable)
      report("expression-type"_code, expr_.span(index),
             fmt::format("{} and {} are compared by size", left.to_string(), right.to_string()),
             "compare two numbers or two strings");
  }

  TypePtr call(const ExprNode& node, ExprIndex index) {
    std::vector<StaticArgument> arguments;
    const std::string_view word = expr_.name(node);
    const ExprFunction* function = find_function(word);
    const bool forgives = function != nullptr && function->info.name == "default";
    for (std::size_t i = 0; i < node.right; ++i) {
      const ExprIndex argument = expr_.arguments[node.left + i];
      const ExprNode& given = expr_.nodes[argument];
      arguments.push_back(
          {type_of(argument, forgives && i == 0), given.kind == NodeKind::literal ? &given.literal : nullptr});
    }
    if (function == nullptr)
      return report("expression-function"_code, expr_.name_span(index),
                    fmt::format("there is no function \"{}\"", word),
                    suggest(word, function_names(), "see the list of functions"));
    if (function->status && !scope_.status_functions)
      return report("expression-context"_code, expr_.span(index), fmt::format("{}() can be used in `if:` only", word),
                    "elsewhere ask for steps.ID.status");
    const std::size_t least = function->parameters.size() - (function->variadic ? 1 : 0);
    if (arguments.size() < least || (arguments.size() > function->parameters.size() && !function->variadic)) {
      report("expression-arity"_code, expr_.span(index),
             fmt::format("{}() got {}, but takes {}{}", word, counted(arguments.size(), "argument"), least,
                         function->variadic ? " or more" : ""),
             fmt::format("the function is {}", function->info.signature));
      return function->status || forgives ? any() : function->result({});
    }
    return typed_call(*function, node, index, arguments);
  }

  TypePtr typed_call(const ExprFunction& function, const ExprNode& node, ExprIndex index,
                     const std::vector<StaticArgument>& arguments) {
    bool fits = true;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const ExprType& type = *arguments[i].type;
      const Kinds accepted = function.accepted(i);
      const Kinds given = kinds_of(type);
      // One possibility is enough for `any`; a known type must fit with all its values.
      const bool good = type.kind == Kind::any ? (given & accepted) != 0 : (given & static_cast<Kinds>(~accepted)) == 0;
      if (good) continue;
      fits = false;
      const ExprIndex argument = expr_.arguments[node.left + i];
      const bool only_null = (given & static_cast<Kinds>(~accepted)) == kNullKind && given != kNullKind;
      const bool as_text = (accepted & kListKind) == 0 && (given & (kListKind | kObjectKind)) != 0;
      report(only_null ? "expression-null"_code : "expression-type"_code, expr_.span(argument),
             fmt::format("{}() needs {} here, but \"{}\" is {}", function.info.name, describe_kinds(accepted),
                         source(argument), type.to_string()),
             only_null ? "write default(value, fallback) around it"
             : as_text ? "write to_json(...) around it"
                       : fmt::format("the function is {}", function.info.signature));
    }
    if (fits && function.refine != nullptr) {
      if (const std::optional<ArgumentFault> fault = function.refine(arguments)) {
        report("expression-type"_code, expr_.span(expr_.arguments[node.left + fault->index]), fault->message,
               fault->hint.empty() ? fmt::format("the function is {}", function.info.signature) : fault->hint);
        fits = false;
      }
    }
    if (!fits && function.call == nullptr && !function.status) return any();
    static_cast<void>(index);
    return function.result(arguments);
  }

  const Expr& expr_;
  const TypeScope& scope_;
  Diagnostics& diagnostics_;
};

}  // namespace

TypePtr check_template(const Template& text, const TypeScope& scope, Diagnostics& diagnostics) {
  for (const Template::Piece& piece : text.pieces) {
    if (!piece.expr) continue;
    const TypePtr type = Checker(*piece.expr, scope, diagnostics).run();
    if (text.whole) return type;
    const Kinds kinds = kinds_of(*type);
    if (type->kind == Kind::any ? (kinds & kScalarKinds) != 0 : (kinds & static_cast<Kinds>(~kScalarKinds)) == 0)
      continue;
    const bool only_null = type->nullable && (kinds & kScalarKinds) != 0;
    diagnostics.error(only_null ? "expression-null"_code : "expression-interpolation"_code, piece.span,
                      fmt::format("{} cannot stand inside a text", type->to_string()),
                      only_null ? "write default(value, 'text') around it"
                                : "write to_json(...) around it, or make it the whole value");
  }
  return ExprType::of_kind(Kind::string);
}

bool check_assignable(const ExprType& from, const Json& schema, const Json& root, Span span, Diagnostics& diagnostics) {
  const std::optional<std::string> reason = misfit(from, *ExprType::from_schema(schema, root));
  if (!reason) return true;
  const bool null_only = from.nullable && reason->ends_with("may be null");
  diagnostics.error("expression-assign"_code, span, *reason,
                    null_only ? "write default(value, fallback)" : "give a value of that type");
  return false;
}

void References::merge(const References& other) {
  steps.insert(other.steps.begin(), other.steps.end());
  secrets.insert(other.secrets.begin(), other.secrets.end());
  params.insert(other.params.begin(), other.params.end());
  env.insert(other.env.begin(), other.env.end());
  status_function = status_function || other.status_function;
  status_functions.insert(other.status_functions.begin(), other.status_functions.end());
  item = item || other.item;
  run = run || other.run;
}

References references_of(const Template& text) {
  References all;
  for (const Template::Piece& piece : text.pieces) all.merge(references_of(piece));
  return all;
}

References references_of(const Template::Piece& piece) {
  References all;
  if (piece.expr) {
    const Expr& expr = *piece.expr;
    for (ExprIndex i = 0; i < expr.nodes.size(); ++i) {
      const ExprNode& node = expr.nodes[i];
      if (node.kind == NodeKind::name && expr.name(node) == "item") all.item = true;
      if (node.kind == NodeKind::call) {
        const ExprFunction* function = find_function(expr.name(node));
        if (function != nullptr && function->status) {
          all.status_function = true;
          all.status_functions.emplace(function->info.name);
        }
      }
      const std::optional<Expr::Rooted> path = expr.rooted(i);
      if (!path) continue;
      if (path->root == "steps") all.steps.emplace(path->name);
      if (path->root == "secrets") all.secrets.emplace(path->name);
      if (path->root == "params") all.params.emplace(path->name);
      if (path->root == "env") all.env.emplace(path->name);
      if (path->root == "run") all.run = true;
    }
  }
  return all;
}

}  // namespace lockstep
