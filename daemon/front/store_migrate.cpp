// The move of the running site into another store.
#include "base/log.hpp"
#include "config/config_file.hpp"
#include "front/store_desk.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace wardroom::front {
namespace {

using control::VerbCall;
using nlohmann::ordered_json;

Result<store::StoreSettings> target_of(StoreDesk const& desk, VerbCall const& call) {
  store::StoreSettings to{std::string(call.get("to")), {}};
  auto const engine = store::engine_of(to.url);
  if (!engine) return std::unexpected(engine.error());
  auto const used = desk.ports.in_use();
  if (auto const from = call.get("from");
      !from.empty() && from != used.url && from != store::shown_url(used.url))
    return failure(ErrorKind::malformed,
                   fmt::format("the store in use is {}, not {}; leave --from out, or stop the "
                               "daemon that uses that one and run there: wardroomd --move-store",
                               store::shown_url(used.url), store::shown_url(from)));
  if (to.url == used.url) return failure(ErrorKind::malformed, "that is the store in use already");
  namespace fs = std::filesystem;
  auto const in_use = store::engine_of(used.url).value_or(store::Engine::sqlite);
  if (*engine == store::Engine::sqlite && in_use == store::Engine::sqlite &&
      fs::path(store::sqlite_path(to.url)).parent_path() ==
          fs::path(store::sqlite_path(used.url)).parent_path())
    return failure(ErrorKind::malformed,
                   "the new store needs a folder of its own: one folder, one daemon, one store");
  if (auto const file = call.get("password-file"); !file.empty()) {
    if (*engine == store::Engine::sqlite)
      return failure(ErrorKind::malformed, "a sqlite store has no password; leave the file out");
    auto password = config::read_secret(std::string(file));
    if (!password) return std::unexpected(password.error());
    to.password = std::move(*password);
  }
  return to;
}

/// In the order in which each step is a configuration that can be read.
ordered_json lines_to_set(store::StoreSettings const& to, std::string const& password_file,
                          bool had_password) {
  auto out = ordered_json::array();
  ordered_json const url{{"key", "store.url"}, {"value", to.url}};
  ordered_json const file{{"key", "store.password_file"}, {"value", password_file}};
  bool const sqlite =
      store::engine_of(to.url).value_or(store::Engine::sqlite) == store::Engine::sqlite;
  if (sqlite && had_password) out.push_back(file);
  out.push_back(url);
  if (!sqlite && (had_password || !password_file.empty())) out.push_back(file);
  return out;
}

}  // namespace

Task<Result<ordered_json>> migrate_store(SharedDesk desk, StoreStream stream,
                                         VerbCall const& call) {
  auto to = target_of(*desk, call);
  if (!to) co_return std::unexpected(to.error());
  std::string const password_file(call.get("password-file"));
  auto const used = desk->ports.in_use();
  bool const had_password = !used.password.empty();
  JobTeller teller(*desk, stream);
  store::LiveMove move({desk->ports.loop, desk->ports.database, desk->ports.clock, desk->helper,
                        [desk] { return desk->ports.tasks.stopping(); }},
                       used, *to, desk->ports.steps,
                       [&teller](store::MoveProgress const& progress) { teller.tell(progress); });
  JobWatch const watch(*desk, stream, [&move] { move.give_up(); });
  log::info("the store is being moved", {{"to", store::shown_url(to->url)}});
  auto const report = co_await move.run();
  if (!report) {
    log::warning("the store was not moved", {{"why", report.error().what}});
    co_return std::unexpected(report.error());
  }
  desk->ports.moved(*to, password_file);
  *call.change = {.object = "store",
                  .before = ordered_json{{"url", report->from}}.dump(),
                  .after = ordered_json{{"url", report->to}, {"rows", report->rows}}.dump()};
  log::info("the store was moved", {{"from", report->from},
                                    {"to", report->to},
                                    {"rows", report->rows},
                                    {"pause_ms", report->pause.count()}});
  auto tables = ordered_json::array();
  for (auto const& table : report->tables) {
    ordered_json row{{"table", table.table}, {"rows", table.rows}};
    if (!table.digest.empty()) row["checksum"] = table.digest;
    tables.push_back(std::move(row));
  }
  co_return ordered_json{{"from", report->from},
                         {"to", report->to},
                         {"rows", report->rows},
                         {"changed_meanwhile", report->caught_up},
                         {"pause_ms", report->pause.count()},
                         {"tables", std::move(tables)},
                         {"set", lines_to_set(*to, password_file, had_password)}};
}

}  // namespace wardroom::front
