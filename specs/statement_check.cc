// check_statement of specs/runbook.h.
#include <fmt/format.h>

#include <algorithm>

#include "specs/nearest.h"
#include "specs/runbook.h"
#include "specs/runbook_shape.h"
#include "specs/statement_words.h"

namespace lockstep {

namespace {

using Names = std::vector<std::string>;

bool holds(const Names& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& one) { return same_name(one, name); });
}

// The keys of a mapping; its values may be known only later. Nothing when the mapping itself is an expression.
std::optional<std::vector<const Member*>> given_parameters(const Node& with) {
  std::vector<const Member*> given;
  const Member* parameters = with.find("parameters");
  if (parameters == nullptr || parameters->value.kind == Node::Kind::null) return given;
  if (parameters->value.kind != Node::Kind::map) return std::nullopt;
  for (const Member& member : parameters->value.members) given.push_back(&member);
  return given;
}

void check_parameters(const std::string& sql, const Member& statement, const Node& with, Diagnostics& diagnostics) {
  const std::optional<Names> used = statement_parameters(sql);
  const std::optional<std::vector<const Member*>> given = given_parameters(with);
  if (!used || !given) return;
  Names unused;
  for (const Member* member : *given)
    if (!holds(*used, member->key)) unused.push_back(member->key);
  Names reported;
  for (const std::string& name : *used) {
    const bool is_given =
        std::any_of(given->begin(), given->end(), [&](const Member* member) { return same_name(member->key, name); });
    if (is_given || holds(reported, name)) continue;
    reported.push_back(name);
    const Names near = nearest(name, unused, 1);
    if (near.empty()) {
      diagnostics.error("sql-parameter-missing"_code, statement.value.span,
                        fmt::format("the statement uses ${}, and no parameter has this name", name),
                        fmt::format("add `{}: ...` to the step's `parameters`", name));
      continue;
    }
    // One slip of the pen, one finding.
    std::erase(unused, near.front());
    const auto slip =
        std::find_if(given->begin(), given->end(), [&](const Member* member) { return member->key == near.front(); });
    diagnostics.error("sql-parameter-missing"_code, (*slip)->key_span,
                      fmt::format("the statement uses ${}, and no parameter has this name", name),
                      fmt::format("write `{}` for `{}`, or ${} in the statement", name, near.front(), near.front()));
  }
  for (const Member* member : *given)
    if (holds(unused, member->key))
      diagnostics.error("sql-parameter-unknown"_code, member->key_span,
                        fmt::format("the statement does not use the parameter ${}", member->key),
                        "remove it from `parameters`, or write it into the statement");
}

}  // namespace

void check_statement(const Runbook& runbook, const StepSpec& step, const Json& inputs, Diagnostics& diagnostics) {
  const StepShape* shape = step_shape(step.uses);
  if (shape == nullptr || !shape->runs_sql || step.with == nullptr || step.with->kind != Node::Kind::map) return;
  const ConnectionSpec* connection = runbook.connection(step.connection);
  if (connection == nullptr || connection->type != "duckdb") return;
  const Member* statement = step.with->find("statement");
  const auto text = inputs.find("statement");
  if (statement == nullptr || text == inputs.end() || !text->is_string()) return;
  const auto& sql = text->get_ref<const std::string&>();
  const std::vector<StatementWord> words = statement_words(sql);
  if (controls_transaction(words))
    diagnostics.error("sql-transaction"_code, statement->value.span,
                      "a transaction cannot be begun or ended by a statement of its own",
                      "each statement is a transaction of its own; leave out BEGIN, COMMIT and ROLLBACK");
  else
    check_parameters(sql, *statement, *step.with, diagnostics);
}

}  // namespace lockstep
