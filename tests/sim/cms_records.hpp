/// The XML inside a call detail record. Pure. Source: cms.md 3 and its examples E1 to E10.
#pragma once
#include "sim/cms_model.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace wardroom::sim {

/// XML text, element by element.
class CmsXml {
 public:
  CmsXml& open(std::string_view name, std::string_view attributes = "");
  CmsXml& close(std::string_view name);
  CmsXml& leaf(std::string_view name, std::string_view text);  ///< also when it is empty
  /// Nothing when `text` is empty.
  CmsXml& may(std::string_view name, std::string_view text);
  CmsXml& flag(std::string_view name, bool on) { return leaf(name, on ? "true" : "false"); }
  CmsXml& number(std::string_view name, std::uint64_t n);
  CmsXml& raw(std::string_view text);
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

struct CmsLegEnd {
  std::string_view reason;
  bool by_far_end = false;
  std::int64_t duration_s = 0, activated_s = -1;  ///< -1 = never was
};

std::string call_start_xml(CmsCall const& call);
std::string call_end_xml(CmsCall const& call, std::int64_t duration_s);
/// `show_link` = the record may say that the leg joins bridges.
std::string leg_start_xml(CmsLeg const& leg, bool show_link);
std::string leg_update_xml(CmsLeg const& leg, bool with_state, bool with_call);
std::string leg_end_xml(CmsLeg const& leg, CmsLegEnd const& how);
std::string machine_start_xml(CmsMachine const& machine, CmsLeg const& leg);
std::string machine_end_xml(CmsMachine const& machine);
/// "2024-05-14T09:00:01Z": whole seconds.
std::string cms_time(Instant at);

}  // namespace wardroom::sim
