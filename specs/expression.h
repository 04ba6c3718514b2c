// `${{ ... }}`: parsed once, checked statically against types, evaluated at run time.
//
//   expression := or;  or := and ('||' and)*;  and := equality ('&&' equality)*;
//   equality := relation (('=='|'!=') relation)*;  relation := unary (('<'|'<='|'>'|'>=') unary)*;
//   unary := '!' unary | postfix;  postfix := primary ('.' name | '[' or ']')*;
//   name := [A-Za-z_][A-Za-z0-9_-]* (there is no subtraction, so that step ids may hold '-');
//   primary := number | 'string' (a quote is doubled) | true | false | null | '(' or ')' | name | name '(' args ')'
//
// Comparison is strict: no coercion between types ('1' == 1 is a static error). `&&` and `||` take booleans, as does
// `!`. Functions are listed in expression_functions(). A field, index, variable or output that does not exist at run
// time is an error, save as the first argument of default() and in a comparison with null, where it counts as null.
// Limits: 10,000 bytes an expression, 100 levels of nesting, 8 MiB for any text that is built.
// Thread-safe: parsed expressions are immutable.
#pragma once

#include <cstdint>
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

struct ExprType;
using TypePtr = std::shared_ptr<const ExprType>;  // never null where a type is returned or asked for

// A static type, made from a JSON Schema (`from_schema`) or a value (`of_value`). Immutable and shared.
struct ExprType {
  enum class Kind : std::uint8_t { any, null, boolean, integer, number, string, list, object };
  Kind kind = Kind::any;
  bool nullable = false;  // may also be null, or absent (an optional field)
  bool open = false;      // object: fields that are not listed may exist
  TypePtr element;        // list: the items' type; open object: the other fields'; null: any
  std::map<std::string, TypePtr, std::less<>> fields;  // object: the known fields
  std::vector<std::string> values;                     // string: the only values, when known (enum)
  std::vector<TypePtr> one_of;                         // any: the possible types, when known

  // `schema` may be a subschema of `root`, which local $refs are resolved in. Recursive schemas end in `any`.
  // A field that is not required is nullable. An object is open when it says so (additionalProperties), or lists no
  // fields.
  static TypePtr from_schema(const Json& schema, const Json& root);
  static TypePtr of_value(const Json& value);
  static TypePtr of_kind(Kind kind);  // shared instances, no allocation; lists are of any, objects open
  static TypePtr list_of(TypePtr element);
  static TypePtr string_of(std::vector<std::string> values);
  // The narrowest type that holds both.
  static TypePtr unite(const TypePtr& a, const TypePtr& b);

  [[nodiscard]] std::string to_string() const;  // "list of string", "object {a, b}", "string or null"
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
    Span span;  // of the expression's text, inside the file
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
  std::map<std::string, TypePtr, std::less<>> params;
  std::map<std::string, TypePtr, std::less<>> steps;  // step id -> type of its outputs (for_each: the list of them)
  TypePtr item;                                       // inside for_each; null elsewhere
  bool allow_steps = true;                            // false in connections
  bool status_functions = false;                      // always() failure() success() cancelled(): only in `if:`
};

// Checks and types a template. Reports undefined names (with the nearest), wrong operand types, unknown functions; what
// could not be typed is `any`, so that one mistake is reported once.
TypePtr check_template(const Template& text, const TypeScope& scope, Diagnostics& diagnostics);

// Why a value of type `from` can never be right where `to` is asked for; nothing when it can.
// A mere possibility is enough for enums and `any`: the value itself is checked at run time.
std::optional<std::string> misfit(const ExprType& from, const ExprType& to);

// Does a value of type `from` fit a place of schema type `to`? Reports when it cannot.
bool check_assignable(const ExprType& from, const Json& schema, const Json& root, Span span, Diagnostics& diagnostics);

// The step ids and secret names that a template mentions.
struct References {
  std::set<std::string, std::less<>> steps;
  std::set<std::string, std::less<>> secrets;
  std::set<std::string, std::less<>> params;
  std::set<std::string, std::less<>> env;
  bool status_function = false;                         // uses always(), failure(), success() or cancelled()
  std::set<std::string, std::less<>> status_functions;  // which of them
  bool item = false;
  bool run = false;
  void merge(const References& other);
};
References references_of(const Template& text);
References references_of(const Template::Piece& piece);

// An environment variable or a secret without which a template has no value. Not among them: what default() or a
// comparison with null forgives, and what stands to the right of && and ||, which may never be asked for.
struct RequiredName {
  bool secret = false;  // else an environment variable
  std::string name;
  Span span;
};
std::vector<RequiredName> required_names(const Template& text);

// Where values come from at run time. Each callback answers with an Error when the name has no value now.
struct EvalScope {
  std::function<Result<Value>(std::string_view)> param;
  std::function<Result<Value>(std::string_view)> env;
  std::function<Result<Value>(std::string_view)> secret;        // always tainted
  std::function<Result<Value>(std::string_view)> step_outputs;  // steps.ID.outputs
  std::function<Result<Value>(std::string_view)> step_status;   // steps.ID.status
  std::function<Result<Value>(std::string_view)> run;  // run.id, run.name, run.started_at, run.runbook, run.dry_run
  std::optional<Value> item;
  std::function<bool(std::string_view)> status;  // "success", "failure", "cancelled", "always"
};
Result<Value> evaluate(const Template& text, const EvalScope& scope);

struct FunctionInfo {
  std::string_view name;
  std::string_view signature;
  std::string_view summary;
};
const std::vector<FunctionInfo>& expression_functions();

}  // namespace lockstep
