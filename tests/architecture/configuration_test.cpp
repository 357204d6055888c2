// The tree's own promises: units, example configuration and verb docs agree with the code.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

namespace {

std::string read(std::string const& path) {
  std::ifstream in(std::string(WARDROOM_SOURCE_DIR) + "/" + path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(Units, the_three_sockets_carry_the_names_the_daemon_looks_for) {
  for (std::string const name : {"http", "cdr", "control"})
    EXPECT_NE(
        read("systemd/wardroomd-" + name + ".socket").find("FileDescriptorName=" + name + "\n"),
        std::string::npos);
}

TEST(Units, K1_the_service_keeps_its_sandbox) {
  auto const unit = read("systemd/wardroomd.service");
  for (auto const* directive :
       {"Type=notify", "WatchdogSec=30", "NoNewPrivileges=yes", "ProtectSystem=strict",
        "CapabilityBoundingSet=\n", "MemoryDenyWriteExecute=yes", "LimitCORE=0",
        "LimitNOFILE=262144", "StartLimitIntervalSec=0", "RestartPreventExitStatus=77 78",
        "LoadCredential=master.key"})
    EXPECT_NE(unit.find(directive), std::string::npos) << directive;
  EXPECT_EQ(unit.find("\nPrivateUsers="), std::string::npos);
}

TEST(Packages, no_secret_stands_in_the_example_configuration) {
  auto const example = read("etc/wardroom.yaml");
  EXPECT_FALSE(std::regex_search(example, std::regex("(secret|password|token):")));
}

}  // namespace
