#include "engines/workspace/profile_file.h"

#include <fmt/format.h>

namespace lockstep {

namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// A token may hold a '#'; only one behind a blank begins a comment.
std::string_view without_comment(std::string_view value) {
  for (std::size_t i = 1; i < value.size(); ++i)
    if ((value[i] == '#' || value[i] == ';') && kBlank.find(value[i - 1]) != std::string_view::npos)
      return trimmed(value.substr(0, i));
  return value;
}

}  // namespace

Result<ProfileFile> parse_profile_file(std::string path, std::string_view text) {
  ProfileFile file{std::move(path), {}};
  Profile* profile = nullptr;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t newline = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, newline));
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      const std::size_t end = line.find(']');
      if (end != std::string_view::npos) {
        profile = &file.profiles[std::string(trimmed(line.substr(1, end - 1)))];
        continue;
      }
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0 || line.front() == '[')
      return Error("workspace-profile-invalid"_code,
                   fmt::format("{}:{}: this line is neither [a profile's name] nor key = value", file.path, number),
                   "correct the line, or take it out");
    if (profile == nullptr) profile = &file.profiles["DEFAULT"];
    profile->insert_or_assign(std::string(trimmed(line.substr(0, equals))),
                              std::string(without_comment(trimmed(line.substr(equals + 1)))));
  }
  return file;
}

}  // namespace lockstep
