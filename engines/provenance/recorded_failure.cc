#include "engines/provenance/recorded_failure.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cctype>

#include "engines/provenance/canonical_writer.h"
#include "specs/counted.h"

namespace lockstep {

namespace {

constexpr std::array<std::string_view, 17> kFailures{
    "failed",    "failure",  "fail",    "error",     "errors",  "mismatch",     "partial", "missing",   "extra",
    "cancelled", "canceled", "aborted", "timed_out", "timeout", "not_compared", "unknown", "incomplete"};
constexpr std::array<const char*, 5> kStates{"status", "state", "result", "verdict", "result_state"};
constexpr std::array<const char*, 4> kPromises{"success", "ok", "valid", "passed"};
constexpr std::array<const char*, 5> kCounts{"errors", "failed", "failures", "mismatched", "checksum_mismatches"};
constexpr std::array<const char*, 4> kParts{"steps", "details", "tables", "items"};

bool is_failure(std::string word) {
  for (char& c : word) c = c == '-' || c == ' ' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(kFailures.begin(), kFailures.end(), word) != kFailures.end();
}

std::string quoted(const std::string& text) {
  constexpr std::size_t kShown = 60;
  return python_string(text.size() <= kShown ? text : text.substr(0, kShown));
}

const Json* member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

// What an object says of itself: "is failed", or nothing.
std::string own_failure(const Json& object) {
  for (const char* key : kStates)
    if (const Json* value = member(object, key); value != nullptr && value->is_string())
      if (is_failure(value->get<std::string>())) return fmt::format("{} is {}", key, quoted(value->get<std::string>()));
  for (const char* key : kPromises)
    if (const Json* value = member(object, key); value != nullptr && *value == false)
      return fmt::format("{} is false", key);
  for (const char* key : kCounts)
    if (const Json* value = member(object, key); value != nullptr) {
      const std::size_t listed = value->is_array() ? value->size() : 0;
      if (listed > 0) return fmt::format("{} has {}", key, counted(listed, "entry", "entries"));
      if (value->is_number() && *value > 0) return fmt::format("{} is {}", key, value->dump());
    }
  return {};
}

std::string name_of(const Json& part) {
  for (const char* key : {"id", "table", "name", "item"})
    if (const Json* value = member(part, key); value != nullptr && value->is_string())
      return " " + quoted(value->get<std::string>());
  return {};
}

}  // namespace

std::string recorded_failure(const Json& result) {
  if (result.is_string() && is_failure(result.get<std::string>()))
    return fmt::format("the result is {}", quoted(result.get<std::string>()));
  if (!result.is_object()) return {};
  if (std::string own = own_failure(result); !own.empty()) return "its " + own;
  for (const char* key : kParts) {
    const Json* parts = member(result, key);
    if (parts == nullptr) continue;
    // Clone-Xs counts the tables of a clone in an object: {"success": 10, "failed": 1}.
    if (parts->is_object())
      if (std::string own = own_failure(*parts); !own.empty()) return fmt::format("{}: its {}", key, own);
    if (!parts->is_array()) continue;
    for (const Json& part : *parts)
      if (part.is_object())
        if (std::string own = own_failure(part); !own.empty())
          return fmt::format("in {}{}, {}", key, name_of(part), own);
  }
  return {};
}

}  // namespace lockstep
