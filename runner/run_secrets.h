// The secrets that a runbook mentions: found once, registered for redaction before anything can print them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "specs/expression.h"
#include "specs/result.h"
#include "specs/runbook.h"
#include "specs/secrets.h"

namespace lockstep {

using SecretValues = std::map<std::string, std::string, std::less<>>;

// Immutable once made; thread-safe.
class RunSecrets {
 public:
  RunSecrets() = default;
  // Looks up every `secrets.NAME` of the runbook in `values`, then in the environment, and registers it in `set`.
  // Nothing fails here: a missing secret fails the step that asks for it.
  RunSecrets(const Runbook& runbook, const SecretValues& values, SecretSet& set);

  // Errors: "secret-missing", and what SecretSet::add refused.
  [[nodiscard]] Result<Value> get(std::string_view name) const;

 private:
  std::map<std::string, Result<Value>, std::less<>> found_;
};

}  // namespace lockstep
