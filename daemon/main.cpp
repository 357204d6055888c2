// wardroomd: flags → configuration → App → exit code.
#include "app.hpp"
#include "crypto/master_key.hpp"
#include "crypto/process_hardening.hpp"
#include "offline.hpp"
#include "runtime/random.hpp"
#include "settings.hpp"
#include "settings_files.hpp"

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
  auto const settings = wardroom::load_settings(file, complaints);
  auto const files = wardroom::look_at_files(file, settings.record);
  complaints.insert(complaints.end(), files.mistakes.begin(), files.mistakes.end());
  for (auto const& complaint : complaints) fmt::print(stderr, "{}\n", complaint.text());
  for (auto const& one : files.unseen)
    fmt::print(stderr, "not looked at: {}: {}\n", one.key, one.why);
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
  std::string restore, move_to, move_password;
  bool force = false, move = false, adopt = false;
  auto* const restoring =
      flags
          .add_option("--restore", restore,
                      "put a backup in place of the configured store, and exit; no daemon may run")
          ->type_name("FILE");
  flags.add_flag("--force", force, "with --restore: keep what is there now aside")
      ->needs(restoring);
  auto* const moving =
      flags.add_flag("--move-store", move,
                     "move the configured store into another one, and exit; no daemon may run");
  flags.add_option("--to", move_to, "with --move-store: the new store, which must be empty")
      ->type_name("URL")
      ->needs(moving);
  flags
      .add_option("--to-password-file", move_password,
                  "with --move-store: the new store's password")
      ->type_name("FILE")
      ->needs(moving);
  flags.add_flag("--adopt-store", adopt,
                 "use the configured store although it was moved away, or a copy whose end is not "
                 "known, and exit");
  flags.set_version_flag("--version", "wardroomd 0.1.0");
  CLI11_PARSE(flags, argc, argv);
  if (move && move_to.empty()) {
    fmt::print(stderr, "wardroomd: --move-store needs --to URL\n");
    return exit_config;
  }
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
    if (!restore.empty()) return wardroom::restore_store(settings, restore, force);
    if (move) return wardroom::move_store(settings, move_to, move_password);
    if (adopt) return wardroom::adopt_store(settings);
    return wardroom::run_daemon(std::move(settings));
  } catch (std::exception const& e) {
    wardroom::log::error("the daemon cannot go on", {{"why", e.what()}});
    fmt::print(stderr, "wardroomd: {}\n", e.what());
    return exit_software;
  }
}
