// --secrets-file: NAME=VALUE lines, or a YAML (or JSON) mapping of strings.
#pragma once

#include <string>

#include "runner/run.h"
#include "specs/result.h"

namespace lockstep {

// YAML when the name ends in .yaml, .yml or .json; otherwise lines NAME=VALUE (blank lines and # comments skipped; the
// value is everything behind the first '=', taken literally). Never quotes a value in an error.
// A file that others may read is refused: "secrets-file-open".
Result<SecretValues> read_secrets_file(const std::string& path);

}  // namespace lockstep
