/// Keys and certificates made on the spot with OpenSSL, good ones and bad ones.
#pragma once
#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::sim {

/// A certificate with its key, and what is needed to sign others with it.
struct Certificate {
  std::string pem, key_pem;
  std::shared_ptr<void> x509, key;  ///< X509*, EVP_PKEY*
};

struct CertificateWish {
  std::string common_name = "wardroom test";
  std::vector<std::string> names{};  ///< "DNS:xsp1.test", "IP:127.0.0.1"
  long valid_from_days = -1;
  long valid_to_days = 30;
  bool authority = false;
  std::optional<int> path_length{};  ///< how many authorities may follow below
  std::string constraints{};         ///< "permitted;DNS:elsewhere.example"
  std::string usage = "serverAuth";  ///< extended key usage; empty = none given
  int rsa_bits = 0;                  ///< 0 = P-256
  bool sha1 = false;
};

/// Signed by `issuer`, or by itself when null.
Certificate make_certificate(CertificateWish const& wish, Certificate const* issuer = nullptr);

/// A server's side. `chain` = certificates sent beside its own, PEM. Accepts weak keys and old TLS,
/// so that the client is the one that refuses.
std::unique_ptr<boost::asio::ssl::context> server_context(Certificate const& own,
                                                          std::string const& chain = "",
                                                          int newest_tls = 0);

}  // namespace wardroom::sim
