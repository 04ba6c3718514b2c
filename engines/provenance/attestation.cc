#include "engines/provenance/attestation.h"

#include <fmt/format.h>
#include <optional>

#include "engines/provenance/json_text.h"
#include "engines/provenance/json_value.h"
#include "engines/sha256.h"
#include "specs/json_member.h"

namespace lockstep {

namespace {

struct Digest {
  std::string name;
  std::string value;
};

// The destination's digest of one table. Its name says algorithm, engine and version; a value without a name proves
// nothing.
std::optional<Digest> digest_of(const Json& detail, const Json& result) {
  Digest digest;
  auto found = detail.find("digest");
  if (found != detail.end() && found->is_object()) {
    digest = Digest{text_member(*found, "algorithm"), text_member(*found, "target")};
  } else {
    digest = Digest{text_member(detail, "digest"), text_member(detail, "target_checksum")};
    if (digest.name.empty()) digest.name = text_member(result, "digest");
  }
  if (digest.name.empty() || digest.value.empty()) return std::nullopt;
  return digest;
}

// A member that is there and not null.
const Json* value_at(const Json& object, const char* key) {
  auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Json subject_of(const std::string& name, const Digest& digest, const Json& detail, const Json& result) {
  Json annotations = Json::object();
  for (const char* key : {"source_count", "target_count", "verdict"})
    if (const Json* value = value_at(detail, key)) annotations[key] = *value;
  for (const char* key : {"source_version", "target_version"}) {
    const Json* value = value_at(detail, key);
    if (value == nullptr) value = value_at(result, key);
    if (value != nullptr) annotations[key] = *value;
  }
  return {{"name", name}, {"digest", {{digest.name, digest.value}}}, {"annotations", std::move(annotations)}};
}

std::string ascii(const Json& value) {
  return value.dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace

Result<Attestation> build_attestation(const ManifestFields& fields, const Manifest& manifest) {
  if (manifest.has_non_finite)
    return Error("not-json"_code,
                 "the manifest holds NaN or an infinity, which is no JSON and unreadable for in-toto's tools",
                 "leave the value out or write it as a string; HMAC-SHA256 envelopes can carry it");
  Result<Json> parsed = parse_json(manifest.result, kMaxManifestDepth);
  if (!parsed) return std::move(parsed).error().with_context("while reading result");
  const Json& result = *parsed;
  Json no_details = Json::array();
  const Json* details = &no_details;
  if (result.is_object() && result.contains("details") && result["details"].is_array()) details = &result["details"];

  Json subjects = Json::array();
  Json passed = Json::array();
  Json failed = Json::array();
  for (const Json& detail : *details) {
    if (!detail.is_object()) continue;
    std::string table = fmt::format("{}.{}", text_member(detail, "schema"), text_member(detail, "table"));
    (text_member(detail, "verdict") == "match" ? passed : failed).push_back(table);
    if (std::optional<Digest> digest = digest_of(detail, result))
      subjects.push_back(subject_of(fields.destination_catalog + "." + table, *digest, detail, result));
  }
  if (subjects.empty())
    return Error("nothing-to-attest"_code,
                 details->empty() ? "the result has no `details`: there is no table to attest"
                                  : "no table of the result has a digest of its content, so there is nothing to attest",
                 "pass the outputs of reconciliation/cross-metastore with `use_checksum: true`");
  Attestation statement;
  statement.subjects = subjects.size();
  statement.result = text_member(result, "status") == "match" && failed.empty() ? "PASSED" : "FAILED";
  Json configuration = Json::array();
  configuration.push_back({{"name", "manifest.config"}, {"digest", {{"sha256", sha256_hex(manifest.config)}}}});
  // The manifest enters as the text that it is, so that big integers survive.
  statement.text =
      fmt::format(R"({{"_type":"{}","subject":{},"predicateType":"{}","predicate":{{"result":"{}","configuration":{},)"
                  R"("passedTests":{},"failedTests":{},"lockstep":{{"manifest":{},"redacted":{}}}}}}})",
                  kStatementType, ascii(subjects), kTestResultType, statement.result, ascii(configuration),
                  ascii(passed), ascii(failed), manifest.canonical, ascii(Json(manifest.redacted)));
  return statement;
}

}  // namespace lockstep
