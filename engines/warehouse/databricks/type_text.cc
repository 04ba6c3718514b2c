#include "engines/warehouse/databricks/type_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "engines/warehouse/type_scanner.h"

namespace lockstep {

namespace {

using Kind = DataType::Kind;

constexpr int kDeepestType = 64;

// Spelling and canonical name [Databricks documentation, data types; Spark's DataTypeAstBuilder].
constexpr std::array<std::pair<std::string_view, std::string_view>, 22> kScalars = {{
    {"TINYINT", "TINYINT"},
    {"BYTE", "TINYINT"},
    {"SMALLINT", "SMALLINT"},
    {"SHORT", "SMALLINT"},
    {"INT", "INT"},
    {"INTEGER", "INT"},
    {"BIGINT", "BIGINT"},
    {"LONG", "BIGINT"},
    {"FLOAT", "FLOAT"},
    {"REAL", "FLOAT"},
    {"DOUBLE", "DOUBLE"},
    {"BOOLEAN", "BOOLEAN"},
    {"BINARY", "BINARY"},
    {"DATE", "DATE"},
    {"TIMESTAMP", "TIMESTAMP"},
    {"TIMESTAMP_LTZ", "TIMESTAMP"},
    {"TIMESTAMP_NTZ", "TIMESTAMP_NTZ"},
    {"STRING", "STRING"},
    {"VARIANT", "VARIANT"},
    {"OBJECT", "OBJECT"},
    {"VOID", "VOID"},
    {"NULL", "VOID"},
}};

constexpr std::array<std::string_view, 2> kMonths{"YEAR", "MONTH"};
constexpr std::array<std::string_view, 4> kSeconds{"DAY", "HOUR", "MINUTE", "SECOND"};

class TypeParser {
 public:
  explicit TypeParser(std::string_view text) : scan_(text) {}

  std::optional<DataType> parse_whole() {
    std::optional<DataType> type = parse(0);
    if (type && scan_.at_end()) return type;
    return std::nullopt;
  }

 private:
  std::optional<DataType> parse(int depth) {
    if (depth > kDeepestType) return std::nullopt;
    const std::size_t start = scan_.position();
    const std::string name = upper_text(scan_.word());
    DataType type;
    bool understood = false;
    if (name == "STRUCT")
      understood = fields(type, depth);
    else if (name == "ARRAY")
      understood = children(type, Kind::list, {"element"}, depth);
    else if (name == "MAP")
      understood = children(type, Kind::map, {"key", "value"}, depth);
    else if (name == "DECIMAL" || name == "DEC" || name == "NUMERIC")
      understood = decimal(type);
    else
      understood = scalar(type, name);
    if (!understood) return std::nullopt;
    type.text = scan_.since(start);
    return type;
  }

  bool children(DataType& type, Kind kind, std::initializer_list<const char*> names, int depth) {
    type.kind = kind;
    if (!scan_.take('<')) return false;
    for (const char* name : names) {
      if (!type.fields.empty() && !scan_.take(',')) return false;
      std::optional<DataType> inner = parse(depth + 1);
      if (!inner || !options()) return false;
      type.fields.push_back({name, std::move(*inner)});
    }
    return scan_.take('>');
  }

  bool fields(DataType& type, int depth) {
    type.kind = Kind::structure;
    if (!scan_.take('<')) return false;
    if (scan_.take('>')) return true;
    do {
      std::optional<std::string> name = field_name();
      if (!name || name->empty()) return false;
      scan_.take(':');
      std::optional<DataType> inner = parse(depth + 1);
      if (!inner || !options()) return false;
      type.fields.push_back({std::move(*name), std::move(*inner)});
    } while (scan_.take(','));
    return scan_.take('>');
  }

