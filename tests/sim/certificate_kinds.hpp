/// The good certificate of a simulated server, and twelve bad ones that every client must refuse.
#pragma once
#include "sim/certificates.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wardroom::sim {

/// What a server shows: its own certificate and those it sends beside it.
struct Shown {
  Certificate own;
  std::string chain{};
};

/// One authority, trusted by whoever reads `ca_pem`, and all kinds of certificates for `names`.
class CertificateKinds {
 public:
  /// "DNS:localhost", "IP:127.0.0.1": what clients call the server.
  explicit CertificateKinds(std::vector<std::string> names);

  std::string const& ca_pem() const { return root_.pem; }
  /// "good" or one of `bad()`; throws std::invalid_argument for anything else.
  Shown show(std::string_view kind) const;

  struct Kind {
    std::string_view name;
    std::string_view what;  ///< for help texts
    Shown (*make)(CertificateKinds const&);
  };
  static std::vector<Kind> const& bad();
  /// "good, expired, …" for help texts and complaints.
  static std::string list();

 private:
  Certificate issue(CertificateWish wish, Certificate const& issuer) const;

  std::vector<std::string> names_;
  Certificate root_, between_;
};

}  // namespace wardroom::sim
