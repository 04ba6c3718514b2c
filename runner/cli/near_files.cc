#include "runner/cli/near_files.h"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <vector>

#include "runner/style.h"
#include "specs/nearest.h"

namespace lockstep {

namespace {

constexpr std::size_t kMaxEntries = 2000;
constexpr std::size_t kListed = 5;

// Files that could have been meant, sorted; a name that a terminal cannot show as it is would be of no use in a hint.
std::vector<std::string> candidates(const std::filesystem::path& folder, const std::string& extension) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (std::size_t i = 0; !error && i < kMaxEntries && entry != std::filesystem::directory_iterator();
       ++i, entry.increment(error)) {
    std::error_code ignored;
    const std::string name = entry->path().filename().string();
    if (entry->is_regular_file(ignored) && escape_controls(name) == name &&
        (extension.empty() || entry->path().extension() == extension))
      names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kListed); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kListed) text += fmt::format(" and {} more", names.size() - kListed);
  return text;
}

std::string hint_for(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored))
    return fmt::format("there is no folder '{}'; relative paths start at the current folder", folder.string());
  std::string extension = path.extension().string();
  // The two spellings are mixed up as readily as any letters.
  std::vector<std::string> known = candidates(folder, extension == ".yml" ? ".yaml" : extension);
  if (extension == ".yaml" || extension == ".yml") {
    const std::vector<std::string> others = candidates(folder, ".yml");
    known.insert(known.end(), others.begin(), others.end());
  }
  std::vector<std::string> near = nearest(path.filename().string(), known);
  for (std::string& name : near)
    if (path.has_parent_path()) name = (folder / name).string();
  if (!near.empty()) return did_you_mean(near);
  if (known.empty()) return "check the path; relative paths start at the current folder";
  return fmt::format("check the path; {} has {}", path.has_parent_path() ? "'" + folder.string() + "'" : "this folder",
                     listed(known));
}

}  // namespace

Error with_near_files(Error error, const std::string& path) {
  if (error.code == "file-not-found") error.remedy = hint_for(path);
  return error;
}

}  // namespace lockstep
