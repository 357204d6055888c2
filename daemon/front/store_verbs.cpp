#include "front/store_verbs.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "base/time_text.hpp"
#include "config/config_file.hpp"
#include "control/octet_digest.hpp"
#include "front/ndjson.hpp"
#include "store/backup.hpp"
#include "store/meta.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

namespace wardroom::front {
namespace asio = boost::asio;
namespace {

using control::VerbCall;
using nlohmann::ordered_json;
using store::StoreError;
using Stream = std::shared_ptr<http::ResponseStream>;
using namespace std::chrono_literals;

constexpr std::string_view work_name = "backup-";
constexpr std::string_view last_backup = "store.last_backup";
constexpr std::size_t octets_a_line = 48 * 1024;  // base64 of it stays below 64 KiB
constexpr std::size_t lines_a_turn = 4;
constexpr std::size_t most_backlog = 1u << 20;

/// One long job at a time, on a thread of its own.
struct Desk {
  explicit Desk(StorePorts given) : ports(std::move(given)), helper(ports.loop, 1) {}

  StorePorts ports;
  std::string busy;  ///< what runs: "a backup"; empty = nothing
  Helpers helper;
};
using Shared = std::shared_ptr<Desk>;

/// While it lives, nobody else gets the desk.
class Turn {
 public:
  Turn(Shared desk, std::string what) : desk_(std::move(desk)) { desk_->busy = std::move(what); }
  ~Turn() { desk_->busy.clear(); }
  Turn(Turn const&) = delete;
  Turn& operator=(Turn const&) = delete;

 private:
  Shared desk_;
};

/// Says on the loop, a few times a second, whether somebody still wants the job; the job asks
/// `given_up` on its own thread.
class Watch {
 public:
  Watch(Desk& desk, Stream stream, std::function<void()> give_up)
      : desk_(desk), stream_(std::move(stream)), give_up_(std::move(give_up)) {
    look();
  }
  bool given_up() const { return gone_; }

 private:
  void look() {
    if (!gone_ && (!stream_->open() || desk_.ports.tasks.stopping())) {
      gone_ = true;
      give_up_();
    }
    if (!gone_) timer_ = desk_.ports.clock.after(50ms, [this] { look(); });
  }
  Desk& desk_;
  Stream stream_;
  std::function<void()> give_up_;
  std::atomic<bool> gone_ = false;
  TimerHandle timer_;
};

/// Progress lines, at most some a second; `rows` may be told from any thread by way of the loop.
class Teller {
 public:
  Teller(Desk& desk, Stream stream) : desk_(desk), stream_(std::move(stream)) {}
  void tell(store::MoveProgress const& progress) {
    auto const now = desk_.ports.clock.uptime();
    if (progress.phase == phase_ && now < next_) return;
    phase_ = progress.phase;
    next_ = now + 200ms;
    ordered_json line{{"phase", progress.phase}};
    if (!progress.table.empty()) line["table"] = progress.table;
    line["rows"] = progress.rows;
    if (progress.total > 0) line["total"] = progress.total;
    if (stream_->backlog() < most_backlog) write_line(*stream_, line);
  }

