#include "specs/yaml_syntax_error.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>

#include "specs/utf8.h"

namespace lockstep {
namespace {

struct Translation {
  std::string_view problem;
  std::string_view message;
  std::string_view hint;
};

// libyaml 0.2.5, src/scanner.c and src/parser.c. What is not listed keeps libyaml's own words.
constexpr std::array kTranslations = {
    Translation{"could not find expected ':'", "a key is expected here, but its \":\" is missing",
                "write key: value; if the line belongs to the value above, indent it deeper"},
    Translation{"mapping values are not allowed in this context", "a \":\" cannot stand here",
                "if it belongs to a text, put the whole text in quotes; if it ends a key, check the indentation of "
                "this line and "
                "the line above"},
    Translation{
        "block sequence entries are not allowed in this context", "a list item cannot start here",
        "start the list on a line of its own, below its key; if the \"-\" belongs to a text, put the text in quotes"},
    Translation{"mapping keys are not allowed in this context", "a key cannot start here",
                "start the mapping on a line of its own; if the \"?\" belongs to a text, put the text in quotes"},
    Translation{"did not find expected key", "the indentation of this line fits no mapping above it",
                "indent the keys of one mapping alike, and put texts that go over several lines in quotes"},
    Translation{"did not find expected '-' indicator", "the indentation of this line fits no list above it",
                "indent the items of one list alike, and start each with \"- \""},
    Translation{"did not find expected node content", "a value is missing here",
                "write a value, or put the text in quotes if it starts with one of , ] }"},
    Translation{"found unknown escape character", "unknown escape in double quotes",
                "double the backslash, or use single quotes, which know no escapes"},
    Translation{"did not find expected hexdecimal number", "an escape in double quotes needs hexadecimal digits",
                "write \\xNN, \\uNNNN or \\UNNNNNNNN; to get a backslash, double it"},
    Translation{"found invalid Unicode character escape code", "this escape is no Unicode character",
                "write the character itself"},
    Translation{"did not find expected comment or line break", "nothing but a comment may stand behind the value here",
                "after | or > the text starts on the next line"},
    Translation{"found an indentation indicator equal to 0", "the indentation of a block text cannot be 0",
                "remove the 0, and indent the text below"},
    Translation{"did not find expected <document start>", "there is text behind the end of the document",
                "a file holds one document: remove the \"...\" line, or what follows it"},
    Translation{"found unexpected document indicator", "a line that starts with --- or ... stands inside quotes",
                "close the quote, or indent that line"},
};

struct SyntaxFinding {
  Code code;
  Span span;
  std::string message;
  std::string hint;
  std::vector<RelatedPlace> related = {};
};

constexpr std::string_view kQuoteHint = "put the whole value in quotes: \"${{ ... }}\"";

class Explainer {
 public:
  Explainer(const YamlSyntaxProblem& problem, const TextPositions& positions)
      : problem_(problem), positions_(positions), text_(positions.text()) {}

  [[nodiscard]] SyntaxFinding explain() const {
    if (auto finding = unterminated_quote()) return *finding;
    if (auto finding = tab()) return *finding;
    if (auto finding = unquoted_expression()) return *finding;
    if (auto finding = unclosed_bracket()) return *finding;
    if (auto finding = surrogate()) return *finding;
    if (auto finding = exclamation_mark()) return *finding;
    if (auto finding = start_character()) return *finding;
    if (auto finding = trailing_text()) return *finding;
    return translated();
  }

 private:
  [[nodiscard]] Span character(std::size_t offset, std::size_t size = 1) const {
    return {positions_.at(offset), positions_.at(std::min(text_.size(), offset + size))};
  }

  [[nodiscard]] Span place() const {
    const bool inside = problem_.at.offset < text_.size() && text_[problem_.at.offset] != '\n';
    return inside ? character(problem_.at.offset, decode_utf8(text_, problem_.at.offset).size)
                  : Span{problem_.at, problem_.at};
  }

  [[nodiscard]] std::optional<SyntaxFinding> unterminated_quote() const {
    const std::string message = "this quote is never closed";
    if (problem_.problem == "found unexpected end of stream" && problem_.context_at)
      return SyntaxFinding{
          "yaml-unterminated-quote"_code, character(problem_.context_at->offset), message,
          "close it; inside single quotes a quote is doubled, inside double quotes it is written \\\""};
    // A quote left open ends at the next quote, lines below; what follows that one is the syntax error.
    if (problem_.last_quoted && problem_.last_quoted->end.line == problem_.at.line)
      return SyntaxFinding{
          "yaml-unterminated-quote"_code, character(problem_.last_quoted->start.offset),
          fmt::format("this quote seems to be never closed: it runs on to line {}, where text follows it",
                      problem_.last_quoted->end.line),
          "close it on its own line; inside single quotes a quote is doubled, inside double quotes it is written \\\""};
    return std::nullopt;
  }

