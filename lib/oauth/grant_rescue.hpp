/// Rescue files: a renewed grant that could not be committed, sealed in the runtime directory until
/// it can.
///
///   grant-rescue-<digest of the identity>, 0600:
///     "wardroom grant rescue 1 " generation "\n" sealed(cell rescue|identity|grant|generation)
///   sealed content: JSON of the whole grant
#pragma once
#include "crypto/sealing.hpp"
#include "oauth/token.hpp"

#include <string>
#include <vector>

namespace wardroom::oauth {

class RescueFiles {
 public:
  /// An empty `folder` keeps nothing. `sealer` outlives this; while the master key changes it opens
  /// what the key before sealed, too.
  RescueFiles(std::string folder, crypto::Sealer const& sealer)
      : folder_(std::move(folder)), sealer_(&sealer) {}

  bool on() const { return !folder_.empty(); }
  std::string path(std::string_view identity) const;

  /// Whole or not at all, in place of an older one; on the disk when this returns. Blocks for the
  /// little it writes: the folder is meant to be in memory (/run).
  Result<void> keep(Grant const& grant) const;
  /// Errors: not_found when there is none, denied when it was sealed with another master key or is
  /// no private file of ours, malformed when it is damaged or belongs to another identity;
  /// unavailable = it cannot be read.
  Result<Grant> read(std::string const& identity) const;
  /// Good as well when there is none.
  Result<void> drop(std::string_view identity) const;
  /// Rescue files in the folder that belong to none of `identities`.
  std::vector<std::string> strangers(std::vector<std::string> const& identities) const;

 private:
  std::string folder_;
  crypto::Sealer const* sealer_;
};

}  // namespace wardroom::oauth
