// What the store's verbs do: the short answer of `store show`, and the desk where long jobs queue.
#include "front/store_verbs.hpp"

#include "front/store_desk.hpp"
#include "store/meta.hpp"

#include <fmt/format.h>

namespace wardroom::front {
namespace asio = boost::asio;
namespace {

using control::VerbCall;
using nlohmann::ordered_json;

/// While it lives, nobody else gets the desk.
class Turn {
 public:
  Turn(SharedDesk desk, std::string what) : desk_(std::move(desk)) {
    desk_->busy = std::move(what);
  }
  ~Turn() { desk_->busy.clear(); }
  Turn(Turn const&) = delete;
  Turn& operator=(Turn const&) = delete;

 private:
  SharedDesk desk_;
};

struct Shown {
  std::int64_t bytes = 0;
  std::vector<store::TableCount> tables;
  std::int64_t steps = 0, newest = 0;
  std::string newest_name, backup;
};

Shown look_at(store::Sql& sql, store::Engine engine) {
  Shown out;
  for (auto const& table : store::list_tables(sql, engine))
    out.tables.push_back({table.name, store::count_rows(sql, table), {}});
  out.bytes = sql.one(engine == store::Engine::sqlite
                          ? "SELECT page_count * page_size FROM pragma_page_count(), "
                            "pragma_page_size()"
                          : "SELECT pg_database_size(current_database())")
                  ->integer(0);
  out.steps = sql.one("SELECT count(*) FROM schema_migrations")->integer(0);
  if (auto const row =
          sql.one("SELECT number, name FROM schema_migrations ORDER BY number DESC LIMIT 1")) {
    out.newest = row->integer(0);
    out.newest_name = row->text(1);
  }
  out.backup = store::get_meta(sql, last_backup).value_or("");
  return out;
}

Task<Result<ordered_json>> show(SharedDesk desk) {
  auto const settings = desk->ports.in_use();
  auto const engine = store::engine_of(settings.url).value_or(store::Engine::sqlite);
  auto shown = co_await desk->ports.database.read<Shown>(
      [engine](store::Sql& sql) { return look_at(sql, engine); });
  if (!shown) co_return std::unexpected(shown.error());
  ordered_json out{{"engine", engine == store::Engine::sqlite ? "SQLite" : "PostgreSQL"},
                   {"address", desk->ports.database.address()},
                   {"bytes", shown->bytes},
                   {"schema_steps", shown->steps},
                   {"newest_step", fmt::format("{} {}", shown->newest, shown->newest_name)}};
  auto tables = ordered_json::array();
  for (auto const& table : shown->tables)
    tables.push_back({{"table", table.table}, {"rows", table.rows}});
  out["tables"] = std::move(tables);
  auto const backup = ordered_json::parse(shown->backup, nullptr, false);
  if (backup.is_object()) out["last_backup"] = backup;
  if (!desk->busy.empty()) out["busy"] = desk->busy;
  co_return out;
}

/// Runs to its end whatever is cancelled: `Watch` ends it where that can be done safely.
Task<void> run_job(SharedDesk desk, std::string what, StoreJob job, VerbCall call,
                   StoreStream stream) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (!desk->busy.empty()) {
    write_error(*stream, {ErrorKind::conflict,
                          fmt::format("{} is under way; wait until it is done", desk->busy)});
    co_return stream->close();
  }
  Turn const turn(desk, std::move(what));
  Result<ordered_json> done = failure(ErrorKind::internal, "it ended without a result");
  try {
    done = co_await job(desk, stream, call);
  } catch (std::exception const& e) {  // whoever waits for the stream hears of it
    done = failure(ErrorKind::internal, fmt::format("{} failed: {}", desk->busy, e.what()));
  }
  if (done)
    write_line(*stream, {{"done", std::move(*done)}});
  else
    write_error(*stream, done.error());
  stream->close();
}

void add_job(control::Verbs& verbs, SharedDesk desk, std::string_view words, std::string what,
             StoreJob job) {
  verbs.handle_stream(words, [desk, what, job](VerbCall call, StoreStream stream) {
    desk->ports.tasks.spawn(what, [desk, what, job, call = std::move(call), stream] {
      return run_job(desk, what, job, call, stream);
    });
  });
}

}  // namespace

void add_store_verbs(control::Verbs& verbs, StorePorts ports) {
  auto desk = std::make_shared<StoreDesk>(std::move(ports));
  verbs.handle("store show", [desk](VerbCall) { return show(desk); });
  add_job(verbs, desk, "backup", "a backup", make_backup);
  add_job(verbs, desk, "store migrate", "a move of the store", migrate_store);
}

}  // namespace wardroom::front
