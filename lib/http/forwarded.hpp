/// Who a request really came from when proxies stand before us, and which Host names are ours.
/// Pure.
#pragma once
#include "base/result.hpp"
#include "http/message.hpp"

#include <boost/asio/ip/address.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace wardroom::http {

/// Addresses ("10.0.0.7") and networks ("10.0.0.0/8") whose X-Forwarded-* fields count.
class TrustedProxies {
 public:
  static Result<TrustedProxies> parse(std::vector<std::string> const& entries);
  bool contains(boost::asio::ip::address const& address) const;
  bool empty() const { return networks_.empty(); }

 private:
  struct Network {
    boost::asio::ip::address base;
    unsigned bits = 0;
  };
  std::vector<Network> networks_;
};

/// IPv4 addresses that arrive mapped into IPv6 become IPv4 again.
boost::asio::ip::address unmapped(boost::asio::ip::address const& address);

struct Origination {
  std::string remote;   ///< address as text
  bool secure = false;  ///< the browser spoke TLS to a trusted proxy
};
/// Only for a `peer` that is trusted: the right-most hop that is not. What cannot be read ends the
/// walk, and the last hop known for sure stands.
Origination origination(boost::asio::ip::address const& peer, Headers const& headers,
                        TrustedProxies const& trusted);

/// Whether `host` (of the request) is one of `ours`; an entry without a port fits any port.
bool is_public_host(std::string_view host, std::vector<std::string> const& ours);

}  // namespace wardroom::http
