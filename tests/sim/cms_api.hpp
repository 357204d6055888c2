/// The REST API of one simulated bridge: its objects, its refusals, and its faults.
/// Source: cms.md 6.
#pragma once
#include "sim/cms_sim.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::sim {

/// Answers one request and is gone.
class CmsApi {
 public:
  CmsApi(CmsSim& all, CmsBridge& bridge, Clock& clock)
      : all_(all), bridge_(bridge), clock_(clock) {}

  Answer answer(Request const& request);

 private:
  using Path = std::vector<std::string>;
  Answer routed(Request const& request);
  Answer calls(Request const& request, Path const& path);
  Answer call(Request const& request, CmsCall& call);
  Answer put_message(Request const& request, CmsCall& call);
  Answer legs(Request const& request, Path const& path);
  Answer leg_list(Request const& request, std::vector<CmsLeg const*> const& legs);
  Answer participants(Request const& request, Path const& path);
  Answer participant_list(Request const& request, std::string const& correlator);
  Answer bridges(Request const& request, Path const& path);
  Answer system(Request const& request, Path const& path);
  Answer receivers(Request const& request, Path const& path);
  Answer status() const;
  Answer page(Request const& request, std::string_view name, std::vector<std::string> const& all,
              std::string_view more = "") const;
  std::string call_xml(CmsCall const& call) const;
  std::string leg_xml(CmsLeg const& leg) const;
  std::string participant_xml(CmsPerson const& person, bool whole) const;
  std::vector<CmsPerson const*> people_in(std::string const& correlator) const;

  CmsSim& all_;
  CmsBridge& bridge_;
  Clock& clock_;
};

}  // namespace wardroom::sim
