/// A port: a valid bearer token for an identity, renewed behind the caller's back.
#pragma once
#include "base/result.hpp"
#include "base/secret.hpp"
#include "runtime/task.hpp"

#include <string>

namespace wardroom::oauth {

class AccessTokens {
 public:
  virtual ~AccessTokens() = default;
  /// The current token of `identity`; waits for a renewal in progress.
  /// Errors: unauthorized when somebody must log in (the sentence says how).
  virtual Task<Result<Secret>> bearer(std::string identity) = 0;
  /// A product answered 401 to `used`: renew once unless a newer token is there already, then
  /// answer it.
  virtual Task<Result<Secret>> replace(std::string identity, Secret used) = 0;
};

}  // namespace wardroom::oauth
