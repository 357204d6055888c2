// wardroomd: flags → configuration → App → exit code.
#include "app.hpp"
#include "crypto/master_key.hpp"
#include "crypto/process_hardening.hpp"
#include "runtime/random.hpp"
#include "settings.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sodium.h>

#include <cstdio>

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

int make_key(std::string const& file) {
  wardroom::SystemRandom random;
  auto const id = wardroom::crypto::create_master_key(file, random);
  if (!id) {
    fmt::print(stderr, "wardroomd: {}\n", id.error().what);
    return exit_config;
  }
  fmt::print("{}: a new master key, id {}. Keep a copy where the backups of the store are not.\n",
             file, *id);
  return exit_ok;
}

}  // namespace

int main(int argc, char** argv) {
  std::string file = "/etc/wardroom/wardroom.yaml";
  std::string to_check, new_key;
  CLI::App flags(
      "wardroomd, the policy daemon for Cisco collaboration.\nTalk to it with wardroomctl.",
      "wardroomd");
  flags.add_option("-c,--config", file, "the configuration")->capture_default_str();
  flags
      .add_option("--check-config", to_check,
                  "check a configuration, name every mistake with its line, and exit (0 or 78)")
      ->type_name("FILE");
  flags
      .add_option("--new-master-key", new_key,
                  "write a new master key to a file that is not there yet, and exit")
      ->type_name("FILE");
  flags.set_version_flag("--version", "wardroomd 0.1.0");
  CLI11_PARSE(flags, argc, argv);
  if (!to_check.empty()) return check(to_check);

  if (sodium_init() < 0) {
    fmt::print(stderr, "wardroomd: libsodium cannot start\n");
    return exit_software;
  }
  if (auto const hardened = wardroom::crypto::harden_process(); !hardened) {
    fmt::print(stderr, "wardroomd: {}\n", hardened.error().what);
    return exit_software;
  }
  if (!new_key.empty()) return make_key(new_key);
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