  [[nodiscard]] std::optional<SyntaxFinding> tab() const {
    const std::string_view line = positions_.line(problem_.at.line);
    const std::size_t indentation = std::min(line.find_first_not_of(" \t"), line.size());
    const std::size_t at = line.substr(0, indentation).find('\t');
    const bool about_indentation = problem_.problem == "found character that cannot start any token" ||
                                   problem_.problem == "found a tab character that violates indentation" ||
                                   problem_.problem == "found a tab character where an indentation space is expected" ||
                                   problem_.problem == "did not find expected key" ||
                                   problem_.problem == "mapping values are not allowed in this context";
    if (at == std::string_view::npos || !about_indentation) return std::nullopt;
    const auto offset = static_cast<std::size_t>(line.data() - text_.data()) + at;
    return SyntaxFinding{"yaml-tab-indentation"_code, character(offset), "a tab indents this line",
                         "indent with spaces only"};
  }

  [[nodiscard]] std::optional<SyntaxFinding> unquoted_expression() const {
    const std::size_t at = problem_.at.offset;
    const bool braces = at > 0 && text_.substr(at - 1).starts_with("${{");
    if (braces) {
      const std::size_t end = text_.substr(0, text_.find('\n', at)).find("}}", at);
      const std::size_t size = end == std::string_view::npos ? 3 : end + 2 - (at - 1);
      return SyntaxFinding{"yaml-unquoted-expression"_code, character(at - 1, size),
                           "an expression inside { } or [ ] must be in quotes: YAML reads its braces as mappings",
                           std::string(kQuoteHint)};
    }
    const std::string_view line = positions_.line(problem_.at.line);
    const std::size_t found = line.find("${{");
    if (problem_.problem != "mapping values are not allowed in this context" || found == std::string_view::npos ||
        line.data() + found > text_.data() + at)
      return std::nullopt;
    return SyntaxFinding{"yaml-unquoted-expression"_code, place(),
                         "an expression with \": \" in it must be in quotes: YAML reads it as a key",
                         std::string(kQuoteHint)};
  }

  [[nodiscard]] std::optional<SyntaxFinding> unclosed_bracket() const {
    const bool list = problem_.problem == "did not find expected ',' or ']'";
    const bool map = problem_.problem == "did not find expected ',' or '}'";
    if ((!list && !map) || !problem_.context_at) return std::nullopt;
    const std::string_view open = list ? "[" : "{";
    const std::string_view close = list ? "]" : "}";
    RelatedPlace opening{character(problem_.context_at->offset), fmt::format("the {} is here", open)};
    // At the end of the file, or where the next key or item starts, it is the bracket that is wrong.
    const bool at_end = text_.find_first_not_of(" \t\r\n", problem_.at.offset) == std::string_view::npos;
    if (at_end)
      return SyntaxFinding{"yaml-unclosed-bracket"_code, opening.span, fmt::format("this {} is never closed", open),
                           fmt::format("close it with {}", close)};
    const bool next_line = problem_.at.line != problem_.context_at->line;
    return SyntaxFinding{
        next_line ? "yaml-unclosed-bracket"_code : "yaml-syntax"_code,
        place(),
        fmt::format("\",\" or \"{}\" is expected here: the {} of line {} is still open", close, open,
                    problem_.context_at->line),
        fmt::format("close it with {}, or put a text that holds , [ ] {{ }} or quotes in quotes", close),
        {std::move(opening)}};
  }

