#include "engines/step.h"

#include <fmt/format.h>

#include "specs/counted.h"

namespace lockstep {

Error plan_mismatch(std::size_t planned, std::size_t given) {
  return {"plan-mismatch"_code,
          fmt::format("{} planned, but {} handed over to execute", counted(planned, "statement was", "statements were"),
                      counted(given, "was", "were")),
          "plan again"};
}

}  // namespace lockstep
