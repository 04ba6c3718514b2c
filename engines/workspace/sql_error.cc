#include "engines/workspace/sql_error.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace lockstep {

namespace {

// "[DELTA_X.Y] ..." gives DELTA_X.Y; empty: there is none.
std::string_view class_of(std::string_view message) {
  if (!message.starts_with('[')) return {};
  const std::size_t end = message.find(']');
  return end == std::string_view::npos ? std::string_view() : message.substr(1, end - 1);
}

bool names_something_unknown(std::string_view error_class, std::string_view sql_state) {
  constexpr std::array<std::string_view, 9> kClasses{
      "TABLE_OR_VIEW_NOT_FOUND",   "SCHEMA_NOT_FOUND",          "CATALOG_NOT_FOUND",
      "NO_SUCH_CATALOG_EXCEPTION", "UNRESOLVED_COLUMN",         "UNRESOLVED_ROUTINE",
      "DELTA_TABLE_NOT_FOUND",     "DELTA_MISSING_DELTA_TABLE", "UNRESOLVED_FIELD"};
  constexpr std::array<std::string_view, 4> kStates{"42P01", "42703", "42704", "42883"};
  return std::any_of(kClasses.begin(), kClasses.end(),
                     [&](std::string_view known) { return error_class.starts_with(known); }) ||
         std::find(kStates.begin(), kStates.end(), sql_state) != kStates.end();
}

bool denied(std::string_view error_class, std::string_view sql_state) {
  return error_class.starts_with("INSUFFICIENT_PERMISSIONS") || error_class.starts_with("PERMISSION_DENIED") ||
         sql_state == "42501";
}

}  // namespace

Error sql_error(const StatementState& state, std::string_view statement_id) {
  std::string message = state.message;
  if (message.empty())
    message = fmt::format("the statement failed{}, and the server does not say why",
                          state.error_code.empty() ? "" : " with " + state.error_code);
  if (!state.sql_state.empty() && message.find(state.sql_state) == std::string::npos)
    message += fmt::format(" SQLSTATE: {}", state.sql_state);
  const std::string_view error_class = class_of(state.message);
  Error error;
  if (names_something_unknown(error_class, state.sql_state))
    error = Error("sql-unknown-name"_code, std::move(message),
                  "correct the name, make what it names in an earlier step, or ask for the right to see it");
  else if (denied(error_class, state.sql_state))
    error = Error("sql-denied"_code, std::move(message), "ask an admin or the owner for the grant that it names");
  else if (state.sql_state.starts_with("42") || error_class == "PARSE_SYNTAX_ERROR")
    error = Error("sql-invalid"_code, std::move(message), "correct the statement");
  else
    error = Error("sql-failed"_code, std::move(message), "correct the statement or the data");
  return std::move(error).with_context(fmt::format("statement {}", statement_id));
}

bool is_over_inline_limit(const StatementState& state) {
  std::string folded = state.message;
  for (char& c : folded)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return state.end == StatementState::End::failed && folded.find("inline byte limit exceeded") != std::string::npos;
}

}  // namespace lockstep
