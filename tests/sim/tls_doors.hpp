/// TLS in front of every door of a running simulator: `wardroom-sim --tls KIND`.
#pragma once
#include "sim/simulator.hpp"
#include "sim/tls_door.hpp"

#include <memory>
#include <string>
#include <vector>

namespace wardroom::sim {

class TlsDoors {
 public:
  /// Opens one for REST, one for each XSP and each meeting server on ports the system picks, as
  /// https://localhost, and publishes the XSI endpoints there. Throws std::invalid_argument for an
  /// unknown kind.
  TlsDoors(Simulator& simulator, Executor loop, std::string const& kind);

  /// {"kind", "rest", "api", "xsps": [origins], "cms": [origins]}: the content of the port file.
  nlohmann::json const& addresses() const { return addresses_; }
  std::string const& ca_pem() const { return kinds_.ca_pem(); }

 private:
  CertificateKinds kinds_{{"DNS:localhost", "IP:127.0.0.1", "IP:::1"}};
  std::vector<std::unique_ptr<TlsDoor>> doors_;
  nlohmann::json addresses_;
};

}  // namespace wardroom::sim
