#include "engines/workspace/http/tls.h"

#include <Poco/Exception.h>
#include <Poco/Net/NetSSL.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/X509Certificate.h>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <ctime>
#include <memory>

namespace lockstep {

namespace {

using CertificatePointer = std::unique_ptr<X509, decltype(&X509_free)>;

// What OpenSSL's verification found in the handshake that this thread is making. Poco throws only a general text.
struct Verification {
  int error = X509_V_OK;
  CertificatePointer leaf{nullptr, X509_free};
};
thread_local Verification verification;

int note_verification(int accepted, X509_STORE_CTX* store) {
  if (accepted != 1 && verification.error == X509_V_OK) verification.error = X509_STORE_CTX_get_error(store);
  if (X509_STORE_CTX_get_error_depth(store) == 0) {
    X509* leaf = X509_STORE_CTX_get_current_cert(store);
    if (leaf != nullptr && X509_up_ref(leaf) == 1) verification.leaf.reset(leaf);
  }
  return accepted;
}

std::string moment(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

// The names that the certificate is for; what is not printable ASCII is shown as '?'.
std::string names(X509* leaf) {
  std::string made;
  auto* found = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr));
  for (int at = 0; at < sk_GENERAL_NAME_num(found); ++at) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(found, at);
    if (name->type != GEN_DNS || made.size() > 200) continue;
    made += made.empty() ? "" : ", ";
    const unsigned char* text = ASN1_STRING_get0_data(name->d.dNSName);
    for (int k = 0; k < ASN1_STRING_length(name->d.dNSName) && k < 100; ++k)
      made += text[k] > 32 && text[k] < 127 ? static_cast<char>(text[k]) : '?';
  }
  GENERAL_NAMES_free(found);
  return made.empty() ? "no host name" : made;
}

bool fits(X509* leaf, const HttpUrl& url) {
  if (url.is_ip()) return X509_check_ip_asc(leaf, url.host.c_str(), 0) == 1;
  return X509_check_host(leaf, url.host.c_str(), url.host.size(), 0, nullptr) == 1;
}

std::string refusal(const HttpUrl& url, const std::string& ca_file) {
  X509* leaf = verification.leaf.get();
  std::string made = fmt::format("the certificate of {} was not accepted: {}", url.host_port(),
                                 X509_verify_cert_error_string(verification.error));
  switch (verification.error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      if (leaf != nullptr) made += fmt::format(" (on {})", moment(X509_get0_notAfter(leaf)));
      break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      if (leaf != nullptr) made += fmt::format(" (before {}; is the clock right?)", moment(X509_get0_notBefore(leaf)));
      break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      made += ca_file.empty() ? "; it was not issued by a CA that this system trusts: name the CA's file in ca_file"
                              : fmt::format("; neither the system's CAs nor those in '{}' issued it", ca_file);
      break;
    default:
      break;
  }
  return made;
}

}  // namespace

Tls::Tls() {
  Poco::Net::initializeSSL();
}

Tls& Tls::shared() {
  // Never destroyed: taking OpenSSL down while connections are alive crashes at exit (pocoproject/poco#3562).
  static Tls& made = *new Tls;
  return made;
}

Poco::Net::Context::Ptr Tls::context(const std::string& ca_file) {
  std::lock_guard lock(mutex_);
  Poco::Net::Context::Ptr& context = contexts_[ca_file];
  if (context) return context;
  Poco::Net::Context::Params wanted;
  wanted.caLocation = ca_file;
  wanted.verificationMode = Poco::Net::Context::VERIFY_STRICT;
  wanted.loadDefaultCAs = true;
  wanted.cipherList = "HIGH:!aNULL:!eNULL:!MD5:!SHA1:!3DES:!kRSA:!PSK:!SRP";
  Poco::Net::Context::Ptr made = new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, wanted);
  made->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
  made->enableSessionCache(false);
  SSL_CTX_set_verify(made->sslContext(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, note_verification);
  return context = made;
}

Secured Tls::secure(const Poco::Net::StreamSocket& plain, const HttpUrl& url, const std::string& ca_file) {
  Secured made;
  Poco::Net::Context::Ptr trusted;
  try {
    trusted = context(ca_file);
  } catch (const Poco::Exception& broken) {
    made.failure.kind = HttpFailure::Kind::certificate;
    made.failure.detail = fmt::format("the CAs in ca_file '{}' cannot be read: {}", ca_file, broken.displayText());
    return made;
  }
  verification = {};
  made.failure.kind = HttpFailure::Kind::handshake;
  try {
    // Without a name, Poco checks the certificate against the peer's address and sends no SNI (RFC 6066: never an
    // address).
    Poco::Net::SecureStreamSocket stream = url.is_ip() && plain.peerAddress().host().toString() == url.host
                                               ? Poco::Net::SecureStreamSocket::attach(plain, trusted)
                                               : Poco::Net::SecureStreamSocket::attach(plain, url.host, trusted);
    // Poco can take a handshake that was broken off for one that is done, and then checks no name: so again.
    X509* leaf = verification.leaf.get();
    if (leaf == nullptr || !stream.havePeerCertificate()) {
      made.failure.detail = fmt::format("{} ended the TLS handshake before it was complete", url.host_port());
    } else if (!fits(leaf, url)) {
      verification.error = X509_V_ERR_HOSTNAME_MISMATCH;
    } else {
      made.certificate_expiry = moment(X509_get0_notAfter(leaf));
      made.stream = stream;
    }
  } catch (const Poco::Exception& broken) {
    made.failure.detail = fmt::format("the TLS handshake with {} failed: {}", url.host_port(), broken.displayText());
    if (verification.error == X509_V_OK && verification.leaf && !fits(verification.leaf.get(), url))
      verification.error = X509_V_ERR_HOSTNAME_MISMATCH;
  }
  if (verification.error != X509_V_OK) {
    made.failure.kind = HttpFailure::Kind::certificate;
    made.failure.detail = verification.error == X509_V_ERR_HOSTNAME_MISMATCH && verification.leaf
                              ? fmt::format("the certificate of {} is not for '{}' but for {}", url.host_port(),
                                            url.host, names(verification.leaf.get()))
                              : refusal(url, ca_file);
  }
  verification = {};
  return made;
}

}  // namespace lockstep