  // JSON writes characters above U+FFFF as two escapes; neither parser puts them together.
  [[nodiscard]] std::optional<SyntaxFinding> surrogate() const {
    if (problem_.problem != "found invalid Unicode character escape code") return std::nullopt;
    // libyaml marks the place behind the backslash or the digits, depending on the escape: look for it on both sides.
    const std::size_t from = problem_.at.offset < 10 ? 0 : problem_.at.offset - 10;
    for (std::size_t at = text_.find("\\u", from); at != std::string_view::npos && at <= problem_.at.offset + 2;
         at = text_.find("\\u", at + 1)) {
      const auto high = hexadecimal(at + 2);
      if (!high || *high < 0xD800 || *high > 0xDFFF) continue;
      const auto low = text_.substr(at + 6).starts_with("\\u") ? hexadecimal(at + 8) : std::nullopt;
      std::string hint = "write the character itself, or \\UNNNNNNNN with its eight digits";
      const bool pair = *high < 0xDC00 && low && *low >= 0xDC00 && *low <= 0xDFFF;
      if (pair) {
        const std::uint32_t whole = 0x10000U + ((*high - 0xD800U) << 10U) + (*low - 0xDC00U);
        hint = fmt::format("write \\U{:08x}, or the character {} itself", whole, encode_utf8(whole));
      }
      return SyntaxFinding{"yaml-surrogate-escape"_code, character(at, pair ? 12 : 6),
                           pair ? "YAML does not know escapes in surrogate pairs, as JSON writes them"
                                : "half a surrogate pair is no character",
                           hint};
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::uint32_t> hexadecimal(std::size_t offset) const {
    const std::string_view digits = text_.substr(std::min(offset, text_.size()), 4);
    std::uint32_t number = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (failure != std::errc() || end != digits.data() + 4) return std::nullopt;
    return number;
  }

  // `if: !success() && x`: a tag, and then what no value can start with.
  [[nodiscard]] std::optional<SyntaxFinding> exclamation_mark() const {
    const std::string_view line = positions_.line(problem_.at.line);
    const auto line_start = static_cast<std::size_t>(line.data() - text_.data());
    const std::string_view before = line.substr(0, problem_.at.offset - line_start);
    const std::size_t mark = std::min(before.find(": !"), before.find("- !"));
    if (mark == std::string_view::npos || before.find_first_of("\"'") < mark) return std::nullopt;
    return SyntaxFinding{"yaml-tag"_code, character(line_start + mark + 2),
                         "YAML reads a leading ! as a tag, and tags are not allowed", "put the whole value in quotes"};
  }

  // A value that starts with one of YAML's own signs.
  [[nodiscard]] std::optional<SyntaxFinding> start_character() const {
    const bool anchor = problem_.context == "while scanning an anchor" || problem_.context == "while scanning an alias";
    const bool tag = problem_.context == "while scanning a tag" || problem_.context == "while parsing a tag" ||
                     problem_.problem == "found undefined tag handle";
    const bool token = problem_.problem == "found character that cannot start any token";
    const bool directive = problem_.context == "while scanning a directive";
    if (!anchor && !tag && !token && !directive) return std::nullopt;
    const std::size_t at = (token || !problem_.context_at) ? problem_.at.offset : problem_.context_at->offset;
    if (at >= text_.size()) return std::nullopt;
    const std::size_t size = decode_utf8(text_, at).size;
    const std::string sign = printable(text_.substr(at, size));
    if (tag)
      return SyntaxFinding{"yaml-tag"_code, character(at, size),
                           "YAML reads a leading ! as a tag, and tags are not allowed",
                           "put the whole value in quotes"};
    if (directive)
      return SyntaxFinding{"yaml-directive"_code, character(at, size),
                           "directives (lines that start with %) are not allowed",
                           "remove the line, or put the text in quotes"};
    return SyntaxFinding{"yaml-syntax"_code, character(at, size),
                         fmt::format("a text cannot start with {} in YAML", sign), "put the whole text in quotes"};
  }

  // On a line that has begun well: `a: "x" y`, `a: 'it's'`, `: x`.
  [[nodiscard]] std::optional<SyntaxFinding> trailing_text() const {
    if (problem_.problem != "did not find expected key" && problem_.problem != "did not find expected '-' indicator")
      return std::nullopt;
    if (problem_.at.offset < text_.size() && text_[problem_.at.offset] == ':')
      return SyntaxFinding{"yaml-syntax"_code, place(), "a key is missing before this \":\"", "write key: value"};
    const std::string_view line = positions_.line(problem_.at.line);
    const auto before = line.substr(0, problem_.at.offset - static_cast<std::size_t>(line.data() - text_.data()));
    if (before.find_first_not_of(" \t") == std::string_view::npos) return std::nullopt;
    return SyntaxFinding{
        "yaml-syntax"_code, place(), "nothing can follow the value before this",
        "put the whole value in quotes; inside single quotes a quote is doubled, inside double quotes it is "
        "written \\\""};
  }

  [[nodiscard]] SyntaxFinding translated() const {
    const auto* known = std::find_if(kTranslations.begin(), kTranslations.end(),
                                     [&](const Translation& t) { return t.problem == problem_.problem; });
    if (known != kTranslations.end())
      return {"yaml-syntax"_code, place(), std::string(known->message), std::string(known->hint)};
    std::string message(problem_.problem);
    if (!problem_.context.empty()) message = fmt::format("{}: {}", problem_.context, message);
    return {"yaml-syntax"_code, place(), message, "check quotes, brackets and indentation here and on the line above"};
  }

  const YamlSyntaxProblem& problem_;
  const TextPositions& positions_;
  std::string_view text_;
};

}  // namespace

void report_syntax_error(const YamlSyntaxProblem& problem, const TextPositions& positions, Diagnostics& diagnostics) {
  SyntaxFinding finding = Explainer(problem, positions).explain();
  diagnostics.error(finding.code, finding.span, std::move(finding.message), std::move(finding.hint)).related =
      std::move(finding.related);
}

}  // namespace lockstep
