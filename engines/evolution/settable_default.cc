#include "engines/evolution/settable_default.h"

#include <fmt/format.h>

#include "engines/evolution/default_text.h"
#include "engines/warehouse/names.h"

namespace lockstep {
namespace {

// Why an engine that keeps only literals cannot hold it; empty: it can.
std::string not_for_literals_only(const DefaultText& value, const DataType& type, const Dialect& dialect) {
  if (value.kind == DefaultText::Kind::expression) return fmt::format("{} takes only literals", dialect.name());
  if (type.nested()) return fmt::format("{} has no defaults for nested types", dialect.name());
  if (fold_name(value.text) == "null")
    return fmt::format("{} cannot tell the text 'NULL' from no default", dialect.name());
  return {};
}

}  // namespace

Result<std::optional<std::string>> settable_default(const Column& column, const Dialect& dialect) {
  const DefaultText value = read_default(column.default_expression);
  if (value.kind == DefaultText::Kind::none) return std::optional<std::string>();
  const bool expression = value.kind == DefaultText::Kind::expression;
  const bool verbatim = dialect.capabilities().verbatim_defaults;
  std::string reason;
  if (expression && sql_mentions(value.text, "nextval"))
    reason = "it counts with a sequence, which belongs to the source";
  else if (verbatim)
    reason = unsafe_verbatim(*column.default_expression);
  else if (expression)
    reason = unsafe_expression(value.text);
  if (reason.empty() && !dialect.capabilities().default_expressions)
    reason = not_for_literals_only(value, column.type, dialect);
  if (!reason.empty())
    return Error("default-unsupported"_code,
                 fmt::format("the default {} of column \"{}\" cannot be set: {}", *column.default_expression,
                             column.name, reason),
                 "set the default by hand, or leave defaults alone with ignore: [default]");
  if (verbatim) return column.default_expression;
  return default_sql(value, column.type, dialect);
}

}  // namespace lockstep
