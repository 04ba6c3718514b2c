// Builds the steps of a runbook, one after another. Private to specs/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "specs/runbook.h"
#include "specs/runbook_connections.h"
#include "specs/runbook_places.h"
#include "specs/runbook_shape.h"

namespace lockstep {

// `defaults:` of a runbook.
struct StepDefaults {
  std::string connection;  // empty: none given
  Span connection_span;
  bool connection_broken = false;  // reported already; steps that rely on it are not reported again
  std::optional<Milliseconds> timeout;
  RetryPolicy retry;
};

std::optional<Milliseconds> read_duration(const Node& node, std::string_view name, bool zero_allowed,
                                          Diagnostics& diagnostics);
// `given` over `base`, field by field.
RetryPolicy read_retry(const Node& given, RetryPolicy base, Diagnostics& diagnostics);

class StepBuilder {
 public:
  // What all steps share. Everything referred to outlives the builder.
  struct Shared {
    const std::vector<StepSpec>& steps;  // ids, uses and spans are set
    const std::unordered_map<std::string_view, std::size_t>& index;
    const Connections& connections;
    const StepDefaults& defaults;
    TypeScope& scope;  // of params and steps; the rest is set for each place
  };

  StepBuilder(Shared shared, Diagnostics& diagnostics);

  // Fills in everything but id, name, uses and their spans.
  void build(const Node& node, StepSpec& spec, const StepShape* shape);

 private:
  void needs(const Node& node, StepSpec& spec);
  void need(const Node& entry, StepSpec& spec);
  void implied_needs(StepSpec& spec);
  void for_each(const Node& node, StepSpec& spec);
  void condition(const Node& node, StepSpec& spec);
  void inputs(StepSpec& spec, const StepShape* shape);
  void connection(const Node* given, StepSpec& spec, const StepShape* shape);
  void choose_connection(const StepSpec& spec);
  void connection_inputs(StepSpec& spec, const StepShape& shape);
  [[nodiscard]] TypePtr item_type(const Node& list);
  [[nodiscard]] std::vector<std::string> ids() const;

  Shared shared_;
  Diagnostics& diagnostics_;
  ExpressionPlaces places_;
  std::vector<std::size_t> needed_by_;  // by step: 1 + the last step that was given this need
  bool connection_missing_ = false;     // said once
};

}  // namespace lockstep
