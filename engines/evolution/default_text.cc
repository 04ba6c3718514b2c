#include "engines/evolution/default_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "engines/warehouse/names.h"

namespace lockstep {
namespace {

std::string_view trim(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

bool digit(char c) {
  return c >= '0' && c <= '9';
}

// The text of a string literal that takes up all of `sql`; nothing when it is anything else.
std::optional<std::string> whole_literal(std::string_view sql) {
  if (sql.size() < 2 || sql.front() != '\'' || sql.back() != '\'') return std::nullopt;
  std::string text;
  const std::string_view inner = sql.substr(1, sql.size() - 2);
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '\'') {  // a doubled quote stands for one
      ++i;
      if (i == inner.size() || inner[i] != '\'') return std::nullopt;
    }
    text += inner[i];
  }
  return text;
}

// CAST('text' AS type): the text. Only literal casts: anything else inside makes it an expression.
std::optional<std::string> cast_literal(std::string_view sql) {
  constexpr std::string_view kOpen = "cast(";
  if (sql.size() <= kOpen.size() || fold_name(sql.substr(0, kOpen.size())) != kOpen || sql.back() != ')')
    return std::nullopt;
  const std::string_view inner = trim(sql.substr(kOpen.size(), sql.size() - kOpen.size() - 1));
  if (inner.empty() || inner.front() != '\'') return std::nullopt;
  // The literal ends at the last quote before " AS "; type names hold no single quote, save an ENUM's values.
  std::size_t end = 1;
  while (end < inner.size()) {
    if (inner[end] != '\'') {
      ++end;
    } else if (end + 1 < inner.size() && inner[end + 1] == '\'') {
      end += 2;
    } else {
      break;
    }
  }
  if (end >= inner.size()) return std::nullopt;
  const std::string_view rest = trim(inner.substr(end + 1));
  if (rest.size() < 4 || fold_name(rest.substr(0, 3)) != "as ") return std::nullopt;
  return whole_literal(inner.substr(0, end + 1));
}

// A decimal number in one shape, so that 1e3, 1000.0 and +1000 are equal. Nothing when the text is no such number.
struct Number {
  bool negative = false;
  std::string digits;         // without leading and trailing zeros; empty: zero
  std::int64_t exponent = 0;  // value = digits * 10^exponent
  friend bool operator==(const Number&, const Number&) = default;
};

std::optional<Number> read_number(std::string_view text) {
  Number number;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    number.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  bool any = false;
  bool point = false;
  while (!text.empty() && (digit(text.front()) || (text.front() == '.' && !point))) {
    if (text.front() == '.') {
      point = true;
    } else {
      any = true;
      number.digits += text.front();
      if (point) --number.exponent;
    }
    text.remove_prefix(1);
  }
  if (!any) return std::nullopt;
  if (!text.empty()) {
    if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    std::int32_t exponent = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    number.exponent += exponent;
  }
  number.digits.erase(0, number.digits.find_first_not_of('0'));
  if (number.digits.find_first_not_of('0') == std::string::npos) return Number{};  // zero has one shape
  const std::size_t last = number.digits.find_last_not_of('0');
  number.exponent += static_cast<std::int64_t>(number.digits.size() - last - 1);
  number.digits.erase(last + 1);
  return number;
}

bool numeric(const DataType& type) {
  static constexpr std::string_view kNames[] = {"TINYINT",  "SMALLINT",  "INTEGER",  "BIGINT",  "HUGEINT",
                                                "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
                                                "FLOAT",    "REAL",      "DOUBLE"};
  return type.kind == DataType::Kind::decimal ||
         (type.kind == DataType::Kind::scalar &&
          std::find(std::begin(kNames), std::end(kNames), type.name) != std::end(kNames));
}

bool boolean(const DataType& type) {
  return type.kind == DataType::Kind::scalar && type.name == "BOOLEAN";
}

// A name, or a name with "()" behind it: current_date, now().
bool plain_call(std::string_view sql) {
  if (sql.size() > 2 && sql.substr(sql.size() - 2) == "()") sql.remove_suffix(2);
  return !sql.empty() && !digit(sql.front()) && std::all_of(sql.begin(), sql.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || digit(c) || c == '_';
  });
}

std::optional<bool> read_boolean(std::string_view text) {
  const std::string folded = fold_name(text);
  if (folded == "t" || folded == "true" || folded == "1") return true;
  if (folded == "f" || folded == "false" || folded == "0") return false;
  return std::nullopt;
}

}  // namespace

DefaultText read_default(const std::optional<std::string>& printed) {
  if (!printed) return {};
  std::string_view sql = trim(*printed);
  const std::string folded = fold_name(sql);
  if (sql.empty() || folded == "null") return {};
  if (auto text = whole_literal(sql)) return {DefaultText::Kind::literal, *text};
  if (auto text = cast_literal(sql)) return {DefaultText::Kind::literal, *text};
  if (read_number(sql)) return {DefaultText::Kind::literal, std::string(sql)};
  if (folded == "true" || folded == "false") return {DefaultText::Kind::literal, folded};
  return {DefaultText::Kind::expression, std::string(sql)};
}

bool same_default(const std::optional<std::string>& a, const std::optional<std::string>& b, const DataType& type) {
  const DefaultText left = read_default(a);
  const DefaultText right = read_default(b);
  if (left.kind != right.kind) return false;
  if (left.text == right.text) return true;
  if (left.kind != DefaultText::Kind::literal) return false;
  if (numeric(type)) {
    const auto x = read_number(left.text);
    return x && x == read_number(right.text);
  }
  if (boolean(type)) {
    const auto x = read_boolean(left.text);
    return x && x == read_boolean(right.text);
  }
  return false;
}

std::optional<std::string> default_sql(const DefaultText& value, const DataType& type, const Dialect& dialect) {
  if (value.kind == DefaultText::Kind::none) return std::nullopt;
  if (value.kind == DefaultText::Kind::expression) return plain_call(value.text) ? value.text : "(" + value.text + ")";
  if (numeric(type) && read_number(value.text)) return value.text;
  if (const auto truth = boolean(type) ? read_boolean(value.text) : std::nullopt)
    return dialect.literal(*truth ? "true" : "false");
  return dialect.literal(value.text);
}

std::string unsafe_expression(std::string_view sql) {
  int depth = 0;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    const char c = sql[i];
    if (c == '\'' || c == '"') {
      // A doubled quote closes and opens again, which comes to the same here.
      i = sql.find(c, i + 1);
      if (i == std::string_view::npos) return "a quote is not closed";
    } else if (c == '(') {
      ++depth;
    } else if (c == ')') {
      if (--depth < 0) return "a parenthesis is closed that was not opened";
    } else if (c == ';') {
      return "it holds a semicolon";
    } else if (sql.substr(i, 2) == "--" || sql.substr(i, 2) == "/*") {
      return "it holds a comment";
    } else if (c == '$' || c == '\\' || c == '\0') {
      return "it holds a character that an expression does not need";
    }
  }
  if (depth != 0) return "a parenthesis is not closed";
  // Where an expression fills rows, a subquery in it would read other tables; no engine takes one as DEFAULT.
  for (const char* word :
       {"select", "from", "values", "table", "with", "pivot", "unpivot", "describe", "show", "summarize"})
    if (sql_mentions(sql, word)) return std::string("it holds the word ") + word;
  return {};
}

std::string unsafe_verbatim(std::string_view sql) {
  if (sql.find('\\') != std::string_view::npos) return "it holds a backslash";
  if (sql.find("${") != std::string_view::npos) return "it holds ${, which the engine would replace";
  return unsafe_expression(sql);
}

}  // namespace lockstep
