#include "specs/diagnostic_render.h"

#include <fmt/format.h>

#include "specs/counted.h"
#include "specs/diagnostic_snippet.h"
#include "specs/utf8.h"

namespace lockstep {
namespace {

struct Counts {
  std::size_t errors = 0;
  std::size_t warnings = 0;
};

Counts count(const Diagnostics& diagnostics) {
  Counts counts;
  for (const Diagnostic& d : diagnostics.items()) {
    if (d.severity == Severity::error) ++counts.errors;
    if (d.severity == Severity::warning) ++counts.warnings;
  }
  return counts;
}

class TextRenderer {
 public:
  explicit TextRenderer(bool colour) : colour_(colour) {}

  void add(const Diagnostic& d) {
    int gutter = digits(d.span.start.line);
    for (const RelatedPlace& place : d.related) gutter = std::max(gutter, digits(place.span.start.line));
    heading(d.source.get(), d.span, d.severity, d.message, d.code);
    snippet(d.source.get(), d.span, d.severity, gutter);
    for (const RelatedPlace& place : d.related) {
      heading(d.source.get(), place.span, Severity::note, place.message, {});
      snippet(d.source.get(), place.span, Severity::note, gutter);
    }
    if (!d.hint.empty()) out_ += fmt::format("{} {}\n", paint(kBold, "hint:"), printable(d.hint));
  }

  void summarise(const Counts& counts) {
    std::string line;
    if (counts.errors > 0) line = counted(counts.errors, "error");
    if (counts.warnings > 0) line += (line.empty() ? "" : ", ") + counted(counts.warnings, "warning");
    if (!line.empty()) out_ += line + '\n';
  }

  [[nodiscard]] std::string take() && { return std::move(out_); }

 private:
  static constexpr std::string_view kBold = "1";
  static constexpr std::string_view kDim = "2";

  static std::string_view colour_of(Severity severity) {
    switch (severity) {
      case Severity::error:
        return "1;31";
      case Severity::warning:
        return "1;33";
      case Severity::note:
        return "1;36";
    }
    return "1;36";
  }

  static int digits(std::uint32_t line) { return std::max(3, static_cast<int>(std::to_string(line).size())); }

  [[nodiscard]] std::string paint(std::string_view code, std::string_view text) const {
    return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }

  void heading(const Source* source, const Span& span, Severity severity, std::string_view message,
               std::string_view code) {
    std::string place = source == nullptr ? std::string() : printable(source->path);
    if (!place.empty() && span.start.line > 0) place += fmt::format(":{}:{}", span.start.line, span.start.column);
    if (!place.empty()) out_ += paint(kBold, place + ":") + ' ';
    out_ += fmt::format("{} {}", paint(colour_of(severity), fmt::format("{}:", severity_name(severity))),
                        printable(message));
    if (!code.empty()) out_ += paint(kDim, fmt::format(" [{}]", code));
    out_ += '\n';
  }

  void snippet(const Source* source, const Span& span, Severity severity, int gutter) {
    if (source == nullptr) return;
    const Snippet found = snippet_of(*source, span);
    if (!found.present) return;
    out_ += fmt::format("{}{}\n", paint(kDim, fmt::format("{:>{}} | ", span.start.line, gutter)), found.line);
    out_ += fmt::format("{}{}{}\n", paint(kDim, fmt::format("{:>{}} | ", "", gutter)), std::string(found.caret, ' '),
                        paint(colour_of(severity), std::string(found.width, '^')));
  }

