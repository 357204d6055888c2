// The hardened process: no core, closed to its peers; and keys lie in the memory of secrets.
#include "crypto/process_hardening.hpp"

#include "base/secret_memory.hpp"
#include "crypto/master_key.hpp"

#include <gtest/gtest.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace wardroom::crypto {
namespace {

TEST(ProcessHardening, T3_leaves_no_core_and_lets_nobody_look_in) {
  auto const child = ::fork();
  if (child == 0) {
    rlimit cores{1, 1};
    bool const fine = harden_process().has_value() && ::getrlimit(RLIMIT_CORE, &cores) == 0 &&
                      cores.rlim_cur == 0 && cores.rlim_max == 0 &&
                      ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && ::umask(0) == 077;
    ::_exit(fine && harden_process() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(MasterKeys, T3_lie_in_the_memory_of_secrets) {
  auto const before = secret_memory().secrets;
  {
    auto const key = MasterKey::from_bytes(std::string(32, 'k'));
    EXPECT_EQ(secret_memory().secrets, before + 1);
    auto const sealing = key->derive(SubKey::sealing);
    EXPECT_EQ(secret_memory().secrets, before + 2);
  }
  EXPECT_EQ(secret_memory().secrets, before);
}

}  // namespace
}  // namespace wardroom::crypto
