/// A port: a valid bearer token for an identity, renewed behind the caller's back.
#pragma once
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/units.hpp"
#include "runtime/task.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::oauth {

/// What is known of a token without using it.
struct TokenLife {
  std::uint64_t version = 0;  ///< another one for another token
  Uptime ends{};              ///< the server serves it until then, as far as it said
};

class AccessTokens {
 public:
  virtual ~AccessTokens() = default;
  /// Of the current token of `identity`; nullopt when there is none or nothing is known. For those
  /// who must move what lives by a token (an open stream) to its successor in time.
  virtual std::optional<TokenLife> life(std::string_view /*identity*/) const {
    return std::nullopt;
  }
  /// The current token of `identity`; waits for a renewal in progress.
  /// Errors: unauthorized when somebody must log in (the sentence says how).
  virtual Task<Result<Secret>> bearer(std::string identity) = 0;
  /// A product answered 401 to `used`: renew once unless a newer token is there already, then
  /// answer it.
  virtual Task<Result<Secret>> replace(std::string identity, Secret used) = 0;
};

}  // namespace wardroom::oauth
