#include "setup_write.hpp"

#include "crypto/master_key.hpp"
#include "runtime/random.hpp"
#include "store/open_store.hpp"

#include <filesystem>
#include <unistd.h>

namespace wardroom::ctl {

namespace fs = std::filesystem;

std::expected<Places, std::string> places_of(Command const& command) {
  auto const config = command.params.find("config"), dir = command.params.find("dir");
  if (config != command.params.end() && dir != command.params.end())
    return std::unexpected("--config and --dir both say where; keep one of the two");
  if (dir != command.params.end()) return Places(dir->second + "/wardroom.yaml");
  if (config != command.params.end()) return Places(config->second);
  return Places("/etc/wardroom/wardroom.yaml");
}

Result<void> add_own_keys(Site& site, Places const& places) {
  if (!site.draft.has("secrets.master_key_file") && !places.system)
    if (auto set = site.draft.set("secrets.master_key_file", yaml_text(places.secret("master.key")),
                                  "Seals tokens in the store; keep a copy away from its backups.");
        !set)
      return set;
  if (!site.draft.has("control.socket") && !places.system)
    return site.draft.set("control.socket", yaml_text(places.socket()),
                          "For wardroomctl --socket.");
  return {};
}

Result<std::vector<WrittenFile>> write_site(Site const& site, Places const& places, bool with_key) {
  config::Complaints ignored;
  auto const settings = site.draft.read(ignored);
  auto const user = daemon_user();
  FileSet files(user);
  files.add_folder(places.folder, FileSet::Folder::config);
  if (with_key && store::engine_of(settings.store_url) == store::Engine::sqlite)
    files.add_folder(fs::path(store::sqlite_path(settings.store_url)).parent_path().string(),
                     FileSet::Folder::state);
  std::error_code trouble;
  // Of the system's own site that folder is systemd's business, where there is one.
  if (with_key && !(places.system && fs::exists("/run/systemd/system", trouble)))
    files.add_folder(fs::path(settings.control_socket).parent_path().string(),
                     FileSet::Folder::runtime);
  for (auto const& [file, secret] : site.secrets) files.add_secret(file, secret);
  for (auto const& [file, list] : site.lists) files.add_public(file, list);
  files.add_public(places.config, site.draft.text());
  auto written = files.commit();
  if (!written || !with_key || fs::exists(settings.master_key_file, trouble)) return written;
  SystemRandom random;
  auto const key = crypto::create_master_key(settings.master_key_file, random);
  if (!key) return std::unexpected(key.error());
  if (user && ::chown(settings.master_key_file.c_str(), user->uid, user->gid) != 0)
    return failure(ErrorKind::denied,
                   "cannot give " + settings.master_key_file + " to " + user->name);
  written->push_back({settings.master_key_file, "0600", user ? user->name : ""});
  return written;
}

}  // namespace wardroom::ctl
