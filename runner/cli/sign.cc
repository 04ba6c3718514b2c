#include <fmt/format.h>
#include <cstdio>

#include "engines/file.h"
#include "engines/provenance/canonical_writer.h"
#include "engines/provenance/document_members.h"
#include "engines/provenance/json_text.h"
#include "engines/provenance/sign.h"
#include "engines/provenance/verify.h"
#include "runner/cli/command.h"
#include "runner/cli/load.h"
#include "runner/cli/near_files.h"
#include "runner/cli/options.h"

namespace lockstep {

namespace po = boost::program_options;

namespace {

Error bad_manifest(std::string what) {
  return Error(
      "manifest-invalid"_code, std::move(what),
      "give {\"source_catalog\": \"prod\", \"destination_catalog\": \"prod_dr\", \"config\": {...}, \"result\": {...}, "
      "\"job_id\": \"...\"}; the last three may be left out");
}

Result<void> take_text(const DocumentMembers& document, const char* name, std::string& field) {
  std::string_view text = document.text(name);
  TextKind kind = kind_of(text);
  if (kind == TextKind::absent || kind == TextKind::null) return {};
  if (kind != TextKind::string)
    return bad_manifest(fmt::format("\"{}\" should be a string, but is {}", name, describe(kind)));
  field = string_value(text);
  return {};
}

Result<ManifestFields> read_fields(std::string_view text) {
  Result<DocumentMembers> document = read_members(text, kMaxManifestDepth);
  if (!document) return std::move(document).error();
  if (!document->is_object) return bad_manifest("the JSON value is not an object");
  ManifestFields fields;
  for (const auto& [name, value] : document->members) {
    if (name == "config" && kind_of(value) != TextKind::object && kind_of(value) != TextKind::null)
      return bad_manifest(fmt::format("\"config\" should be an object, but is {}", describe(kind_of(value))));
    if (name == "config") {
      fields.config = value;
    } else if (name == "result") {
      fields.result = value;
    } else if (name != "source_catalog" && name != "destination_catalog" && name != "job_id") {
      return bad_manifest(
          fmt::format("the field {} is not known", python_string(std::string_view(name).substr(0, 60))));
    }
  }
  for (auto [name, field] :
       {std::pair("source_catalog", &fields.source_catalog),
        std::pair("destination_catalog", &fields.destination_catalog), std::pair("job_id", &fields.job_id)}) {
    Result<void> taken = take_text(*document, name, *field);
    if (!taken) return std::move(taken).error();
  }
  return fields;
}

struct Wanted {
  std::string file;
  std::string algorithm;
  std::string key;
  std::string output;
  bool required = false;
};

Result<Envelope> sign(const Wanted& wanted, ManifestFields fields) {
  bool ed25519 = wanted.algorithm == kEd25519Algorithm;
  std::optional<std::string> secret = signing_secret();
  RedactionRules rules{{}, secret_rule(secret, nullptr)};
  fields.signed_at = utc_now_isoformat();
  Result<Manifest> manifest = build_manifest(fields, rules);
  if (!manifest) return std::move(manifest).error();
  if (!manifest->redacted.empty())
    fmt::print(stderr, "note: left out before signing: {}\n",
               python_string(fmt::format("{}", fmt::join(manifest->redacted, ", "))));
  if (!ed25519) return sign_hmac(*manifest, secret);
  Result<PrivateKey> key = read_private_key(wanted.key);
  if (!key) return std::move(key).error();
  return sign_ed25519(fields, *manifest, *key);
}

Result<void> check(const Wanted& wanted) {
  if (wanted.algorithm != kEd25519Algorithm && wanted.algorithm != kHmacAlgorithm)
    return Error("algorithm-unknown"_code, fmt::format("unknown algorithm '{}'", wanted.algorithm),
                 "the algorithms are HMAC-SHA256 and ed25519");
  if (wanted.algorithm == kEd25519Algorithm && wanted.key.empty())
    return Error("signing-key-missing"_code, "ed25519 signs with a private key, and --key names none",
                 "make one with `lockstep keygen keys/NAME.pem`, then add --key keys/NAME.pem");
  if (wanted.algorithm != kEd25519Algorithm && !wanted.key.empty())
    return Error("signing-key-unused"_code, "--key is for ed25519, but --algorithm says HMAC-SHA256",
                 "use --algorithm ed25519, or leave out --key");
  return {};
}

int deliver(const Wanted& wanted, const Envelope& envelope) {
  if (wanted.output.empty()) {
    fmt::print("{}", envelope.text);
  } else {
    Result<void> written = write_file_atomically(wanted.output, envelope.text);
    if (!written) return print_error(written.error());
  }
  if (envelope.is_signed) return static_cast<int>(Exit::done);
  fmt::print(stderr,
             "{}: not signed: {} [signing-secret-missing]\nhint: export CLONE_XS_SIGNING_SECRET and sign again\n",
             wanted.required ? "error" : "warning", no_secret_reason());
  return static_cast<int>(wanted.required ? Exit::failed : Exit::done);
}

}  // namespace

int sign_command(const std::vector<std::string>& arguments) {
  po::options_description options(100);
  options.add_options()("positional-file", po::value<std::string>()->required());
  options.add_options()(
      "algorithm", po::value<std::string>()->value_name("NAME"),
      "HMAC-SHA256 (with the text of CLONE_XS_SIGNING_SECRET) or ed25519 (with --key, which implies it)");
  options.add_options()("key", po::value<std::string>()->value_name("FILE"), "the private key for ed25519");
  options.add_options()("source-catalog", po::value<std::string>()->value_name("NAME"), "instead of the file's");
  options.add_options()("destination-catalog", po::value<std::string>()->value_name("NAME"), "instead of the file's");
  options.add_options()("job-id", po::value<std::string>()->value_name("ID"), "instead of the file's");
  options.add_options()("output", po::value<std::string>()->value_name("FILE"),
                        "write there (mode 0600), not to stdout");
  options.add_options()("required", "exit with 1 when there is no secret to sign with");
  po::positional_options_description positionals;
  positionals.add("positional-file", 1);
  const CommandHelp help{"lockstep sign FILE|- [options]",
                         "Signs what a clone was made from, how, and what came of it, given as a JSON object\n"
                         "{source_catalog, destination_catalog, config, result, job_id}, and prints the envelope.\n"
                         "Credentials in config and result are left out, and named on stderr and in `redacted`.",
                         "  lockstep sign manifest.json > envelope.json\n"
                         "  lockstep sign manifest.json --key keys/prod.pem --output envelope.json"};
  ParsedCommand parsed = parse_command(arguments, help, options, positionals);
  if (parsed.exit) return *parsed.exit;
  auto given = [&parsed](const char* name) {
    return parsed.values.count(name) != 0 ? parsed.values[name].as<std::string>() : std::string();
  };
  Wanted wanted{given("positional-file"), given("algorithm"), given("key"), given("output"),
                parsed.values.count("required") != 0};
  if (wanted.algorithm.empty()) wanted.algorithm = wanted.key.empty() ? kHmacAlgorithm : kEd25519Algorithm;
  Result<void> checked = check(wanted);
  if (!checked) return print_error(checked.error());
  Result<std::string> text =
      wanted.file == "-" ? read_standard_input(kMaxEnvelopeBytes) : read_file(wanted.file, kMaxEnvelopeBytes);
  if (!text) return print_error(with_near_files(text.error(), wanted.file));
  Result<ManifestFields> fields = read_fields(*text);
  if (!fields) return print_error(std::move(fields).error().with_context(fmt::format("in {}", wanted.file)));
  if (parsed.values.count("source-catalog") != 0) fields->source_catalog = given("source-catalog");
  if (parsed.values.count("destination-catalog") != 0) fields->destination_catalog = given("destination-catalog");
  if (parsed.values.count("job-id") != 0) fields->job_id = given("job-id");
  if (fields->source_catalog.empty() || fields->destination_catalog.empty())
    return print_error(bad_manifest(
        fmt::format("\"{}\" is missing", fields->source_catalog.empty() ? "source_catalog" : "destination_catalog")));
  Result<Envelope> envelope = sign(wanted, *std::move(fields));
  if (!envelope) return print_error(envelope.error());
  return deliver(wanted, *envelope);
}

}  // namespace lockstep
