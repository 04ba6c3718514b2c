#include <fmt/format.h>
#include <map>

#include "specs/diagnostic_render.h"
#include "specs/utf8.h"

namespace lockstep {
namespace {

// FNV-1a: a fingerprint tells findings apart, it protects nothing.
std::uint64_t hash(std::string_view text, std::uint64_t seed = 0xcbf29ce484222325U) {
  for (const char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return seed;
}

// A relative path stays relative (to the repository, as code scanning wants it), an absolute one becomes a file URI.
std::string uri_of(std::string_view path) {
  std::string uri = path.starts_with('/') ? "file://" : "";
  while (path.starts_with("./")) path.remove_prefix(2);
  constexpr std::string_view kPlain = "-._~/!$&'()*+,;=@";
  for (const char c : path) {
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (alphanumeric || kPlain.find(c) != std::string_view::npos)
      uri += c;
    else
      uri += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return uri;
}

Json region_of(const Span& span) {
  return {
      {"startLine", span.start.line},
      {"startColumn", span.start.column},
      {"endLine", std::max(span.start.line, span.end.line)},
      {"endColumn", span.end.line > span.start.line ? span.end.column : std::max(span.start.column, span.end.column)}};
}

Json location_of(const Source& source, const Span& span) {
  Json physical = {{"artifactLocation", {{"uri", uri_of(source.path)}}}};
  if (span.start.line > 0) physical["region"] = region_of(span);
  return {{"physicalLocation", std::move(physical)}};
}

std::string message_of(const Diagnostic& d) {
  return valid_utf8(d.hint.empty() ? d.message : fmt::format("{}\nhint: {}", d.message, d.hint));
}

// Messages that tell a line ("already on line 3") must not change with it.
std::string without_digits(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return c >= '0' && c <= '9'; });
  return out;
}

// The marked text, bounded: one line of a file may have megabytes.
std::string_view marked_text(const Diagnostic& d) {
  if (d.source == nullptr || d.span.start.offset > d.source->text.size()) return {};
  const std::size_t size = d.span.end.offset > d.span.start.offset ? d.span.end.offset - d.span.start.offset : 0;
  return std::string_view(d.source->text).substr(d.span.start.offset, std::min<std::size_t>(size, 200));
}

Json related_locations(const Diagnostic& d) {
  Json list = Json::array();
  for (std::size_t i = 0; i < d.related.size(); ++i) {
    Json location = location_of(*d.source, d.related[i].span);
    location["id"] = i + 1;
    location["message"] = {{"text", valid_utf8(d.related[i].message)}};
    list.push_back(std::move(location));
  }
  return list;
}

}  // namespace

Json render_sarif(const Diagnostics& findings) {
  const Diagnostics diagnostics = findings.without_secrets();
  std::map<std::string, std::size_t> rules;  // id -> index
  for (const Diagnostic& d : diagnostics.items()) rules.emplace(d.code, 0);
  Json rule_list = Json::array();
  for (auto& [id, index] : rules) {
    index = rule_list.size();
    rule_list.push_back({{"id", id}});
  }
  std::map<std::uint64_t, std::size_t> seen;  // equal findings are told apart by their number
  Json results = Json::array();
  for (const Diagnostic& d : diagnostics.items()) {
    std::uint64_t fingerprint = hash(d.code);
    fingerprint =
        hash(d.source == nullptr ? std::string_view() : std::string_view(d.source->path), hash("\n", fingerprint));
    fingerprint = hash(without_digits(d.message), hash("\n", fingerprint));
    fingerprint = hash(marked_text(d), hash("\n", fingerprint));
    const std::size_t number = seen[fingerprint]++;
    Json result = {{"ruleId", d.code},
                   {"ruleIndex", rules.at(d.code)},
                   {"level", severity_name(d.severity)},
                   {"message", {{"text", message_of(d)}}},
                   {"partialFingerprints", {{"lockstepFinding/v1", fmt::format("{:016x}:{}", fingerprint, number)}}}};
    result["locations"] = Json::array();
    if (d.source != nullptr) {
      result["locations"].push_back(location_of(*d.source, d.span));
      if (!d.related.empty()) result["relatedLocations"] = related_locations(d);
    }
    results.push_back(std::move(result));
  }
  Json run = {{"tool", {{"driver", {{"name", "lockstep"}, {"rules", std::move(rule_list)}}}}},
              {"columnKind", "unicodeCodePoints"},
              {"results", std::move(results)}};
  return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
          {"version", "2.1.0"},
          {"runs", Json::array({std::move(run)})}};
}

}  // namespace lockstep
