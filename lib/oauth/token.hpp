/// A grant: what an identity was given by the authorization server, for whom, and until when.
#pragma once
#include "base/secret.hpp"
#include "base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::oauth {

/// What kind of account an identity is, and so how its grant begins.
enum class IdentityKind {
  integration,   ///< a person logs in
  service_app,   ///< begins with a refresh token from a file, which the portal gave
  guest_issuer,  ///< no grant: it signs its tokens by itself
};
std::string_view name(IdentityKind kind);
/// "integration", "service_app", "guest_issuer"; nullopt for another word.
std::optional<IdentityKind> parse_identity_kind(std::string_view word);

/// What the identity of a person's own grant begins with; the person's UUID follows.
inline constexpr std::string_view person_prefix = "person:";

/// The person who granted it, as people/me told at login.
struct GrantOwner {
  std::string person_id, name, email, org_id;
  bool operator==(GrantOwner const&) const = default;
};

struct Grant {
  std::string identity;  ///< "admin", "guests", or "person:<uuid>" for a host's own grant
  /// Counts every change; part of what the sealed tokens are bound to.
  std::uint64_t generation = 0;
  Secret access;
  Secret refresh;
  /// The refresh token before the last rotation, kept until the newer one was used with success.
  Secret previous_refresh;
  std::vector<std::string> scopes;
  Instant issued_at{};  ///< server time, like the two below
  Instant access_expires_at{};
  std::optional<Instant> refresh_expires_at;  ///< absent when the server did not say
  GrantOwner who;
  /// Set once the server said that the refresh token is no good any more: the sentence to show.
  std::string retired;
  /// A person's own grant: the configured identity by whose OAuth client it came. Else empty.
  std::string client{};
  /// A service app's grant: digest of the refresh token from the file it began with. Else empty.
  std::string seed{};

  Milliseconds access_life() const { return access_expires_at - issued_at; }
};

/// "a b  c" → {a, b, c}
std::vector<std::string> split_scopes(std::string_view text);
std::string join_scopes(std::vector<std::string> const& scopes);
/// Those of `wanted` that `granted` lacks, in the order of `wanted`. `spark:all` holds the user
/// scopes of messaging. Source: webex-rest.md 11.
std::vector<std::string> missing_scopes(std::vector<std::string> const& wanted,
                                        std::vector<std::string> const& granted);

}  // namespace wardroom::oauth