  bool colour_;
  std::string out_;
};

Json json_position(const Position& position) {
  return {{"line", position.line}, {"column", position.column}, {"byte", position.offset}};
}

// Null when the finding is about no file.
Json json_range(const Source* source, const Span& span) {
  if (source == nullptr) return nullptr;
  Json range = {{"filename", valid_utf8(source->path)}};
  if (span.start.line > 0) {
    range["start"] = json_position(span.start);
    range["end"] = json_position(span.end);
  }
  return range;
}

// Terraform counts highlights in bytes.
std::size_t byte_offset(std::string_view line, std::size_t characters) {
  std::size_t at = 0;
  for (; characters > 0 && at < line.size(); --characters) at += decode_utf8(line, at).size;
  return at;
}

Json json_snippet(const Source& source, const Span& span) {
  const Snippet found = snippet_of(source, span);
  if (!found.present) return nullptr;
  return {{"context", nullptr},
          {"code", found.line},
          {"start_line", span.start.line},
          {"highlight_start_offset", byte_offset(found.line, found.caret)},
          {"highlight_end_offset", byte_offset(found.line, found.caret + found.width)},
          {"values", Json::array()}};
}

// The escapes of @actions/core's command.ts, over text that cannot drive a terminal.
std::string github_data(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '%')
      out += "%25";
    else
      out += c;
  }
  return out;
}

std::string github_property(std::string_view text) {
  std::string out;
  for (const char c : github_data(text)) {
    if (c == ':')
      out += "%3A";
    else if (c == ',')
      out += "%2C";
    else
      out += c;
  }
  return out;
}

}  // namespace

std::string render_text(const Diagnostics& findings, bool colour) {
  const Diagnostics diagnostics = findings.without_secrets();
  TextRenderer renderer(colour);
  for (const Diagnostic& d : diagnostics.items()) renderer.add(d);
  renderer.summarise(count(diagnostics));
  return std::move(renderer).take();
}

Json render_json(const Diagnostics& findings) {
  const Diagnostics diagnostics = findings.without_secrets();
  const Counts counts = count(diagnostics);
  Json list = Json::array();
  for (const Diagnostic& d : diagnostics.items()) {
    Json item = {{"severity", severity_name(d.severity)},
                 {"summary", valid_utf8(d.message)},
                 {"detail", valid_utf8(d.hint)},
                 {"code", d.code}};
    if (d.source != nullptr) {
      item["range"] = json_range(d.source.get(), d.span);
      if (Json snippet = json_snippet(*d.source, d.span); !snippet.is_null()) item["snippet"] = std::move(snippet);
    }
    if (!d.related.empty()) {
      Json related = Json::array();
      for (const RelatedPlace& place : d.related) {
        Json entry = {{"message", valid_utf8(place.message)}};
        if (d.source != nullptr) entry["range"] = json_range(d.source.get(), place.span);
        related.push_back(std::move(entry));
      }
      item["related"] = std::move(related);
    }
    list.push_back(std::move(item));
  }
  return {{"format_version", "1.0"},
          {"valid", counts.errors == 0},
          {"error_count", counts.errors},
          {"warning_count", counts.warnings},
          {"diagnostics", std::move(list)}};
}

std::string render_github(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& d : diagnostics.items()) {
    out += d.severity == Severity::note ? "::notice " : fmt::format("::{} ", severity_name(d.severity));
    if (d.source != nullptr) {
      out += fmt::format("file={},", github_property(d.source->path));
      if (d.span.start.line > 0) {
        // Columns only mean something to GitHub when the span stays on one line.
        const bool one_line = d.span.end.line == d.span.start.line;
        out += fmt::format("line={},", d.span.start.line);
        if (one_line)
          out += fmt::format("col={},endLine={},endColumn={},", d.span.start.column, d.span.end.line,
                             std::max(d.span.start.column, d.span.end.column));
        else
          out += fmt::format("endLine={},", std::max(d.span.start.line, d.span.end.line));
      }
    }
    out += fmt::format("title={}::{}", github_property(d.code), github_data(d.message));
    for (const RelatedPlace& place : d.related)
      out += fmt::format("%0Aline {}: {}", place.span.start.line, github_data(place.message));
    if (!d.hint.empty()) out += "%0Ahint: " + github_data(d.hint);
    out += '\n';
  }
  return out;
}

}  // namespace lockstep
