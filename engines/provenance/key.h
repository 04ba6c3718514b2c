// ed25519 keys in PEM files. Values that are cheap to copy (the key itself is shared and never changes); thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "specs/result.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace lockstep {

class PublicKey {
 public:
  // Each "PUBLIC KEY" block of a PEM text; at least one. `name` is the file's name for messages. Error: "key-invalid".
  static Result<std::vector<PublicKey>> from_pem(std::string_view pem, const std::string& name);

  [[nodiscard]] const std::string& id() const { return id_; }  // SHA-256 of the SPKI in DER, lower-case hex
  [[nodiscard]] bool verify(std::string_view bytes, std::string_view signature) const;
  [[nodiscard]] std::string pem() const;

 private:
  friend class PrivateKey;
  explicit PublicKey(std::shared_ptr<evp_pkey_st> key);
  std::shared_ptr<evp_pkey_st> key_;
  std::string id_;
};

class PrivateKey {
 public:
  static PrivateKey generate();
  // PKCS#8 without a passphrase, as `lockstep keygen` and `openssl genpkey -algorithm ed25519` write it.
  // Error: "key-invalid".
  static Result<PrivateKey> from_pem(std::string_view pem, const std::string& name);

  [[nodiscard]] const std::string& id() const { return public_key_.id(); }
  [[nodiscard]] const PublicKey& public_key() const { return public_key_; }
  [[nodiscard]] std::string sign(std::string_view bytes) const;  // 64 bytes
  [[nodiscard]] std::string pem() const;

 private:
  explicit PrivateKey(std::shared_ptr<evp_pkey_st> key);
  std::shared_ptr<evp_pkey_st> key_;
  PublicKey public_key_;
};

// From files. A private key that every user of the machine may read is refused: "key-file-open". Other errors: those of
// read_file() and "key-invalid".
Result<PrivateKey> read_private_key(const std::string& path);
Result<std::vector<PublicKey>> read_public_keys(const std::vector<std::string>& paths);

// The first 16 digits of an id, for people.
std::string short_key_id(std::string_view id);

}  // namespace lockstep
