/// The cookies one XSP gave for one channel, sent back by path. Source: xsi.md 3.4.
#pragma once
#include "http/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wardroom::xsi {

/// One host only, so domains are not looked at. Bounded: 32 cookies of at most 4 KiB.
class CookieJar {
 public:
  /// Keeps what the answer to a request for `url` sets.
  void keep(http::Headers const& headers, std::string_view url);
  /// The Cookie header for a request to `url`; empty when no cookie fits.
  std::string header_for(std::string_view url) const;

 private:
  struct Cookie {
    std::string name, value, path;
  };
  std::vector<Cookie> cookies_;
};

}  // namespace wardroom::xsi
