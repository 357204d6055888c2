// A backup of the running site: written on a thread beside the loop, and sent to whoever asked.
#include "base/encoding.hpp"
#include "base/log.hpp"
#include "control/octet_digest.hpp"
#include "front/store_desk.hpp"
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
using namespace std::chrono_literals;

constexpr std::string_view work_name = "backup-";
constexpr std::size_t octets_a_line = 48 * 1024;  // base64 of it stays below 64 KiB
constexpr std::size_t lines_a_turn = 4;

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
    if (!in.is_open())
      throw StoreError(Error{ErrorKind::unavailable, "the finished backup cannot be read again"});
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
Task<Result<void>> send(StoreDesk& desk, StoreStream stream, Pieces& pieces,
                        JobWatch const& watch) {
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

}  // namespace

Task<Result<ordered_json>> make_backup(SharedDesk desk, StoreStream stream, VerbCall const& call) {
  auto const now = desk->ports.clock.now();
  forget_cut_backups(desk->ports.work_folder);
  Removed const file{
      fmt::format("{}/{}{}.tmp", desk->ports.work_folder, work_name, store::new_move_id())};
  JobTeller teller(*desk, stream);
  JobWatch watch(*desk, stream, [] {});
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

void forget_cut_backups(std::string const& work_folder) {
  std::error_code none;
  for (auto const& entry : std::filesystem::directory_iterator(work_folder, none)) {
    auto const name = entry.path().filename().string();
    if (name.starts_with(work_name) && name.find(".tmp") != name.npos)
      std::filesystem::remove(entry.path(), none);
  }
}

}  // namespace wardroom::front
