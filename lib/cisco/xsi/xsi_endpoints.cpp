#include "cisco/xsi/xsi_endpoints.hpp"

#include "base/encoding.hpp"
#include "http/client.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

namespace wardroom::xsi {
namespace {

constexpr std::string_view events_path = "/com.broadsoft.xsi-events";
constexpr std::string_view channel_path = "/com.broadsoft.async/com.broadsoft.xsi-events";
constexpr std::string_view actions_path = "/com.broadsoft.xsi-actions";

std::string_view without_slash(std::string_view url) {
  while (!url.empty() && url.back() == '/') url.remove_suffix(1);
  return url;
}

/// "https://host:port/path" in its three parts; a port is part of the
/// authority.
struct UrlParts {
  std::string_view scheme, authority, path;
};
UrlParts parts_of(std::string_view url) {
  UrlParts parts;
  auto const colon = url.find("://");
  if (colon != url.npos) {
    parts.scheme = url.substr(0, colon);
    url.remove_prefix(colon + 3);
  }
  auto const slash = std::min(url.find('/'), url.size());
  parts.authority = url.substr(0, slash);
  parts.path = without_slash(url.substr(slash));
  return parts;
}

std::string_view written_port(std::string_view authority) {
  auto const colon = authority.rfind(':');
  if (colon == authority.npos || authority.find(']', colon) != authority.npos) return {};
  return authority.substr(colon + 1);
}

std::string moved(std::string_view url, SrvRecord const& record) {
  auto const parts = parts_of(url);
  std::string port(written_port(parts.authority));
  if (port.empty() && record.port != 0 && !(record.port == 443 && parts.scheme == "https"))
    port = std::to_string(record.port);
  std::string out = std::string(parts.scheme) + "://" + record.target;
  if (!port.empty()) out += ':' + port;
  return out + std::string(parts.path);
}

/// "webex.com" of "api-us.bcld.webex.com"; nothing for a name that has no
/// domain, or an address.
std::string_view home_of(std::string_view host) {
  auto const top = host.rfind('.');
  if (top == host.npos || top == 0 || host.contains(':')) return {};
  auto const last = host.substr(top + 1);
  if (last.empty() || (last.front() >= '0' && last.front() <= '9')) return {};
  auto begin = host.rfind('.', top - 1);
  if (begin != host.npos && begin > 0 && last.size() == 2 && top - begin - 1 <= 3)
    begin = host.rfind('.', begin - 1);
  return begin == host.npos ? host : host.substr(begin + 1);
}

Xsp named(std::string events, std::string channel) {
  auto host = std::string(parts_of(events).authority);
  return {std::move(host), std::move(events), std::move(channel)};
}

}  // namespace

Result<void> check(XsiEndpoints const& endpoints) {
  for (auto const& [name, url] : {std::pair("xsiActionsEndpoint", &endpoints.actions),
                                  std::pair("xsiEventsEndpoint", &endpoints.events),
                                  std::pair("xsiEventsChannelEndpoint", &endpoints.channel)}) {
    http::ClientRequest probe;
    probe.url = *url;
    auto const origin = http::check(probe);
    if (!origin || url->find_first_of("?#") != std::string::npos)
      return failure(ErrorKind::malformed, std::string("Webex names an ") + name +
                                               " that no token may be sent to: it must be an https "
                                               "address without "
                                               "userinfo, query or fragment");
  }
  return {};
}

bool is_at_home(XsiEndpoints const& endpoints, std::string_view target) {
  auto const origin = http::origin_of("https://" + std::string(target));
  if (!origin || target.find_first_of(":/?#[]") != target.npos) return false;
  for (auto const& url : {endpoints.events, endpoints.channel, "https://" + endpoints.domain}) {
    auto const known = http::origin_of(url);
    if (!known) continue;
    auto const home = home_of(known->host);
    if (origin->host == known->host || (!home.empty() && home == home_of(origin->host)))
      return true;
  }
  return false;
}

std::vector<Xsp> fixed_xsps(std::vector<std::string> const& bases) {
  std::vector<Xsp> out;
  for (auto const& base : bases) {
    std::string const plain(without_slash(base));
    out.push_back(named(plain + std::string(events_path), plain + std::string(channel_path)));
  }
  return out;
}

std::string fixed_actions(std::string_view base) {
  return std::string(without_slash(base)) + std::string(actions_path);
}

std::vector<SrvRecord> opening_order(std::vector<SrvRecord> records,
                                     std::function<double()> const& fraction) {
  // Lightest first within a priority: a draw of 1 takes the heaviest, and one
  // of weight 0 is drawn seldom.
  auto const order = [](SrvRecord const& r) { return std::tuple(r.priority, r.weight); };
  std::sort(records.begin(), records.end(), [&](SrvRecord const& a, SrvRecord const& b) {
    return std::pair(order(a), b.target) < std::pair(order(b), a.target);
  });
  for (auto next = records.begin(); next != records.end(); ++next) {
    auto const end = std::find_if(next, records.end(), [&](SrvRecord const& record) {
      return record.priority != next->priority;
    });
    double sum = 0;
    for (auto it = next; it != end; ++it) sum += it->weight;
    double const mark = fraction() * sum;
    auto drawn = next;
    for (double passed = drawn->weight; passed <= mark && drawn + 1 != end;)
      passed += (++drawn)->weight;
    std::rotate(next, drawn, drawn + 1);
  }
  return records;
}

std::vector<Xsp> xsps_of(XsiEndpoints const& endpoints, std::vector<SrvRecord> const& records) {
  if (records.empty())
    return {named(std::string(without_slash(endpoints.events)),
                  std::string(without_slash(endpoints.channel)))};
  std::vector<Xsp> out;
  for (auto const& record : records) {
    auto xsp = named(moved(endpoints.events, record), moved(endpoints.channel, record));
    if (std::find(out.begin(), out.end(), xsp) == out.end()) out.push_back(std::move(xsp));
  }
  return out;
}

std::string at(std::string_view base, std::string_view path) {
  return std::string(without_slash(base)) + "/v2.0" + std::string(path);
}

std::string segment(std::string_view id) { return percent_encode(id, "@:"); }

}  // namespace wardroom::xsi
