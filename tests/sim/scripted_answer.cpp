// Answers scripted in advance: which request gets one, and what it does to it.
#include "sim/faults.hpp"

#include <fmt/format.h>

namespace wardroom::sim {
namespace {
using nlohmann::json;

bool fits(ScriptedAnswer const& a, std::string_view door, Request const& r,
          std::string_view person) {
  return (a.person.empty() || a.person == person) && a.count != 0 &&
         (a.door == "any" || a.door == door) &&
         (a.method.empty() || a.method == http::name(r.method)) &&
         (r.path + "?" + r.query).find(a.path_contains) != std::string::npos;
}

http::Response body_of(ScriptedAnswer const& a, Request const& r) {
  http::Response out{a.status, {}, {}};
  if (a.body == "html") {
    out.headers.add("Content-Type", "text/html");
    out.body = fmt::format(
        "<html><body><h1>{}</h1><p>This is a load balancer, not the service.</p></body></html>",
        a.status);
  } else if (a.body == "bad_utf8") {
    out.headers.add("Content-Type", "application/json");
    out.body = "{\"message\":\"caf\xE9 \xC0\x80\"}";
  } else if (a.body == "xsi") {
    out.headers.add("Content-Type", "text/xml;charset=ISO-8859-1");
    out.body = fmt::format(
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<ErrorInfo "
        "xmlns=\"http://schema.broadsoft.com/xsi\"><summary>Refus\xE9.</summary>"
        "<summaryEnglish>Refused by the simulator.</summaryEnglish>"
        "<errorCode>{}</errorCode></ErrorInfo>",
        a.code);
  } else if (a.body == "xsi_json") {
    out.headers.add("Content-Type", "application/json;charset=UTF-8");
    out.body = fmt::format(
        R"({{"ErrorInfo":{{"@xmlns":{{"$":"http://schema.broadsoft.com/xsi"}},"summary":{{"$":"Refused."}},"errorCode":{{"$":"{}"}}}}}})",
        a.code);
  } else if (a.body == "unknown_fields") {
    out.headers.add("Content-Type", "application/json; charset=utf-16; odd=\"1\"");
    out.body =
        R"({"items":[{}],"novelty":{"of":[null,1.5e300]},"errors":[{"code":"x"}],"error":[]})";
  } else if (a.body == "json") {
    out.headers.add("Content-Type", "application/json");
    out.body = json{{"message", a.message},
                    {"errors", json::array({{{"description", "scripted fault"}}})},
                    {"trackingId", r.tracking}}
                   .dump();
  }
  if (!a.location.empty()) out.headers.add("Location", a.location);
  if (!a.retry_after.empty()) out.headers.add("Retry-After", a.retry_after);
  if (!r.tracking.empty()) out.headers.add("TrackingID", r.tracking);
  return out;
}

Answer::Wire wire_of(std::string_view word) {
  if (word == "cut") return Answer::Wire::cut;
  if (word == "reset" || word == "lost") return Answer::Wire::reset;
  if (word == "hang") return Answer::Wire::hang;
  if (word == "drip") return Answer::Wire::drip;
  if (word == "chunked") return Answer::Wire::chunked;
  if (word == "cut_chunk") return Answer::Wire::cut_chunk;
  if (word == "wrong_length") return Answer::Wire::wrong_length;
  return Answer::Wire::whole;
}

}  // namespace

Meddling meddle(Faults& faults, std::string_view door, Request const& request,
                std::string_view person) {
  for (auto& a : faults.answers) {
    if (!fits(a, door, request, person)) continue;
    if (++a.fitted % std::uint64_t(a.every) != 0) continue;
    if (a.count > 0) --a.count;
    Meddling m;
    m.replaces = a.status != 0;
    if (m.replaces) m.instead.response = body_of(a, request);
    m.instead.delay = Milliseconds(a.delay_ms);
    m.instead.wire = wire_of(a.wire);
    m.instead.cut_at = a.cut_at;
    return m;
  }
  return {};
}

Answer spoil(Answer answer, Meddling const& m) {
  answer.delay += m.instead.delay;
  if (m.instead.wire != Answer::Wire::whole) {
    answer.wire = m.instead.wire;
    answer.cut_at = m.instead.cut_at;
  }
  return answer;
}

}  // namespace wardroom::sim
