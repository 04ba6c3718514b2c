// Between nlohmann's values and the event stream.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engines/provenance/value_sink.h"
#include "specs/document.h"
#include "specs/result.h"

namespace lockstep {

// Feeds a value to `sink`; false when the sink refused something or the value nests deeper than `max_depth`
// (then the sink has no problem). Numbers keep what nlohmann holds: 64-bit integers and doubles.
bool feed_json(const Json& value, ValueSink& sink, std::size_t max_depth);

// The canonical text of a value. Error: "json-not-readable" (nested deeper than `max_depth`, or not UTF-8).
Result<std::string> canonical_text(const Json& value, std::size_t max_depth);

// A Json from a text, for looking at. Errors: those of read_json_text() and JsonBuilder.
Result<Json> parse_json(std::string_view text, std::size_t max_depth);

// Builds a Json. What Json cannot hold is refused: a lone surrogate in a string. An integer beyond 64 bits becomes a
// double, as nlohmann's own parser has it; so the result is for looking at, never for signing.
class JsonBuilder : public ValueSink {
 public:
  bool null() override;
  bool boolean(bool value) override;
  bool integer(std::string_view digits) override;
  bool floating(double value) override;
  bool string(std::string_view text) override;
  bool begin_object() override;
  bool key(std::string_view name) override;
  bool end_object() override;
  bool begin_list() override;
  bool end_list() override;
  [[nodiscard]] Json take() { return std::move(root_); }

 private:
  Json* place(Json value);
  bool begin(Json empty);

  Json root_;
  std::vector<Json*> open_;  // into root_; only the last one changes
  std::string key_;
};

}  // namespace lockstep
