#include "engines/provenance/manifest.h"

#include <fmt/format.h>
#include <array>
#include <chrono>
#include <ctime>

#include "engines/provenance/canonical_writer.h"
#include "engines/provenance/json_text.h"

namespace lockstep {

namespace {

struct Part {
  std::string canonical;
  bool has_non_finite = false;
};

Result<Part> build_part(std::string_view name, std::string_view text, const RedactionRules& rules,
                        std::vector<std::string>& redacted) {
  CanonicalWriter writer;
  Redactor redactor(writer, rules, fmt::format("/{}", name));
  Result<void> read = read_json_text(text, redactor, kMaxManifestDepth - 1);
  if (!read) return std::move(read).error().with_context(fmt::format("while reading {}", name));
  for (std::string& pointer : redactor.take_redacted()) redacted.push_back(std::move(pointer));
  return Part{writer.take(), writer.has_non_finite()};
}

Result<void> check_name(std::string_view name, std::string_view value, const RedactionRules& rules) {
  if (rules.tainted.find(fmt::format("/{}", name)) == rules.tainted.end() &&
      !(rules.is_secret && rules.is_secret(value)))
    return {};
  return Error("secret-in-manifest"_code, fmt::format("{} holds a secret, and a manifest cannot do without it", name),
               "name it by a param, not by a secret");
}

}  // namespace

Result<Manifest> build_manifest(const ManifestFields& fields, const RedactionRules& rules) {
  const std::array<std::pair<std::string_view, const std::string*>, 3> names = {{
      {"source_catalog", &fields.source_catalog},
      {"destination_catalog", &fields.destination_catalog},
      {"job_id", &fields.job_id},
  }};
  for (const auto& [name, value] : names) {
    Result<void> checked = check_name(name, *value, rules);
    if (!checked) return std::move(checked).error();
  }
  Manifest manifest;
  Result<Part> config = build_part("config", fields.config == "null" ? "{}" : fields.config, rules, manifest.redacted);
  if (!config) return std::move(config).error();
  Result<Part> result = build_part("result", fields.result, rules, manifest.redacted);
  if (!result) return std::move(result).error();
  // In the order of the sorted keys.
  manifest.canonical = fmt::format(
      R"({{"config":{},"destination_catalog":{},"job_id":{},"manifest_version":1,"result":{},"signed_at":{},"source_catalog":{}}})",
      config->canonical, python_string(fields.destination_catalog), python_string(fields.job_id), result->canonical,
      python_string(fields.signed_at), python_string(fields.source_catalog));
  manifest.has_non_finite = config->has_non_finite || result->has_non_finite;
  manifest.config = std::move(config->canonical);
  manifest.result = std::move(result->canonical);
  return manifest;
}

std::string utc_now_isoformat() {
  auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  std::time_t time = std::chrono::system_clock::to_time_t(seconds);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}+00:00", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, (now - seconds).count());
}

}  // namespace lockstep
