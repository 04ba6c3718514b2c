// `${{ ... }}`: parsed once, checked statically against types, evaluated at run time.
//
//   expression := or;  or := and ('||' and)*;  and := equality ('&&' equality)*;
//   equality := relation (('=='|'!=') relation)*;  relation := unary (('<'|'<='|'>'|'>=') unary)*;
//   unary := '!' unary | postfix;  postfix := primary ('.' name | '[' or ']')*;
//   primary := number | 'string' (a quote is doubled) | true | false | null | '(' or ')' | name | name '(' args ')'
//
// Comparison is strict: no coercion between types ('1' == 1 is a static error). `&&` and `||` take booleans, as does `!`.
// Functions are listed in expression_functions(). Thread-safe: parsed expressions are immutable.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "specs/diagnostic.h"
#include "specs/document.h"
#include "specs/result.h"

namespace lockstep {

// A static type, made from a JSON Schema (`from_schema`) or a value (`of_value`).
struct ExprType {
  enum class Kind { any, null, boolean, integer, number, string, list, object };
  Kind kind = Kind::any;
  bool nullable = false;                                           // may also be null
  std::shared_ptr<const ExprType> element;                         // list: the items' type; null: any
  std::map<std::string, ExprType, std::less<>> fields;             // object: the known fields
  bool open = true;                                                // object: other fields may exist
  std::vector<std::string> values;                                 // string: the only values, when known (enum)

  static ExprType from_schema(const Json& schema, const Json& root);
  static ExprType of_value(const Json& value);
  [[nodiscard]] std::string to_string() const;  // "list of string", "object {a, b}"
};

// A value together with the knowledge whether a secret went into it.
struct Value {
  Json json;
  bool tainted = false;
};

struct Expr;  // syntax tree, private to expression*.cc
using ExprPtr = std::shared_ptr<const Expr>;

// A string with zero or more `${{ }}` in it. `whole` when the string is exactly one expression: it keeps its type.
struct Template {
  struct Piece {
    std::string literal;  // when expr is null
    ExprPtr expr;
    Span span;            // of the expression's text, inside the file
  };
  std::vector<Piece> pieces;
  bool whole = false;
  [[nodiscard]] bool has_expressions() const;
};

// Quick test for "${{".
bool looks_like_template(std::string_view text);

// Parses a scalar node's text; `bare`: the whole text is an expression even without `${{ }}` (the `if:` key).
// Syntax errors go to `diagnostics` with their position in the file (exact for plain and single-line quoted scalars,
// the scalar's start otherwise).
std::optional<Template> parse_template(const Node& node, bool bare, Diagnostics& diagnostics);

// What names mean, for the static check. Roots: params, env, secrets, steps, run, item.
struct TypeScope {
  std::map<std::string, ExprType, std::less<>> params;
  std::map<std::string, ExprType, std::less<>> steps;  // step id -> type of its outputs (see Runbook)
  std::optional<ExprType> item;                        // inside for_each
  bool allow_steps = true;                             // false in params defaults, connections
  bool status_functions = false;                       // always() failure() success() cancelled(): only in `if:`
};

// Checks and types a template. Reports undefined names (with the nearest), wrong operand types, unknown functions.
ExprType check_template(const Template& text, const TypeScope& scope, Diagnostics& diagnostics);

// Does a value of type `from` fit a place of schema type `to`? Reports when it cannot.
bool check_assignable(const ExprType& from, const Json& schema, const Json& root, Span span, Diagnostics& diagnostics);

// The step ids and secret names that a template mentions.
struct References {
  std::set<std::string, std::less<>> steps;
  std::set<std::string, std::less<>> secrets;
  std::set<std::string, std::less<>> params;
  std::set<std::string, std::less<>> env;
  bool status_function = false;  // uses always(), failure(), success() or cancelled()
  bool item = false;
  void merge(const References& other);
};
References references_of(const Template& text);

// Where values come from at run time. Each callback answers with an Error when the name has no value now.
struct EvalScope {
  std::function<Result<Value>(std::string_view)> param;
  std::function<Result<Value>(std::string_view)> env;
  std::function<Result<Value>(std::string_view)> secret;       // always tainted
  std::function<Result<Value>(std::string_view)> step_outputs; // steps.ID.outputs
  std::function<Result<Value>(std::string_view)> step_status;  // steps.ID.status
  std::function<Result<Value>(std::string_view)> run;          // run.id, run.started_at, run.runbook, run.dry_run
  std::optional<Value> item;
  std::function<bool(std::string_view)> status;                // "success", "failure", "cancelled", "always"
};
Result<Value> evaluate(const Template& text, const EvalScope& scope);

struct FunctionInfo {
  std::string_view name;
  std::string_view signature;
  std::string_view summary;
};
const std::vector<FunctionInfo>& expression_functions();

}  // namespace lockstep