  // Older printers leave names with blanks or dots unquoted: "struct<order id:int>".
  std::optional<std::string> field_name() {
    if (scan_.peek() == '`') return scan_.quoted('`');
    const std::string_view rest = scan_.rest();
    const std::size_t end = rest.find_first_of(":<>,('\"`");
    if (end == std::string_view::npos || rest[end] != ':') return std::string(scan_.word());
    std::string name(trim_blanks(rest.substr(0, end)));
    scan_.skip(end);
    return name;
  }

  // What may stand behind a field's type.
  bool options() {
    while (true) {
      if (scan_.take_word("NOT")) {
        if (!scan_.take_word("NULL")) return false;
      } else if (scan_.take_word("COMMENT")) {
        if (!literal()) return false;
      } else {
        return true;
      }
    }
  }

  // Skips a string literal: a quote inside is doubled or stands behind a backslash.
  bool literal() {
    const char mark = scan_.peek();
    if ((mark != '\'' && mark != '"') || !scan_.take(mark)) return false;
    const std::string_view rest = scan_.rest();
    for (std::size_t i = 0; i < rest.size(); ++i) {
      if (rest[i] == '\\') {
        ++i;
      } else if (rest[i] == mark) {
        if (i + 1 < rest.size() && rest[i + 1] == mark) {
          ++i;
        } else {
          scan_.skip(i + 1);
          return true;
        }
      }
    }
    return false;
  }

  bool decimal(DataType& type) {
    type.kind = Kind::decimal;
    type.precision = 10;
    type.scale = 0;
    if (!scan_.take('(')) return true;
    const std::optional<int> precision = scan_.number();
    if (!precision || *precision < 1 || *precision > 38) return false;
    type.precision = *precision;
    if (scan_.take(',')) {
      const std::optional<int> scale = scan_.number();
      if (!scale || *scale < 0 || *scale > *precision) return false;
      type.scale = *scale;
    }
    return scan_.take(')');
  }

  bool scalar(DataType& type, const std::string& name) {
    type.kind = Kind::scalar;
    if (name == "VARCHAR" || name == "CHAR" || name == "CHARACTER")
      return length(type, name == "VARCHAR" ? "VARCHAR" : "CHAR");
    if (name == "GEOMETRY" || name == "GEOGRAPHY") return reference_system(type, name);
    if (name == "TIME") return time(type);
    if (name == "INTERVAL") return interval(type);
    const auto* known =
        std::find_if(kScalars.begin(), kScalars.end(), [&](const auto& entry) { return entry.first == name; });
    if (known == kScalars.end()) return false;
    type.name = known->second;
    if (type.name == "STRING" && scan_.take_word("COLLATE")) {
      const std::string collation = upper_text(scan_.word());
      if (collation.empty()) return false;
      if (collation != "UTF8_BINARY") type.name += " COLLATE " + collation;
    }
    return true;
  }

  bool length(DataType& type, const char* name) {
    if (!scan_.take('(')) return false;
    const std::optional<int> length = scan_.number();
    if (!length || *length < 1 || !scan_.take(')')) return false;
    type.name = std::string(name) + "(" + std::to_string(*length) + ")";
    return true;
  }

  bool reference_system(DataType& type, const std::string& name) {
    type.name = name;
    if (!scan_.take('(')) return true;
    std::string inside;
    if (const std::optional<int> number = scan_.number())
      inside = std::to_string(*number);
    else if (scan_.take_word("ANY"))
      inside = "ANY";
    else
      return false;
    type.name += "(" + inside + ")";
    return scan_.take(')');
  }

  bool time(DataType& type) {
    int precision = 6;
    if (scan_.take('(')) {
      const std::optional<int> digits = scan_.number();
      if (!digits || *digits < 0 || *digits > 6 || !scan_.take(')')) return false;
      precision = *digits;
    }
    type.name = "TIME(" + std::to_string(precision) + ")";
    return true;
  }

