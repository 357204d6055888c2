/// A file descriptor that is closed at the end of its scope.
#pragma once
#include <unistd.h>

namespace wardroom {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}  ///< negative = none
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace wardroom
