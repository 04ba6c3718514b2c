#include "tests/faults/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace lockstep::testing {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Cert = std::unique_ptr<X509, decltype(&X509_free)>;

constexpr long kDay = 24L * 60 * 60;

struct Pair {
  Key key{nullptr, EVP_PKEY_free};
  Cert cert{nullptr, X509_free};
};

void must(bool done) {
  if (!done) throw std::runtime_error("OpenSSL could not make a certificate for the test");
}

void extend(X509* cert, X509* issuer, int what, const std::string& text) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> made(
      X509V3_EXT_conf_nid(nullptr, &context, what, text.c_str()), X509_EXTENSION_free);
  must(made && X509_add_ext(cert, made.get(), -1) == 1);
}

// Issued by `issuer`, or by itself. Times are seconds from now.
Pair issue(const std::string& name, const std::string& for_names, const Pair* issuer, long from, long until) {
  static long serial = 1;
  Pair made;
  made.key.reset(EVP_EC_gen("P-256"));
  made.cert.reset(X509_new());
  must(made.key && made.cert);
  X509* cert = made.cert.get();
  X509* by = issuer != nullptr ? issuer->cert.get() : cert;
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
  X509_gmtime_adj(X509_getm_notBefore(cert), from);
  X509_gmtime_adj(X509_getm_notAfter(cert), until);
  must(X509_set_pubkey(cert, made.key.get()) == 1);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(cert, X509_get_subject_name(by));
  extend(cert, by, NID_basic_constraints, for_names.empty() ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (for_names.empty())
    extend(cert, by, NID_key_usage, "critical,keyCertSign,cRLSign");
  else
    extend(cert, by, NID_subject_alt_name, for_names);
  must(X509_sign(cert, issuer != nullptr ? issuer->key.get() : made.key.get(), EVP_sha256()) > 0);
  return made;
}

struct Authority {
  Pair pair = issue("Lockstep test CA", "", nullptr, -10 * kDay, 10 * kDay);
  std::string file;
  Authority() {
    std::string name = (std::filesystem::temp_directory_path() / "lockstep-test-ca-XXXXXX").string();
    const int fd = mkstemp(name.data());
    must(fd >= 0);
    file = name;
    FILE* out = fdopen(fd, "w");
    must(out != nullptr && PEM_write_X509(out, pair.cert.get()) == 1);
    std::fclose(out);
  }
  ~Authority() { std::filesystem::remove(file); }
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;
};

const Authority& authority() {
  static const Authority made;
  return made;
}

const Pair& pair_for(Certificate certificate) {
  static const std::string kHere = "DNS:localhost,IP:127.0.0.1,IP:::1";
  static const Pair* ca = &authority().pair;
  static const Pair good = issue("localhost", kHere, ca, -kDay, kDay);
  static const Pair expired = issue("localhost", kHere, ca, -2 * kDay, -kDay);
  static const Pair not_yet = issue("localhost", kHere, ca, kDay, 2 * kDay);
  static const Pair self_signed = issue("localhost", kHere, nullptr, -kDay, kDay);
  static const Pair wrong_name = issue("another.example", "DNS:another.example", ca, -kDay, kDay);
  switch (certificate) {
    case Certificate::expired:
      return expired;
    case Certificate::not_yet:
      return not_yet;
    case Certificate::self_signed:
      return self_signed;
    case Certificate::wrong_name:
      return wrong_name;
    case Certificate::good:
      break;
  }
  return good;
}

}  // namespace

std::string ca_file() {
  return authority().file;
}

ServerContext server_context(Certificate certificate, int newest) {
  ServerContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  const Pair& pair = pair_for(certificate);
  must(context && SSL_CTX_use_certificate(context.get(), pair.cert.get()) == 1 &&
       SSL_CTX_use_PrivateKey(context.get(), pair.key.get()) == 1);
  if (newest != 0) {
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), 0);
    must(SSL_CTX_set_max_proto_version(context.get(), newest) == 1);
    must(SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=0") == 1);
  }
  return context;
}

}  // namespace lockstep::testing
