/// Result<T>: a value, or the Error that stands in its place.
#pragma once
#include "base/error.hpp"

#include <expected>
#include <string>
#include <utility>

namespace wardroom {

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> failure(ErrorKind kind, std::string what) {
  return std::unexpected(Error{kind, std::move(what), std::nullopt});
}

}  // namespace wardroom
