#include "doctor/xsi_checks.hpp"

#include "base/time_text.hpp"
#include "doctor/webex_checks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::doctor {
namespace {
using namespace std::chrono_literals;

constexpr auto about = "discovery";

/// The name that DNS was asked for, out of a sentence about it.
std::string srv_name_in(std::string_view sentence) {
  auto const begin = sentence.find("_xsi-client.");
  if (begin == sentence.npos) return "_xsi-client._tcp.DOMAIN";
  auto const end = sentence.find_first_of(" :;,", begin);
  return std::string(sentence.substr(begin, end == sentence.npos ? end : end - begin));
}

std::string ask_dns(std::string_view sentence) {
  return fmt::format(
      "dig +short SRV {}   # from this machine; another resolver: "
      "call_blocking.xsi.dns_servers",
      srv_name_in(sentence));
}

/// What its clock says beside ours; nothing when it is right or not told.
std::optional<Finding> clock_of(xsi::Xsp const& xsp, http::ClientResponse const& answer,
                                Instant asked, Instant answered) {
  auto const theirs = parse_http_date(answer.headers.get("Date"));
  if (!theirs) return std::nullopt;
  auto finding = judge_clock(xsp.host, asked, answered, *theirs);
  if (finding.result == CheckResult::ok) return std::nullopt;
  finding.about = "clock";
  return finding;
}

Task<Findings> knock(XsiPorts const& ports, xsi::Xsp xsp) {
  auto const asked = ports.clock.now();
  auto const begun = ports.clock.uptime();
  auto const answer = co_await ports.http.send({.url = xsp.events, .timeout = 5s});
  auto const took = std::chrono::ceil<Milliseconds>(ports.clock.uptime() - begun);
  if (!answer)
    co_return Findings{
        bad(fmt::format("The XSP {} cannot be reached: {}.", xsp.host, answer.error().what),
            outside_remedy(answer.error(), xsp.events), xsp.host)};
  Findings out;
  if (answer->status >= 500)
    out.push_back(
        warn(fmt::format("The XSP {} answers {}: it has trouble.", xsp.host, answer->status),
             fmt::format("curl -sSi {} | head -20", xsp.events), xsp.host));
  else
    out.push_back(
        fine(fmt::format("The XSP {} answers within {} ms.", xsp.host, took.count()), xsp.host));
  if (auto clock = clock_of(xsp, *answer, asked, ports.clock.now()))
    out.push_back(std::move(*clock));
  co_return out;
}

Task<Findings> look_at_xsps(XsiPorts ports) {
  if (!ports.wanted())
    co_return Findings{skipped("No feature follows calls, so no XSP is needed.")};
  xsi::XsiDiscovery discovery(ports.settings, ports.organisation, ports.srv, ports.clock);
  auto const found = co_await discovery.find(true);
  if (!found) co_return Findings{judge_discovery(found.error())};
  auto out = judge_found(*found);
  for (auto const& xsp : found->xsps)
    std::ranges::move(co_await knock(ports, xsp), std::back_inserter(out));
  co_return out;
}

}  // namespace

Finding judge_discovery(Error const& why) {
  auto const told = [&](std::string words, std::string remedy) {
    return bad(fmt::format("{} ({}).", words, why.what), std::move(remedy), about);
  };
  if (why.what.contains("_xsi-client."))
    return told(why.kind == ErrorKind::timed_out ? "DNS does not answer where the XSPs are"
                                                 : "DNS cannot say where the XSPs are",
                ask_dns(why.what));
  switch (why.kind) {
    case ErrorKind::not_found:
      return told("XSI is not enabled for the organisation: Webex tells no XSI addresses",
                  "wardroomctl whoami   # ask Cisco TAC to enable XSI for that organisation; it "
                  "needs Webex Calling");
    case ErrorKind::unauthorized:
      return told("Webex refuses the login that asks for the XSPs", "wardroomctl login");
    case ErrorKind::denied:
      return told("The login may not ask for the XSPs: a scope or a role is missing",
                  "wardroomctl token show   # spark-admin:organizations_read, spark-admin:xsi");
    case ErrorKind::malformed:
      return told("The XSI addresses Webex tells are not acceptable",
                  "wardroomctl config explain call_blocking.xsi.endpoints   # or name them there");
    default:
      return told("The XSPs of the organisation cannot be found",
                  "wardroomctl doctor webex   # does Webex REST answer?");
  }
}

Findings judge_found(xsi::XsiDiscovery::Found const& found) {
  Findings out;
  if (!found.remark.empty())
    out.push_back(warn(found.remark,
                       found.remark.contains("_xsi-client.") ? ask_dns(found.remark)
                                                             : "wardroomctl monitor status",
                       about));
  if (found.xsps.size() == 1)
    out.push_back(warn("There is only one XSP: while it is away calls are not watched.",
                       "wardroomctl config explain call_blocking.xsi.srv", about));
  else if (found.remark.empty())
    out.push_back(fine(fmt::format("{} XSPs are known.", found.xsps.size()), about));
  return out;
}

void add_xsi_checks(Doctor& doctor, XsiPorts ports) {
  doctor.add(
      {"xsi", "xsi", [ports = std::move(ports)](CheckWish) { return look_at_xsps(ports); }, 30s});
}

}  // namespace wardroom::doctor
