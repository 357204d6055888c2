// The store of the daemon: which one is in use, what a start finds of an unfinished move, and the
// verbs that back it up and move it.
#include "app_objects.hpp"
#include "config/config_file.hpp"
#include "front/store_verbs.hpp"

#include <cstdlib>
#include <filesystem>

namespace wardroom {

store::StoreSettings App::store_in_use() const {
  store::StoreSettings out{settings_.store_url, {}};
  if (settings_.store_password_file.empty()) return out;
  auto password = config::read_secret(settings_.store_password_file);
  if (password)
    out.password = std::move(*password);
  else  // the attempt to connect says what the server thinks of that
    log::warning("the password of the store cannot be read", {{"why", password.error().what}});
  return out;
}

/// Private to the daemon, and on a disk: a backup lies there until it is taken over.
std::string App::work_folder() const {
  if (store::engine_of(settings_.store_url) == store::Engine::sqlite)
    return std::filesystem::path(store::sqlite_path(settings_.store_url)).parent_path();
  auto const* state = std::getenv("STATE_DIRECTORY");
  return state != nullptr ? state : runtime_folder(settings_);
}

/// This store is the one in use: what an attempt to move it has left goes.
Task<void> App::settle_store() {
  front::forget_cut_backups(work_folder());
  auto const engine = store::engine_of(settings_.store_url).value_or(store::Engine::sqlite);
  or_stop(
      co_await database_->write([engine](store::Sql& sql) { store::settle_moves(sql, engine); }));
}

front::StorePorts App::store_ports() {
  return {.loop = loop_,
          .clock = clock_,
          .tasks = tasks_,
          .database = *database_,
          .in_use = [this] { return store_in_use(); },
          .steps = all_migrations(),
          .work_folder = work_folder(),
          .version = "0.1.0",
          .moved =
              [this](store::StoreSettings settings, std::string password_file) {
                settings_.store_url = std::move(settings.url);
                settings_.store_password_file = std::move(password_file);
              }};
}

}  // namespace wardroom
