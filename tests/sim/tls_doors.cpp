#include "sim/tls_doors.hpp"

namespace wardroom::sim {

TlsDoors::TlsDoors(Simulator& simulator, Executor loop, std::string const& kind) {
  auto const shown = kinds_.show(kind);
  auto open = [&](nlohmann::json const& plain_port) {
    doors_.push_back(std::make_unique<TlsDoor>(loop, shown, plain_port.get<std::uint16_t>()));
    return "https://localhost:" + std::to_string(doors_.back()->port());
  };
  auto const plain = simulator.addresses();
  auto const rest = open(plain.at("listen"));
  auto xsps = nlohmann::json::array();
  for (auto const& port : plain.at("xsp")) xsps.push_back(open(port));
  if (!xsps.empty()) simulator.platform().publish_xsi(xsps[0].get<std::string>(), "localhost");
  auto cms = nlohmann::json::array();
  for (auto const& port : plain.at("cms")) cms.push_back(open(port));
  addresses_ = {{"kind", kind},
                {"rest", rest},
                {"api", rest + "/v1"},
                {"xsps", std::move(xsps)},
                {"cms", std::move(cms)}};
}

}  // namespace wardroom::sim