  template <std::size_t N>
  bool range(DataType& type, const std::array<std::string_view, N>& units) {
    for (std::size_t first = 0; first < N; ++first) {
      if (!scan_.take_word(units[first])) continue;
      type.name = "INTERVAL " + std::string(units[first]);
      if (!scan_.take_word("TO")) return true;
      for (std::size_t last = first + 1; last < N; ++last) {
        if (!scan_.take_word(units[last])) continue;
        type.name += " TO " + std::string(units[last]);
        return true;
      }
      return false;
    }
    return false;
  }

  bool interval(DataType& type) {
    const std::size_t before = scan_.position();
    if (range(type, kMonths)) return true;
    scan_.go_back(before);
    if (range(type, kSeconds)) return true;
    scan_.go_back(before);
    type.name = "INTERVAL";
    return true;
  }

  TypeScanner scan_;
};

std::optional<int> length_of(const DataType& type, std::string_view prefix) {
  if (type.kind != Kind::scalar || !type.name.starts_with(prefix)) return std::nullopt;
  int length = 0;
  const char* const start = type.name.data() + prefix.size();
  if (std::from_chars(start, type.name.data() + type.name.size(), length).ec != std::errc()) return std::nullopt;
  return length;
}

}  // namespace

DataType parse_databricks_type(std::string_view text) {
  if (std::optional<DataType> type = TypeParser(text).parse_whole()) return std::move(*type);
  DataType unknown;
  unknown.text = std::string(trim_blanks(text));
  return unknown;
}

std::string print_databricks_type(const DataType& type) {
  switch (type.kind) {
    case Kind::scalar:
      return type.name;
    case Kind::decimal:
      return "DECIMAL(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
    case Kind::list:
    case Kind::array:  // no engine that speaks this language has arrays of fixed length
      return "ARRAY<" + print_databricks_type(type.fields.at(0).type) + ">";
    case Kind::map:
      return "MAP<" + print_databricks_type(type.fields.at(0).type) + ", " +
             print_databricks_type(type.fields.at(1).type) + ">";
    case Kind::structure: {
      std::string text = "STRUCT<";
      for (std::size_t i = 0; i < type.fields.size(); ++i)
        text += (i == 0 ? "" : ", ") + print_databricks_name(type.fields[i].name) + ": " +
                print_databricks_type(type.fields[i].type);
      return text + ">";
    }
    case Kind::enumeration:
    case Kind::unknown:
      return type.text;
  }
  return type.text;
}

std::string quote_databricks_identifier(std::string_view name) {
  std::string quoted;
  quoted.reserve(name.size() + 2);
  quoted += '`';
  for (const char c : name) quoted.append(c == '`' ? 2 : 1, c);
  quoted += '`';
  return quoted;
}

std::string print_databricks_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const bool plain = !name.empty() && letter(name.front()) &&
                     std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
  return plain ? std::string(name) : quote_databricks_identifier(name);
}

std::string databricks_literal(std::string_view text) {
  const bool substituted = text.find("${") != std::string_view::npos;
  const bool single = text.find('\'') != std::string_view::npos;
  const bool escaped = text.find('\\') != std::string_view::npos;
  if (!substituted && !single) return (escaped ? "R'" : "'") + std::string(text) + "'";
  if (!substituted && text.find('"') == std::string_view::npos) return "R\"" + std::string(text) + "\"";
  std::string literal = "'";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\'' || text[i] == '\\' || (text[i] == '{' && i > 0 && text[i - 1] == '$')) literal += '\\';
    literal += text[i];
  }
  return literal + "'";
}

std::optional<int> varchar_length(const DataType& type) {
  return length_of(type, "VARCHAR(");
}
std::optional<int> char_length(const DataType& type) {
  return length_of(type, "CHAR(");
}

bool is_databricks_text(const DataType& type) {
  return type.kind == Kind::scalar && (type.name == "STRING" || type.name.starts_with("STRING COLLATE ") ||
                                       varchar_length(type).has_value() || char_length(type).has_value());
}

}  // namespace lockstep
