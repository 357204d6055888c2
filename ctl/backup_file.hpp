/// A backup on its way to its place: beside it under another name until it is whole, private, on
/// the disk, and then put there at once.
#pragma once
#include "control/octet_digest.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace wardroom::ctl {

class BackupFile {
 public:
  /// Makes "NAME.part-…" beside `place`. Error: a sentence.
  static std::expected<BackupFile, std::string> begin(std::string place, bool replace);
  BackupFile(BackupFile&& other) noexcept;
  BackupFile& operator=(BackupFile&&) = delete;
  ~BackupFile();  ///< what was not put in place goes

  std::expected<void, std::string> add(std::string_view octets);
  /// Only when so many octets with this digest arrived.
  std::expected<void, std::string> finish(std::int64_t octets, std::string_view digest);
  std::int64_t octets() const { return octets_; }

 private:
  BackupFile(std::string place, std::string part, int file, bool replace);

  std::string place_, part_;
  int file_ = -1;
  bool replace_ = false;
  std::int64_t octets_ = 0;
  control::OctetDigest digest_;
};

}  // namespace wardroom::ctl
