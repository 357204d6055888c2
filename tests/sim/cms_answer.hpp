/// What the API of a simulated bridge answers in XML: documents and refusals. Source: cms.md 6.1.
#pragma once
#include "sim/exchange.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace wardroom::sim {

inline constexpr std::string_view cms_head = "<?xml version=\"1.0\"?>\n";

inline Answer cms_xml(std::string body, int status = 200) {
  Answer a;
  a.response = {status, {{"Content-Type", "text/xml"}}, std::string(cms_head) + std::move(body)};
  return a;
}
inline Answer cms_done() {
  Answer a;
  a.response.status = 200;
  return a;
}
inline Answer cms_refusal(int status, std::string_view code, std::string_view attributes = "") {
  return cms_xml(fmt::format("<failureDetails><{}{}{} /></failureDetails>\n", code,
                             attributes.empty() ? "" : " ", attributes),
                 status);
}
inline Answer cms_bad_parameter(std::string_view name, std::string_view error) {
  return cms_refusal(400, "parameterError",
                     fmt::format("parameter=\"{}\" error=\"{}\"", name, error));
}
inline Answer cms_wrong_method() { return cms_refusal(405, "invalidOperation"); }

}  // namespace wardroom::sim
