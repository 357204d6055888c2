/// Reads files that hold secrets: only when nobody else can have read or planted them.
#pragma once
#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace wardroom {

enum class PrivateFile {
  plain,       ///< named in the configuration
  credential,  ///< handed over by systemd, in a directory that is closed to everybody else
};

/// The start of `path`, one byte more than `longest` at most, so that a longer file shows. Taken
/// from a regular file of root or our own uid without any right for group and others; not through
/// a link. Never hangs. Group read is refused too: the group of the daemon is that of people who
/// may look at its status. `what` = "master key", for the sentences.
/// Errors: not_found = there is none, denied with the remedy, unavailable = it cannot be read.
Result<Secret> read_private_file(std::string const& path, std::string_view what,
                                 std::size_t longest, PrivateFile kind = PrivateFile::plain);

}  // namespace wardroom
