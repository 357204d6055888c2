#include "crypto/process_hardening.hpp"

#include <cerrno>
#include <cstring>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace wardroom::crypto {

Result<void> harden_process() {
  ::umask(077);
  rlimit const none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    return failure(
        ErrorKind::unavailable,
        std::string("core dumps of this process cannot be switched off: ") + std::strerror(errno));
  return {};
}

}  // namespace wardroom::crypto
