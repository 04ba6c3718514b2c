#include <fmt/format.h>
#include <filesystem>

#include "engines/file.h"
#include "engines/provenance/key.h"
#include "runner/cli/command.h"
#include "runner/cli/load.h"
#include "runner/cli/options.h"

namespace lockstep {

namespace po = boost::program_options;

namespace {

constexpr unsigned kPrivateMode = 0600;
constexpr unsigned kPublicMode = 0644;

// keys/prod.pem -> keys/prod.pub.pem; keys/prod -> keys/prod.pub.pem.
std::string public_path(const std::string& path) {
  std::filesystem::path stem(path);
  if (stem.extension() == ".pem" || stem.extension() == ".key") stem.replace_extension();
  return stem.string() + ".pub.pem";
}

Result<void> write_pair(const std::string& private_file, const std::string& public_file, const PrivateKey& key,
                        bool force) {
  std::error_code ignored;
  for (const std::string& path : {private_file, public_file})
    if (!force && std::filesystem::exists(path, ignored))
      return Error("file-exists"_code, fmt::format("'{}' is there already", path),
                   "choose another name; --force replaces the pair, and the old private key is lost");
  if (Result<void> made = make_private_folder_of(private_file); !made) return made;
  Existing existing = force ? Existing::replace : Existing::refuse;
  Result<void> written = write_file_atomically(private_file, key.pem(), kPrivateMode, existing);
  if (!written) return written;
  written = write_file_atomically(public_file, key.public_key().pem(), kPublicMode, existing);
  if (!written) std::filesystem::remove(private_file, ignored);  // half a pair helps nobody
  return written;
}

}  // namespace

int keygen_command(const std::vector<std::string>& arguments) {
  po::options_description options(100);
  options.add_options()("positional-path", po::value<std::string>()->required());
  options.add_options()("force", "replace an existing pair; its private key is lost");
  po::positional_options_description positionals;
  positionals.add("positional-path", 1);
  const CommandHelp help{
      "lockstep keygen PATH [options]",
      "Makes an ed25519 key pair: the private key at PATH (PKCS#8 PEM, mode 0600), the public key beside it as\n"
      "NAME.pub.pem. Missing folders are made (mode 0700). The key id is the SHA-256 of the public key (SPKI, DER).",
      "  lockstep keygen keys/prod.pem\n"
      "  lockstep sign manifest.json --key keys/prod.pem > envelope.json\n"
      "  lockstep verify envelope.json --key keys/prod.pub.pem"};
  ParsedCommand parsed = parse_command(arguments, help, options, positionals);
  if (parsed.exit) return *parsed.exit;
  std::string private_file = parsed.values["positional-path"].as<std::string>();
  std::string public_file = public_path(private_file);
  PrivateKey key = PrivateKey::generate();
  Result<void> written = write_pair(private_file, public_file, key, parsed.values.count("force") != 0);
  if (!written) return print_error(written.error());
  fmt::print(
      "private key: {}  (mode 0600; it signs, so keep it secret and out of git)\n"
      "public key:  {}  (give it to whoever verifies)\n"
      "key id:      {}  (short: {})\n",
      private_file, public_file, key.id(), short_key_id(key.id()));
  return static_cast<int>(Exit::done);
}

}  // namespace lockstep
