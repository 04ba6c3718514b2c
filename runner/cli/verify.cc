#include "engines/provenance/verify.h"

#include <fmt/format.h>

#include "engines/provenance/canonical_writer.h"
#include "engines/provenance/sign.h"
#include "runner/cli/command.h"
#include "runner/cli/load.h"
#include "runner/cli/near_files.h"
#include "runner/cli/options.h"

namespace lockstep {

namespace po = boost::program_options;

namespace {

// Names come from the envelope: verified, but written by someone else.
void print_content(const Verification& verdict) {
  auto line = [](std::string_view name, const std::string& value) {
    if (!value.empty()) fmt::print("  {:<13}{}\n", name, python_string(value));
  };
  fmt::print("  {:<13}{}\n", "algorithm", verdict.algorithm);
  if (!verdict.keyid.empty()) fmt::print("  {:<13}{}\n", "key id", verdict.keyid);
  line("source", verdict.source_catalog);
  line("destination", verdict.destination_catalog);
  line("job", verdict.job_id);
  line("signed at", verdict.signed_at);
  line("result", verdict.result);
  if (verdict.subjects > 0) fmt::print("  {:<13}{}\n", "tables", verdict.subjects);
}

}  // namespace

int verify_command(const std::vector<std::string>& arguments) {
  po::options_description options(100);
  options.add_options()("positional-file", po::value<std::string>()->required());
  options.add_options()("key", po::value<std::vector<std::string>>()->composing()->value_name("FILE"),
                        "a public key to trust, for ed25519; may be given several times");
  options.add_options()("json", "print {valid, reason, algorithm, keyid, remedy, note, ...}");
  po::positional_options_description positionals;
  positionals.add("positional-file", 1);
  const CommandHelp help{
      "lockstep verify FILE|- [options]",
      "Checks a signed envelope, from the bytes of its file. HMAC-SHA256 envelopes are checked with the text of\n"
      "CLONE_XS_SIGNING_SECRET, ed25519 ones with the keys given.\n"
      "exit codes: 0 valid, 1 not valid, 3 a file cannot be read",
      "  lockstep verify envelope.json\n"
      "  lockstep verify envelope.json --key keys/2026.pub.pem --key keys/2027.pub.pem --json"};
  ParsedCommand parsed = parse_command(arguments, help, options, positionals);
  if (parsed.exit) return *parsed.exit;
  std::vector<std::string> paths;
  if (parsed.values.count("key") != 0) paths = parsed.values["key"].as<std::vector<std::string>>();
  Result<std::vector<PublicKey>> keys = read_public_keys(paths);
  if (!keys) return print_error(std::move(keys).error().with_context("while reading the trusted keys"));
  const std::string file = parsed.values["positional-file"].as<std::string>();
  Result<Verification> verdict = verify_file(file, TrustedKeys{signing_secret(), *std::move(keys)});
  if (!verdict) return print_error(with_near_files(verdict.error(), file));
  if (parsed.values.count("json") != 0) {
    fmt::print("{}\n", to_json(*verdict).dump(2));
  } else {
    fmt::print("{}: {}\n", verdict->valid ? "valid" : "not valid", verdict->reason);
    if (verdict->valid) print_content(*verdict);
    if (!verdict->note.empty()) fmt::print("note: {}\n", verdict->note);
    if (!verdict->remedy.empty()) fmt::print("hint: {}\n", verdict->remedy);
  }
  return static_cast<int>(verdict->valid ? Exit::done : Exit::failed);
}

}  // namespace lockstep
