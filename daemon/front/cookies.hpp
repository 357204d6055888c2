/// Our cookies and the check of a request's origin; both follow from the public URL. Pure.
#pragma once
#include "http/server_request.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::front {

enum class CookieKind {
  person,  ///< location session
  admin,
  guest,
  login,  ///< binds a login under way to the browser that began it
};

/// Over https: `__Host-` names and Secure. Over plain http, which is for loopback only, neither:
/// browsers would refuse them.
class Cookies {
 public:
  explicit Cookies(std::string const& public_url);

  std::string const& name(CookieKind kind) const;
  /// A Set-Cookie value: HttpOnly, SameSite=Lax, Path=/.
  std::string set(CookieKind kind, std::string_view value, std::chrono::seconds max_age) const;
  std::string clear(CookieKind kind) const;
  /// The value a request carries, when it has the form of one of ours (256 bits, base64url).
  std::optional<std::string> read(http::ServerRequest const& request, CookieKind kind) const;
  /// The same as a view into the request; no allocation.
  std::optional<std::string_view> find(http::ServerRequest const& request, CookieKind kind) const;

 private:
  bool secure_;
  std::array<std::string, 4> names_;  ///< by kind
};

/// "https://wardroom.acme.example" of a URL with or without a path; lower case, no default port.
std::string origin_text(std::string_view url);

/// Whether a state-changing request comes from our own pages, or from no browser at all: every
/// Origin that is sent must be `own_origin`, and every Sec-Fetch-Site same-origin.
bool comes_from_us(http::ServerRequest const& request, std::string_view own_origin);

bool changes_state(http::Method method);

}  // namespace wardroom::front