 private:
  Desk& desk_;
  Stream stream_;
  std::string phase_;
  Uptime next_{};
};

template <class Work>
Task<Result<void>> on_thread(Desk& desk, Work work) {
  co_return co_await desk.helper.run([work = std::move(work)]() mutable -> Result<void> {
    try {
      work();
      return {};
    } catch (StoreError const& e) {
      return std::unexpected(e.error());
    } catch (std::exception const& e) {
      return failure(ErrorKind::internal, e.what());
    }
  });
}

// ---- store show ----

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

Task<Result<ordered_json>> show(Shared desk) {
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

// ---- backup ----

struct Removed {
  std::string file;
  ~Removed() {
    std::error_code none;
    std::filesystem::remove(file, none);
  }
};

/// The next lines of the file; empty at its end.
struct Pieces {
  std::ifstream in;
  control::OctetDigest digest{};
  std::int64_t octets = 0;

  std::string next() {
    std::string lines, piece(octets_a_line, '\0');
    for (std::size_t i = 0; i < lines_a_turn && in; ++i) {
      in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
      auto const got = std::string_view(piece).substr(0, static_cast<std::size_t>(in.gcount()));
      if (got.empty()) break;
      digest.add(got);
      octets += static_cast<std::int64_t>(got.size());
      lines += fmt::format("{{\"data\":\"{}\"}}\n", to_base64(got));
    }
    if (in.bad())
      throw StoreError(Error{ErrorKind::unavailable, "the finished backup cannot be read again"});
    return lines;
  }
};

/// As fast as the other side takes it.
Task<Result<void>> send(Desk& desk, Stream stream, Pieces& pieces, Watch const& watch) {
  for (;;) {
    std::string lines;
    auto read = co_await on_thread(desk, [&] { lines = pieces.next(); });
    if (!read) co_return read;
    if (lines.empty()) co_return Result<void>{};
    stream->write(std::make_shared<std::string const>(std::move(lines)));
    while (stream->backlog() > most_backlog && !watch.given_up())
      co_await desk.ports.clock.sleep_for(5ms);
    if (watch.given_up()) co_return failure(ErrorKind::cancelled, "nobody takes the backup");
  }
}

Task<Result<ordered_json>> make_backup(Shared desk, Stream stream, VerbCall const& call) {
  auto const now = desk->ports.clock.now();
  forget_cut_backups(desk->ports.work_folder);
  Removed const file{
      fmt::format("{}/{}{}.tmp", desk->ports.work_folder, work_name, store::new_move_id())};
  Teller teller(*desk, stream);
  Watch watch(*desk, stream, [] {});
  store::BackupManifest manifest;
  auto made = co_await on_thread(*desk, [&] {
    std::int64_t total = 0;
    auto const tell = [&](std::string const& table, std::int64_t rows) {
      if (watch.given_up())
        throw StoreError(Error{ErrorKind::cancelled, "the backup was given up"});
      asio::post(desk->ports.loop,
                 [&teller, table, rows, total] { teller.tell({"copy", table, rows, total}); });
    };
    store::StoreSession session(desk->ports.in_use(), store::StoreSession::Use::read);
    manifest = store::write_backup(session, desk->ports.steps,
                                   {.file = file.file,
                                    .version = desk->ports.version,
                                    .now = now,
                                    .watch = tell,
                                    .begun = [&](std::int64_t rows) { total = rows; }});
  });
  if (!made) co_return std::unexpected(made.error());
  Pieces pieces{std::ifstream(file.file, std::ios::binary)};
  if (auto sent = co_await send(*desk, stream, pieces, watch); !sent)
    co_return std::unexpected(sent.error());
  ordered_json done{{"created_at", manifest.created_at},
                    {"version", manifest.version},
                    {"engine", manifest.engine},
                    {"key_id", manifest.key_id},
                    {"checksum", manifest.checksum},
                    {"rows", manifest.total()},
                    {"bytes", pieces.octets},
                    {"digest", pieces.digest.hex()}};
  *call.change = {
      .object = "store",
      .after = ordered_json{{"rows", manifest.total()}, {"bytes", pieces.octets}}.dump()};
  ordered_json const note{{"at", manifest.created_at},
                          {"bytes", pieces.octets},
                          {"rows", manifest.total()},
                          {"by", call.caller.name}};
  auto noted = co_await desk->ports.database.write(
      [text = note.dump()](store::Sql& sql) { store::set_meta(sql, last_backup, text); });
  if (!noted)
    log::warning("a backup was made and could not be noted", {{"why", noted.error().what}});
  log::info("a backup was made", {{"rows", manifest.total()}, {"bytes", pieces.octets}});
  co_return done;
}

// ---- store migrate ----

Result<store::StoreSettings> target_of(Desk const& desk, VerbCall const& call) {
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

Task<Result<ordered_json>> migrate(Shared desk, Stream stream, VerbCall const& call) {
  auto to = target_of(*desk, call);
  if (!to) co_return std::unexpected(to.error());
  std::string const password_file(call.get("password-file"));
  auto const used = desk->ports.in_use();
  bool const had_password = !used.password.empty();
  Teller teller(*desk, stream);
  store::LiveMove move({desk->ports.loop, desk->ports.database, desk->ports.clock, desk->helper},
                       used, *to, desk->ports.steps,
                       [&teller](store::MoveProgress const& progress) { teller.tell(progress); });
  Watch const watch(*desk, stream, [&move] { move.give_up(); });
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

// ---- both ----

using Job = Task<Result<ordered_json>> (*)(Shared, Stream, VerbCall const&);

/// Runs to its end whatever is cancelled: `Watch` ends it where that can be done safely.
Task<void> run_job(Shared desk, std::string what, Job job, VerbCall call, Stream stream) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (!desk->busy.empty()) {
    write_error(*stream, {ErrorKind::conflict,
                          fmt::format("{} is under way; wait until it is done", desk->busy)});
    co_return stream->close();
  }
  Turn const turn(desk, std::move(what));
  auto done = co_await job(desk, stream, call);
  if (done)
    write_line(*stream, {{"done", std::move(*done)}});
  else
    write_error(*stream, done.error());
  stream->close();
}

void add_job(control::Verbs& verbs, Shared desk, std::string_view words, std::string what,
             Job job) {
  verbs.handle_stream(words, [desk, what, job](VerbCall call, Stream stream) {
    desk->ports.tasks.spawn(what, [desk, what, job, call = std::move(call), stream] {
      return run_job(desk, what, job, call, stream);
    });
  });
}

}  // namespace

void forget_cut_backups(std::string const& work_folder) {
  std::error_code none;
  for (auto const& entry : std::filesystem::directory_iterator(work_folder, none)) {
    auto const name = entry.path().filename().string();
    if (name.starts_with(work_name) && name.find(".tmp") != name.npos)
      std::filesystem::remove(entry.path(), none);
  }
}

void add_store_verbs(control::Verbs& verbs, StorePorts ports) {
  auto desk = std::make_shared<Desk>(std::move(ports));
  verbs.handle("store show", [desk](VerbCall) { return show(desk); });
  add_job(verbs, desk, "backup", "a backup", make_backup);
  add_job(verbs, desk, "store migrate", "a move of the store", migrate);
}

}  // namespace wardroom::front
