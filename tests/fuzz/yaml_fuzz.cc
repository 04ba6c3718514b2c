// Any bytes: the reader answers with a document or with at least one error, and every finding can be rendered.
#include <cstdlib>

#include "specs/diagnostic_render.h"
#include "specs/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace lockstep;
  const auto source =
      std::make_shared<const Source>(Source{"fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size)});
  Diagnostics diagnostics(source);
  const std::optional<Document> document = parse_yaml(source, diagnostics);
  if (!document && !diagnostics.has_errors()) std::abort();
  for (const Diagnostic& d : diagnostics.items()) {
    if (d.message.empty() || d.span.start.offset > size || d.span.end.offset > size) std::abort();
    if (d.span.end.offset < d.span.start.offset) std::abort();
  }
  if (document) static_cast<void>(document->root.to_json().dump());
  static_cast<void>(render_text(diagnostics, true));
  static_cast<void>(render_json(diagnostics).dump());
  static_cast<void>(render_sarif(diagnostics).dump());
  static_cast<void>(render_github(diagnostics));
  return 0;
}
