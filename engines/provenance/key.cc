#include "engines/provenance/key.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <array>
#include <stdexcept>

#include "engines/file.h"
#include "engines/sha256.h"

namespace lockstep {

namespace {

constexpr std::uint64_t kMaxKeyFileBytes = 1ULL << 20;
constexpr std::size_t kSignatureBytes = 64;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

std::shared_ptr<EVP_PKEY> own(EVP_PKEY* key) {
  return {key, EVP_PKEY_free};
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Failures here are OpenSSL without ed25519 or without memory, never the caller's data.
void must(bool done, const char* what) {
  if (!done) throw std::runtime_error(fmt::format("OpenSSL cannot {}", what));
}

Bio reader_of(std::string_view pem) {
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  must(bio != nullptr, "read from memory");
  return bio;
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

// Never ask at the terminal for the passphrase of an encrypted key.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

// One that is not there is no file that an earlier step could be about to make.
Result<std::string> read_key_file(const std::string& path, std::string remedy) {
  Result<std::string> pem = read_file(path, kMaxKeyFileBytes);
  if (pem || pem.error().code != "file-not-found") return pem;
  return Error("key-file-missing"_code, pem.error().message, std::move(remedy));
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

Error invalid(const std::string& name, std::string_view what, std::string_view remedy) {
  return Error("key-invalid"_code, fmt::format("'{}' {}", name, what), std::string(remedy));
}

}  // namespace

PublicKey::PublicKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {
  unsigned char* der = nullptr;
  int size = i2d_PUBKEY(key_.get(), &der);
  must(size > 0, "encode a public key");
  id_ = sha256_hex({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
}

Result<std::vector<PublicKey>> PublicKey::from_pem(std::string_view pem, const std::string& name) {
  std::vector<PublicKey> keys;
  Bio bio = reader_of(pem);
  while (EVP_PKEY* key = PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr)) {
    std::shared_ptr<EVP_PKEY> owned = own(key);
    if (EVP_PKEY_get_id(key) != EVP_PKEY_ED25519)
      return invalid(name, "holds a public key that is not ed25519",
                     "give the ed25519 key of whoever signed; `lockstep keygen` makes such pairs");
    keys.push_back(PublicKey(owned));
  }
  ERR_clear_error();
  if (!keys.empty()) return keys;
  if (pem.find("PRIVATE KEY-----") != std::string_view::npos)
    return invalid(name, "is a private key", "verifying takes the public one; `lockstep keygen` wrote it as *.pub.pem");
  constexpr std::string_view kGivePublic = "give the *.pub.pem file that `lockstep keygen` wrote";
  if (is_blank(pem)) return invalid(name, "is empty", kGivePublic);
  if (pem.find("-----BEGIN PUBLIC KEY-----") != std::string_view::npos)
    return invalid(name, "holds a public key that is cut off or damaged",
                   "copy the whole *.pub.pem file again, with its BEGIN and END lines");
  return invalid(name, "holds no public key in PEM form", kGivePublic);
}

bool PublicKey::verify(std::string_view bytes, std::string_view signature) const {
  if (signature.size() != kSignatureBytes) return false;
  Context context(EVP_MD_CTX_new());
  must(context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1,
       "verify with ed25519");
  bool valid =
      EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(bytes), bytes.size()) == 1;
  ERR_clear_error();
  return valid;
}

std::string PublicKey::pem() const {
  Bio bio(BIO_new(BIO_s_mem()));
  must(bio && PEM_write_bio_PUBKEY(bio.get(), key_.get()) == 1, "write a public key");
  return text_of(bio.get());
}

PrivateKey::PrivateKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)), public_key_(PublicKey(key_)) {}

PrivateKey PrivateKey::generate() {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  must(key != nullptr, "make an ed25519 key");
  return PrivateKey(own(key));
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem, const std::string& name) {
  Bio bio = reader_of(pem);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr);
  ERR_clear_error();
  if (key == nullptr) {
    if (pem.find("ENCRYPTED PRIVATE KEY-----") != std::string_view::npos)
      return invalid(name, "is protected by a passphrase", "write it without: openssl pkey -in FILE -out NEW.pem");
    if (pem.find("PUBLIC KEY-----") != std::string_view::npos)
      return invalid(name, "is a public key", "signing takes the private one, the file without .pub in its name");
    if (is_blank(pem)) return invalid(name, "is empty", "give the private key that `lockstep keygen` wrote");
    if (pem.find("PRIVATE KEY-----") != std::string_view::npos)
      return invalid(name, "holds a private key that is cut off or damaged",
                     "copy the whole file again, with its BEGIN and END lines, or make a pair with `lockstep keygen`");
    return invalid(name, "holds no private key in PEM form", "make a pair with `lockstep keygen`");
  }
  std::shared_ptr<EVP_PKEY> owned = own(key);
  if (EVP_PKEY_get_id(key) != EVP_PKEY_ED25519)
    return invalid(name, "holds a private key that is not ed25519", "make a pair with `lockstep keygen`");
  return PrivateKey(owned);
}

std::string PrivateKey::sign(std::string_view bytes) const {
  Context context(EVP_MD_CTX_new());
  std::array<unsigned char, kSignatureBytes> signature{};
  std::size_t size = signature.size();
  must(context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
           EVP_DigestSign(context.get(), signature.data(), &size, bytes_of(bytes), bytes.size()) == 1,
       "sign with ed25519");
  return {reinterpret_cast<const char*>(signature.data()), size};
}

std::string PrivateKey::pem() const {
  Bio bio(BIO_new(BIO_s_secmem()));
  must(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
       "write a private key");
  return text_of(bio.get());
}

Result<PrivateKey> read_private_key(const std::string& path) {
  Result<std::string> pem =
      read_key_file(path, fmt::format("make one with `lockstep keygen '{}'`, or correct the path", path));
  if (!pem) return std::move(pem).error();
  Result<PrivateKey> key = PrivateKey::from_pem(*pem, path);
  if (!key) return key;  // what the file is comes before who may read it
  struct stat info{};
  if (::stat(path.c_str(), &info) == 0 && (info.st_mode & (S_IRWXO | S_IWGRP)) != 0)
    return Error("key-file-open"_code, fmt::format("'{}' is a private key that other users can read or change", path),
                 fmt::format("chmod 600 '{}', and make a new key if others had access", path));
  return key;
}

Result<std::vector<PublicKey>> read_public_keys(const std::vector<std::string>& paths) {
  std::vector<PublicKey> keys;
  for (const std::string& path : paths) {
    Result<std::string> pem =
        read_key_file(path, "give the *.pub.pem file that `lockstep keygen` wrote beside the private key");
    if (!pem) return std::move(pem).error();
    Result<std::vector<PublicKey>> found = PublicKey::from_pem(*pem, path);
    if (!found) return std::move(found).error();
    keys.insert(keys.end(), found->begin(), found->end());
  }
  return keys;
}

std::string short_key_id(std::string_view id) {
  return std::string(id.substr(0, 16));
}

}  // namespace lockstep
