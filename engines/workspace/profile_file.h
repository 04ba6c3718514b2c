// ~/.databrickscfg: profiles as sections of an INI file, read as Databricks' own tools read it.
// Source of the rules: the configuration loaders of the Databricks SDKs for Go and Python.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "specs/result.h"

namespace lockstep {

using Profile = std::map<std::string, std::string, std::less<>>;

struct ProfileFile {
  std::string path;
  std::map<std::string, Profile, std::less<>> profiles;  // keys of [DEFAULT] are not inherited by the others
};

// `[name]`, `key = value`; comments begin with # or ; at the start of a line, or behind a value and a space.
// Errors: "workspace-profile-invalid" (a line that is neither; names the line, never its text).
Result<ProfileFile> parse_profile_file(std::string path, std::string_view text);

}  // namespace lockstep
