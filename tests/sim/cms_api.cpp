#include "sim/cms_api.hpp"

#include "base/encoding.hpp"
#include "sim/cms_answer.hpp"
#include "sim/cms_records.hpp"
#include "sim/wire_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {
namespace {

using http::Method;
bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 10 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::vector<std::string> parts(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    auto const end = std::min(path.find('/'), path.size());
    if (end > 0) out.push_back(percent_decode(path.substr(0, end)).value_or(""));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return out;
}

}  // namespace

Answer CmsApi::answer(Request const& request) {
  auto& f = bridge_.faults;
  ++bridge_.requests;
  Answer a;
  if (f.dead || !bridge_.up) {
    a.wire = bridge_.up ? Answer::Wire::hang : Answer::Wire::reset;
    return a;
  }
  auto took = [](int& left) { return left > 0 && left-- > 0; };
  if (took(f.hang)) {
    a.wire = Answer::Wire::hang;
    return a;
  }
  auto const meddling = meddle(all_.faults(), bridge_.options.name, request);
  if (meddling.replaces)
    a = meddling.instead;
  else if (took(f.busy))
    a.response = http::text(503, "Service Unavailable\n");
  else if (took(f.html))
    a.response = {200,
                  {{"Content-Type", "text/html"}},
                  "<html><body><p>This is a load balancer.</p></body></html>"};
  else if (took(f.redirect))
    a.response = {302, {{"Location", "https://elsewhere.example" + request.path}}, ""};
  else
    a = spoil(routed(request), meddling);
  if (took(f.truncate)) a.response.body.resize(a.response.body.size() / 2);
  if (took(f.reset)) a.wire = Answer::Wire::reset;
  if (f.close) a.response.headers.add("Connection", "close");
  a.delay += Milliseconds(f.delay_ms);
  return a;
}

Answer CmsApi::routed(Request const& request) {
  auto const login = bridge_.options.username + ":" + bridge_.options.password;
  if (request.header("Authorization") != "Basic " + to_base64(login)) {
    ++bridge_.unauthorized;
    Answer a;
    a.response = {401, {{"WWW-Authenticate", "Basic realm=\"acano\""}}, ""};
    return a;
  }
  if (!request.path.starts_with("/api/v1/")) return cms_refusal(404, "unrecognizedObject");
  auto const path = parts(std::string_view(request.path).substr(8));
  auto const what = path.empty() ? std::string() : path[0];
  if (what == "calls") return calls(request, path);
  if (what == "callLegs") return legs(request, path);
  if (what == "participants") return participants(request, path);
  if (what == "callBridges") return bridges(request, path);
  if (what == "system") return system(request, path);
  return cms_refusal(404, "unrecognizedObject");
}

/// One page of a list: `total` tells of the whole, the cap of the server decides how many come.
Answer CmsApi::page(Request const& request, std::string_view name,
                    std::vector<std::string> const& all, std::string_view more) const {
  auto const query = http::parse_query(request.query).value_or(http::QueryPairs{});
  auto number_of = [&](char const* key, std::size_t otherwise) -> std::optional<std::size_t> {
    auto const text = http::find(query, key).value_or("");
    return text.empty() ? otherwise : number<std::size_t>(text);
  };
  auto const offset = number_of("offset", 0), limit = number_of("limit", all.size());
  if (!offset || !limit) return cms_bad_parameter(offset ? "limit" : "offset", "invalidValue");
  auto const most = std::min(*limit, std::size_t(bridge_.faults.page_cap));
  auto const from = *offset + (bridge_.faults.shift_pages && *offset > 0 ? 1 : 0);
  std::string body =
      fmt::format("<{} total=\"{}\"{}{}>\n", name, all.size(), more.empty() ? "" : " ", more);
  for (std::size_t i = from; i < all.size() && i < from + most; ++i) body += all[i];
  return cms_xml(body + fmt::format("</{}>\n", name));
}

// --- calls -------------------------------------------------------------------------------------

Answer CmsApi::calls(Request const& request, Path const& path) {
  if (path.size() == 1) {
    if (request.method != Method::get) return cms_wrong_method();
    auto const query = http::parse_query(request.query).value_or(http::QueryPairs{});
    auto const space = http::find(query, "coSpaceFilter").value_or("");
    std::vector<CmsCall const*> found;
    for (auto const& [id, one] : bridge_.calls)
      if (space.empty() || one.space == space) found.push_back(&one);
    std::ranges::sort(found, {}, &CmsCall::order);
    std::vector<std::string> all;
    for (auto const* one : found)
      all.push_back(CmsXml()
                        .raw("<call id=\"" + one->id + "\">")
                        .leaf("name", one->name)
                        .may("coSpace", one->space)
                        .leaf("callCorrelator", one->correlator)
                        .close("call")
                        .take());
    return page(request, "calls", all);
  }
  auto const found = bridge_.calls.find(path[1]);
  if (found == bridge_.calls.end()) return cms_refusal(404, "callDoesNotExist");
  if (path.size() == 2) return call(request, found->second);
  if (request.method != Method::get) return cms_wrong_method();
  if (path[2] == "callLegs") return leg_list(request, bridge_.legs_of(path[1]));
  if (path[2] == "participants") return participant_list(request, found->second.correlator);
  return cms_refusal(404, "unrecognizedObject");
}

