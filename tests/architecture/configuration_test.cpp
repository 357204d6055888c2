// The tree's own promises: units, example configuration and verb docs agree with the code.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
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
        "LoadCredential=master.key",
        // The sealed copy of a grant that could not be stored outlives a restart.
        "RuntimeDirectoryPreserve=yes"})
    EXPECT_NE(unit.find(directive), std::string::npos) << directive;
  EXPECT_EQ(unit.find("\nPrivateUsers="), std::string::npos);
}

std::set<std::string> all_matches(std::string const& text, std::string const& pattern) {
  std::set<std::string> out;
  std::regex const regex(pattern);
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it)
    out.insert((*it)[1].str());
  return out;
}

std::string settings_sources() {
  std::string out;
  for (auto const* file :
       {"daemon/settings.cpp", "daemon/alerts/alert_settings.cpp",
        "daemon/features/call_blocking/caller_notice_settings.cpp",
        "daemon/features/call_blocking/fence_settings.cpp",
        "daemon/features/call_blocking/call_blocking_settings.cpp",
        "daemon/features/space_sync/rule.cpp", "daemon/features/space_sync/rule_settings.cpp",
        "daemon/features/space_sync/space_sync_settings.cpp", "daemon/settings_doors.cpp",
        "daemon/features/security_notices/security_notices_settings.cpp"})
    out += read(file);
  return out;
}

/// The keys the daemon asks its configuration for, by itself or through a function that takes the
/// section.
std::set<std::string> keys_read() {
  return all_matches(settings_sources(),
                     "(?:\\.(?:text|required_text|word|integer|number|maybe_number|flag|duration|"
                     "distance|texts|numbers|section|list)\\(|\\((?:section|fence),)\\s*"
                     "\"([a-z_]+)\"");
}

TEST(ExampleConfiguration, names_every_key_that_is_read) {
  auto const keys = keys_read();
  ASSERT_GE(keys.size(), 60u);
  auto const example = read("etc/wardroom.yaml");
  for (auto const& key : keys)
    EXPECT_TRUE(std::regex_search(example, std::regex("\\b" + key + "[:,]|\\b" + key + "  ")))
        << key;
}

TEST(ExampleConfiguration, names_no_key_that_nobody_reads) {
  auto keys = all_matches(settings_sources(), "\"([a-z_]+)\"");
  keys.insert({"admin", "guests", "old_guests"});  // the names of identities are the site's own
  auto const named = all_matches(read("etc/wardroom.yaml"), "(?:^|\n|[{,#-]) *([a-z_]+):(?= |\n)");
  ASSERT_GE(named.size(), 50u);
  for (auto const& key : named) EXPECT_TRUE(keys.contains(key)) << key;
}

TEST(Packages, no_secret_stands_in_the_example_configuration) {
  auto const example = read("etc/wardroom.yaml");
  EXPECT_FALSE(std::regex_search(example, std::regex("(secret|password|token):")));
}

}  // namespace
