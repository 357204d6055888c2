/// The folder of the store: made private, and locked so that a second daemon cannot use it.
#pragma once
#include "base/result.hpp"

#include <string>
#include <utility>

namespace wardroom::store {

/// Holds the lock until it dies; the kernel drops it with the process, however that ends.
class StateLock {
 public:
  explicit StateLock(int file) : file_(file) {}
  StateLock(StateLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  StateLock& operator=(StateLock&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~StateLock();

 private:
  int file_;
};

/// Makes the folder of `store_file` (0700) when missing, refuses one others may write to, and takes
/// the lock in it. `conflict` names the process that holds it.
Result<StateLock> lock_state_directory(std::string const& store_file);

/// Makes `store_file` (0600) when missing, and takes other people's rights away when it is ours.
/// Before any SQLite handle is open on it: closing a file drops this process's locks on it.
Result<void> make_private_file(std::string const& store_file);

}  // namespace wardroom::store
