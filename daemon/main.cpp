// wardroomd: flags → configuration → App → exit code.
#include "app.hpp"
#include "settings.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sodium.h>

#include <cstdio>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace {

/// Exit codes of sysexits.h that the unit file and the documentation name.
constexpr int exit_ok = 0;
constexpr int exit_software = 70;
constexpr int exit_config = 78;

int check(std::string const& file) {
  wardroom::config::Complaints complaints;
  wardroom::load_settings(file, complaints);
  for (auto const& complaint : complaints) fmt::print(stderr, "{}\n", complaint.text());
  if (complaints.empty()) fmt::print("{}: fine\n", file);
  return complaints.empty() ? exit_ok : exit_config;
}

/// Tokens live in this process: no core file, and no other process of our uid may look in.
void keep_memory_private() {
  rlimit const none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
#if !__has_feature(address_sanitizer)  // the leak check looks into its own process
  prctl(PR_SET_DUMPABLE, 0);
#endif
  umask(077);
}

}  // namespace

int main(int argc, char** argv) {
  std::string file = "/etc/wardroom/wardroom.yaml";
  std::string to_check;
  CLI::App flags(
      "wardroomd, the policy daemon for Cisco collaboration.\nTalk to it with wardroomctl.",
      "wardroomd");
  flags.add_option("-c,--config", file, "the configuration")->capture_default_str();
  flags
      .add_option("--check-config", to_check,
                  "check a configuration, name every mistake with its line, and exit (0 or 78)")
      ->type_name("FILE");
  flags.set_version_flag("--version", "wardroomd 0.1.0");
  CLI11_PARSE(flags, argc, argv);
  if (!to_check.empty()) return check(to_check);

  keep_memory_private();
  if (sodium_init() < 0) {
    fmt::print(stderr, "wardroomd: libsodium cannot start\n");
    return exit_software;
  }
  wardroom::config::Complaints complaints;
  auto settings = wardroom::load_settings(file, complaints);
  if (!complaints.empty()) {
    for (auto const& complaint : complaints) fmt::print(stderr, "{}\n", complaint.text());
    return exit_config;
  }
  try {
    return wardroom::run_daemon(std::move(settings));
  } catch (std::exception const& e) {
    wardroom::log::error("the daemon cannot go on", {{"why", e.what()}});
    fmt::print(stderr, "wardroomd: {}\n", e.what());
    return exit_software;
  }
}
