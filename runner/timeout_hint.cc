#include "runner/timeout_hint.h"

#include <fmt/format.h>

namespace lockstep {

namespace {

struct Hint {
  std::string_view uses;
  std::string_view less;   // the other way than more time
  std::string_view again;  // may it simply be run again?
};

constexpr std::string_view kLooksFirst = "it may be run again: it looks first at what is left to do";
constexpr std::string_view kOnlyReads = "it may be run again: it only reads";

constexpr Hint kHints[] = {
    {"schema-evolution/detect", "see whether the engine is busy: it reads the columns of one table only", kOnlyReads},
    {"schema-evolution/apply", "see what keeps the engine busy, or locks the table", kLooksFirst},
    {"schema-evolution/evolve-catalog",
     "let it alter more tables at once (max_workers), or fewer in all (include_schemas, include_tables)", kLooksFirst},
    {"reconciliation/cross-metastore",
     "let it compare more tables at once (max_workers), or fewer in all (include_schemas, include_tables); without "
     "use_checksum it only counts",
     kOnlyReads},
    {"provenance/sign", "see whether the disk of key and output answers", "it may be run again"},
    {"provenance/verify", "see whether the disk of the envelope answers", kOnlyReads},
    {"sql/query", "let the statement read less", kOnlyReads},
};

}  // namespace

std::string timeout_hint(std::string_view uses, bool changes, bool is_item) {
  Hint hint{uses, "less to do", kLooksFirst};
  for (const Hint& known : kHints)
    if (known.uses == uses) hint = known;
  if (uses == "sql/query" && changes) {
    // The one step that does what it is told without looking at what is there.
    hint.less = "let the statement do less";
    hint.again = "before it is run again, see whether the statement took effect: a second time would be once more";
  }
  return fmt::format("give it more time with `timeout:`{}, or {}; {}",
                     is_item ? ", which is for all items together" : "", hint.less, hint.again);
}

}  // namespace lockstep
