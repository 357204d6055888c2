#include "http/forwarded.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

namespace wardroom::http {
namespace ip = boost::asio::ip;

namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<ip::address> read_address(std::string_view text) {
  boost::system::error_code error;
  auto const address = ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  return unmapped(address);
}

/// "192.0.2.1", "192.0.2.1:5678", "2001:db8::1", "[2001:db8::1]:5678"
std::optional<ip::address> read_hop(std::string_view text) {
  text = trim(text);
  if (text.starts_with('[')) return read_address(text.substr(1, text.find(']') - 1));
  if (std::count(text.begin(), text.end(), ':') == 1) text = text.substr(0, text.find(':'));
  return read_address(text);
}

bool same_prefix(std::span<unsigned char const> a, std::span<unsigned char const> b,
                 unsigned bits) {
  for (std::size_t i = 0; i < a.size() && bits > 0; ++i) {
    auto const here = std::min(bits, 8u);
    auto const mask = static_cast<unsigned char>(0xff << (8 - here));
    if ((a[i] & mask) != (b[i] & mask)) return false;
    bits -= here;
  }
  return true;
}

/// All elements of a list field, over all its lines, in order.
std::vector<std::string_view> elements(Headers const& headers, std::string_view name) {
  std::vector<std::string_view> all;
  for (auto value : headers.get_all(name)) {
    while (!value.empty()) {
      auto const comma = std::min(value.find(','), value.size());
      all.push_back(trim(value.substr(0, comma)));
      value.remove_prefix(std::min(comma + 1, value.size()));
    }
  }
  return all;
}

}  // namespace

ip::address unmapped(ip::address const& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

Result<TrustedProxies> TrustedProxies::parse(std::vector<std::string> const& entries) {
  TrustedProxies out;
  for (auto const& entry : entries) {
    auto const slash = std::min(entry.find('/'), entry.size());
    auto const base = read_address(std::string_view(entry).substr(0, slash));
    unsigned bits = base && base->is_v4() ? 32 : 128;
    bool good = base.has_value();
    if (good && slash < entry.size()) {
      unsigned given = 0;
      auto const* const end = entry.data() + entry.size();
      auto const [stop, error] = std::from_chars(entry.data() + slash + 1, end, given);
      good = error == std::errc() && stop == end && given <= bits;
      bits = given;
    }
    if (!good)
      return failure(ErrorKind::malformed,
                     "trusted_proxies: \"" + entry +
                         "\" is neither an address nor a network; write 10.0.0.7 or 10.0.0.0/8");
    out.networks_.push_back({*base, bits});
  }
  return out;
}

bool TrustedProxies::contains(ip::address const& address) const {
  return std::any_of(networks_.begin(), networks_.end(), [&](Network const& network) {
    if (network.base.is_v4() != address.is_v4()) return false;
    if (address.is_v4())
      return same_prefix(network.base.to_v4().to_bytes(), address.to_v4().to_bytes(), network.bits);
    return same_prefix(network.base.to_v6().to_bytes(), address.to_v6().to_bytes(), network.bits);
  });
}

Origination origination(ip::address const& peer, Headers const& headers,
                        TrustedProxies const& trusted) {
  auto known = peer;
  auto const hops = elements(headers, "X-Forwarded-For");
  for (auto hop = hops.rbegin(); hop != hops.rend() && trusted.contains(known); ++hop) {
    auto const before = read_hop(*hop);
    if (!before) break;
    known = *before;
  }
  auto const schemes = elements(headers, "X-Forwarded-Proto");
  return {known.to_string(), !schemes.empty() && equal_ignoring_case(schemes.back(), "https")};
}

bool is_public_host(std::string_view host, std::vector<std::string> const& ours) {
  auto const bare = [](std::string_view text) {
    auto const colon = text.rfind(':');
    bool const has_port =
        colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos;
    return has_port ? text.substr(0, colon) : text;
  };
  return std::any_of(ours.begin(), ours.end(), [&](std::string const& entry) {
    return equal_ignoring_case(entry, host) ||
           (bare(entry) == entry && equal_ignoring_case(entry, bare(host)));
  });
}

}  // namespace wardroom::http
