#include "features/call_blocking/sight_keeper.hpp"

#include "base/log.hpp"
#include "store/meta.hpp"

#include <charconv>

namespace wardroom::call_blocking {
namespace {

constexpr std::string_view kWatchedUntil = "call_blocking.watched_until_ms";
/// After a kill the time without sight may be told longer by so much.
constexpr auto kNoteEvery = std::chrono::seconds(15);

std::optional<Instant> parse_ms(std::string const& text) {
  std::int64_t ms = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return from_unix_ms(ms);
}

void log_trouble(Result<void> const& done) {
  if (!done)
    log::warning("until when calls were watched could not be noted", {{"why", done.error().what}});
}

}  // namespace

Task<void> SightKeeper::begin() {
  if (sight_.begun()) co_return;
  std::function<std::optional<Instant>(store::Sql&)> work =
      [](store::Sql& sql) -> std::optional<Instant> {
    auto const text = store::get_meta(sql, kWatchedUntil);
    return text ? parse_ms(*text) : std::nullopt;
  };
  auto const until = co_await database_.read(std::move(work));
  if (!until)
    log::warning("until when calls were watched before is not known",
                 {{"why", until.error().what}});
  if (sight_.begun()) co_return;  // two starts at once
  write(sight_.begin(moment(), until ? *until : std::nullopt));
}

void SightKeeper::told(bool sees, BootClock::duration blind, std::string_view why) {
  bool const saw = sight_.seeing();
  write(sight_.told(sees, blind, why, moment()));
  if (saw != sight_.seeing()) note();
}

void SightKeeper::look(std::string_view why) {
  write(sight_.look(why, moment()));
  if (sight_.seeing() && (!noted_ || clock_.uptime() - *noted_ >= kNoteEvery)) note();
}

void SightKeeper::end_by_wish() {
  sight_.end(moment());
  forget();
}

void SightKeeper::end_with_daemon() {
  if (sight_.seeing()) note();
  sight_.end(moment());
}

void SightKeeper::write(Sight::Row row) {
  if (!row) return;
  journal_.append("channel", 0, "",
                  row->dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void SightKeeper::note() {
  noted_ = clock_.uptime();
  database_.write(
      [until = unix_ms(clock_.now())](store::Sql& sql) {
        store::set_meta(sql, kWatchedUntil, std::to_string(until));
      },
      log_trouble);
}

void SightKeeper::forget() {
  noted_.reset();
  database_.write([](store::Sql& sql) { store::remove_meta(sql, kWatchedUntil); }, log_trouble);
}

}  // namespace wardroom::call_blocking
