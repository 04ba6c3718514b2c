// Bytes -> YAML -> runbook -> params and catalogs. Nothing may crash, hang or throw, and spans stand inside the file.
#include <cstdint>
#include <cstdlib>

#include "specs/runbook.h"
#include "specs/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lockstep;
  const auto source = std::make_shared<const Source>(Source{"fuzz.yaml", std::string(data, data + size)});
  Diagnostics diagnostics(source);
  std::optional<Document> document = parse_yaml(source, diagnostics);
  if (!document) return 0;
  const std::optional<Runbook> book =
      build_runbook(std::make_shared<const Document>(std::move(*document)), source->path, diagnostics);
  if (book) {
    const ParamValues params = bind_params(*book, {}, diagnostics);
    check_catalogs(*book, params, diagnostics);
    for (const StepSpec& step : book->steps) {
      for (const Need& need : step.needs)
        if (need.step >= book->steps.size()) std::abort();
      static_cast<void>(catalog_accesses(*book, step, Json::object()));
      if (step.with != nullptr) static_cast<void>(resolve_node(*step.with, {}));
    }
  }
  diagnostics.sort();
  for (const Diagnostic& finding : diagnostics.items())
    if (finding.message.empty() || finding.span.start.offset > size || finding.span.end.offset > size) std::abort();
  return 0;
}
