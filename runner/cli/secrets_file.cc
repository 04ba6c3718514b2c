#include "runner/cli/secrets_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "engines/file.h"
#include "specs/yaml.h"

namespace lockstep {

namespace {

constexpr std::uint64_t kMaxBytes = 1ULL << 20;

Error broken(const std::string& path, std::uint32_t line, std::string_view what) {
  return Error("secrets-file-invalid"_code, fmt::format("{}:{}: {}", path, line, what),
               "write one NAME=VALUE a line, or a YAML mapping of strings in a file that ends in .yaml");
}

Result<SecretValues> from_lines(const std::string& path, std::string_view text) {
  SecretValues values;
  std::uint32_t line_number = 0;
  while (!text.empty()) {
    ++line_number;
    std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) return broken(path, line_number, "not NAME=VALUE");
    values.insert_or_assign(std::string(line.substr(0, equals)), std::string(line.substr(equals + 1)));
  }
  return values;
}

Result<SecretValues> from_yaml(const std::string& path, std::string text) {
  auto source = std::make_shared<const Source>(Source{path, std::move(text)});
  Diagnostics diagnostics(source);
  std::optional<Document> document = parse_yaml(source, diagnostics);
  for (const Diagnostic& finding : diagnostics.items())
    if (finding.severity == Severity::error) return broken(path, finding.span.start.line, "not readable as YAML");
  if (!document || document->root.kind != Node::Kind::map) return broken(path, 1, "no mapping of names to strings");
  SecretValues values;
  for (const Member& member : document->root.members) {
    if (member.value.kind != Node::Kind::string)
      return broken(path, member.key_span.start.line, fmt::format("\"{}\" is not a string", member.key));
    values.insert_or_assign(member.key, member.value.scalar.get<std::string>());
  }
  return values;
}

}  // namespace

Result<SecretValues> read_secrets_file(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) == 0 && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return Error("secrets-file-open"_code, fmt::format("'{}' can be read by other users", path),
                 fmt::format("chmod 600 {}", path));
  Result<std::string> text = read_file(path, kMaxBytes);
  if (!text) return std::move(text).error();
  bool yaml = path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json");
  return yaml ? from_yaml(path, *std::move(text)) : from_lines(path, *text);
}

}  // namespace lockstep
