/// The headers that tell browsers what our pages may do. Pure.
#pragma once
#include "http/message.hpp"

#include <string>
#include <string_view>

namespace wardroom::http {

/// Scripts, styles, images and connections from our own origin only; `more` adds directives or
/// replaces some of these by name: "img-src 'self' data:; worker-src 'self'".
/// 'unsafe-inline' and 'unsafe-eval' in it are a broken invariant and throw.
std::string content_security_policy(std::string_view more = "");

struct SecurityOptions {
  std::string csp_more{};  ///< see content_security_policy
  bool under_tls = false;  ///< the public URL is https: adds Strict-Transport-Security
  /// Browser features the pages use: "geolocation=(self)".
  std::string permissions = "geolocation=(self), camera=(), microphone=(), payment=()";
};
/// For Router::set_common_headers: policy, nosniff, no-referrer, no framing, and no-store unless an
/// answer has a Cache-Control of its own (as assets do).
Headers security_headers(SecurityOptions const& options = {});

}  // namespace wardroom::http
