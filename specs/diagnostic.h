// Findings about a text: what, where, and what to write instead. Rendering is diagnostic_render.h.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "specs/result.h"
#include "specs/source.h"

namespace lockstep {

enum class Severity { note, warning, error };

// "note", "warning", "error": the words of the text form, of `validate --format json` and of SARIF's `level` alike.
std::string_view severity_name(Severity severity);

// A second place that belongs to a finding ("first defined here", one edge of a cycle).
struct RelatedPlace {
  Span span;
  std::string message;
};

struct Diagnostic {
  Severity severity = Severity::error;
  std::string code;     // from a _code literal; listed in docs/errors.md
  std::string message;  // one sentence, names the thing in quotes
  Span span;            // line 0: about the file as a whole
  std::string hint;     // what to do: "did you mean \"needs\"?"; may be empty
  std::vector<RelatedPlace> related;
  std::shared_ptr<const Source> source;  // the file the spans are in; null: no file (a command-line value)
};

// An ordered collection of findings about one file. Not thread-safe.
class Diagnostics {
 public:
  explicit Diagnostics(std::shared_ptr<const Source> source) : source_(std::move(source)) {}

  Diagnostic& error(Code code, Span span, std::string message, std::string hint = {}) {
    return add(Severity::error, code, span, std::move(message), std::move(hint));
  }
  Diagnostic& warning(Code code, Span span, std::string message, std::string hint = {}) {
    return add(Severity::warning, code, span, std::move(message), std::move(hint));
  }
  Diagnostic& add(Severity severity, Code code, Span span, std::string message, std::string hint) {
    errors_ += severity == Severity::error ? 1U : 0U;
    return items_.emplace_back(
        Diagnostic{severity, std::string(code.text), std::move(message), span, std::move(hint), {}, source_});
  }
  // Adds another file's findings (a params file) to these.
  void append(const Diagnostics& other) {
    items_.insert(items_.end(), other.items_.begin(), other.items_.end());
    errors_ += other.errors_;
  }
  // One mistake that is made, or shows, in several places is one finding: of errors with one of these codes and one
  // message, the first in the file stays and the places of the others are put to it.
  void merge_repeated(std::initializer_list<Code> codes);
  void sort();  // by position, stable; file-wide findings first

  // A copy for printing: where a finding says that a secret was written into the file ("secret-literal"), the secret is
  // starred out of the source text, so that no log shows it, whichever finding prints the line.
  [[nodiscard]] Diagnostics without_secrets() const;

  [[nodiscard]] const std::vector<Diagnostic>& items() const { return items_; }
  [[nodiscard]] std::size_t error_count() const { return errors_; }
  [[nodiscard]] bool has_errors() const { return errors_ != 0; }
  [[nodiscard]] const std::shared_ptr<const Source>& source() const { return source_; }

 private:
  std::shared_ptr<const Source> source_;
  std::vector<Diagnostic> items_;
  std::size_t errors_ = 0;
};

}  // namespace lockstep
