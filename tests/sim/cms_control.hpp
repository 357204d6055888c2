/// The control API of the simulated bridges, /sim/cms/…: people, conferences, bridges by hand.
/// Source: docs/api.md "Simulator".
#pragma once
#include "sim/cms_sim.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace wardroom::sim {

class CmsControl {
 public:
  explicit CmsControl(CmsSim& all) : all_(all) {}
  /// `path` begins behind /sim/cms.
  Answer handle(Request const& request, std::vector<std::string> const& path);

 private:
  using Wish = nlohmann::json;
  Answer join(Wish const& wish);
  Answer person(std::string const& number, std::string const& act, Wish const& wish);
  Answer conference(std::string const& name, std::string const& act, Wish const& wish);
  Answer bridge(std::string const& name, std::string const& act, Wish const& wish);
  Answer message(CmsBridge& bridge, Wish const& wish);
  /// By name or number; the first when it is not said. Errors: not_found.
  Result<std::size_t> bridge_in(Wish const& wish) const;

  CmsSim& all_;
};

}  // namespace wardroom::sim