Answer CmsApi::call(Request const& request, CmsCall& call) {
  if (request.method == Method::get) return cms_xml(call_xml(call));
  if (request.method == Method::put) return put_message(request, call);
  if (request.method != Method::delete_) return cms_wrong_method();
  all_.end_call(bridge_.number, call.id, false);
  return cms_done();
}

/// Only what is named changes; an empty value unsets. Source: cms.md 6.1, 6.3.
Answer CmsApi::put_message(Request const& request, CmsCall& call) {
  auto const form = http::parse_query(request.body);
  if (!request.header("Content-Type").starts_with("application/x-www-form-urlencoded") || !form)
    return cms_bad_parameter("", "notAForm");
  if (bridge_.faults.refuse_puts > 0) {
    --bridge_.faults.refuse_puts;
    return cms_bad_parameter("messageText", "valueTooLong");
  }
  auto next = call.message;
  for (auto const& [key, value] : *form) {
    if (key == "messageText") next.text = value;
    if (key == "messagePosition") {
      if (!value.empty() && value != "top" && value != "middle" && value != "bottom")
        return cms_bad_parameter(key, "invalidValue");
      next.position = value.empty() ? "middle" : value;
    }
    if (key == "messageDuration") {
      if (!value.empty() && value != "permanent" && !is_number(value))
        return cms_bad_parameter(key, "invalidValue");
      next.duration = value.empty() ? "0" : value;
      next.set = clock_.uptime();
    }
  }
  call.message = next;
  ++call.puts;
  bridge_.puts.push_back({clock_.uptime(), call.id, next.text, next.position, next.duration});
  if (bridge_.puts.size() > 1000) bridge_.puts.erase(bridge_.puts.begin());
  if (bridge_.faults.end_after_put > 0) {
    --bridge_.faults.end_after_put;
    all_.end_call(bridge_.number, call.id, false);
  }
  return cms_done();
}

std::string CmsApi::call_xml(CmsCall const& call) const {
  auto const legs = bridge_.legs_of(call.id);
  auto const* conference = all_.by_correlator(call.correlator);
  std::size_t local = 0, remote = 0;
  for (auto const* person : people_in(call.correlator))
    ++(person->bridge == bridge_.number ? local : remote);
  auto const lasted = std::chrono::floor<std::chrono::seconds>(clock_.now() - call.began).count();
  bool recording = false, streaming = false;
  for (auto const& [id, machine] : all_.machines())
    for (auto const* leg : legs)
      if (machine.bridge == bridge_.number && machine.leg == leg->id)
        (machine.streaming ? streaming : recording) = true;
  auto const& m = call.message;
  bool const counts_down = m.duration != "permanent" && m.duration != "0";
  auto const left = counts_down
                        ? std::chrono::seconds(std::stoll(m.duration)) - (clock_.uptime() - m.set)
                        : Uptime::duration::zero();
  bool const over = counts_down && left <= Uptime::duration::zero();
  CmsXml x;
  x.open("call", "id=\"" + call.id + "\"").leaf("name", call.name).leaf("callType", call.type);
  x.may("coSpace", call.space).leaf("ownerName", "").leaf("callCorrelator", call.correlator);
  x.leaf("durationSeconds", std::to_string(lasted)).number("numCallLegs", legs.size());
  x.number("maxCallLegs", call.most).number("numParticipantsLocal", local);
  x.number("numParticipantsRemote", remote);
  x.number("numDistributedInstances", conference ? conference->calls.size() - 1 : 0);
  x.flag("locked", false).flag("recording", recording).flag("recordingStatus", recording);
  x.flag("streaming", streaming).flag("streamingStatus", streaming);
  x.flag("allowAllMuteSelf", false).flag("allowAllPresentationContribution", false);
  x.may("messageText", m.text).leaf("messagePosition", m.position);
  x.leaf("messageDuration", over ? "0" : m.duration);
  if (counts_down && !over)
    x.leaf("messageTimeRemaining",
           std::to_string(std::chrono::ceil<std::chrono::seconds>(left).count()));
  x.flag("activeWhenEmpty", call.stays_empty).flag("endpointRecording", false);
  return x.close("call").take();
}

}  // namespace wardroom::sim
