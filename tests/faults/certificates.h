// Certificates of a test: a CA of its own and what it issues, good and bad. Made when first asked for, with OpenSSL.
#pragma once

#include <openssl/ssl.h>
#include <memory>
#include <string>

namespace lockstep::testing {

enum class Certificate {
  good,         // for localhost and 127.0.0.1, by the CA of ca_file()
  expired,      // the same, until yesterday
  not_yet,      // the same, from tomorrow on
  self_signed,  // for localhost and 127.0.0.1, by itself
  wrong_name,   // by the CA, for another.example
};

// PEM of the CA, a file that lives as long as the process.
std::string ca_file();

using ServerContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
// `newest` is TLS1_1_VERSION for a server of yesterday; 0: what OpenSSL offers.
ServerContext server_context(Certificate certificate, int newest = 0);

}  // namespace lockstep::testing
