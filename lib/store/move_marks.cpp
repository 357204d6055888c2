#include "store/move_marks.hpp"

#include "base/time_text.hpp"
#include "store/change_capture.hpp"
#include "store/meta.hpp"
#include "store/store_session.hpp"

#include <fmt/format.h>

#include <charconv>

namespace wardroom::store {
namespace {

constexpr std::string_view copy = "store.move", moved = "store.moved", leaving = "store.move_out";

std::string key(std::string_view kind, std::string_view what) {
  return fmt::format("{}.{}", kind, what);
}

std::optional<MoveMark> read(Sql& sql, std::string_view kind) {
  auto id = get_meta(sql, key(kind, "id"));
  if (!id) return std::nullopt;
  MoveMark out{std::move(*id), get_meta(sql, key(kind, "other")).value_or(""), {}};
  auto const at = get_meta(sql, key(kind, "at_ms")).value_or("0");
  std::int64_t ms = 0;
  std::from_chars(at.data(), at.data() + at.size(), ms);
  out.at = from_unix_ms(ms);
  return out;
}

void write(Sql& sql, std::string_view kind, MoveMark const& mark) {
  set_meta(sql, key(kind, "id"), mark.id);
  set_meta(sql, key(kind, "other"), mark.other);
  set_meta(sql, key(kind, "at_ms"), std::to_string(unix_ms(mark.at)));
}

void forget(Sql& sql, std::string_view kind) {
  for (auto const* what : {"id", "other", "at_ms"}) remove_meta(sql, key(kind, what));
}

[[noreturn]] void refuse(std::string what) {
  throw StoreError(Error{ErrorKind::denied, std::move(what)});
}

/// Whether the old store says that it was moved by this attempt; throws when it cannot be asked.
bool confirmed(CopyMark const& mark, Secret const& password) {
  StoreSession old({mark.mark.other, password}, StoreSession::Use::read);
  auto const there = moved_mark(old.sql());
  return there && there->id == mark.mark.id;
}

}  // namespace

std::optional<MoveMark> moved_mark(Sql& sql) { return read(sql, moved); }
std::optional<MoveMark> leaving_mark(Sql& sql) { return read(sql, leaving); }
std::optional<CopyMark> copy_mark(Sql& sql) {
  auto mark = read(sql, copy);
  if (!mark) return std::nullopt;
  bool const ready = get_meta(sql, key(copy, "state")) == "ready";
  return CopyMark{std::move(*mark), ready ? CopyState::ready : CopyState::copying};
}

void set_moved(Sql& sql, MoveMark const& mark) { write(sql, moved, mark); }
void set_leaving(Sql& sql, MoveMark const& mark) { write(sql, leaving, mark); }
void set_copy(Sql& sql, CopyMark const& mark) {
  write(sql, copy, mark.mark);
  set_meta(sql, key(copy, "state"), mark.state == CopyState::ready ? "ready" : "copying");
}

void forget_moved(Sql& sql) { forget(sql, moved); }
void forget_leaving(Sql& sql) { forget(sql, leaving); }
void forget_copy(Sql& sql) {
  forget(sql, copy);
  remove_meta(sql, key(copy, "state"));
}

void refuse_moved(Sql& sql, Secret const& password, std::string_view own) {
  if (auto const mark = moved_mark(sql))
    refuse(fmt::format(
        "this store was moved to {} at {} and is no longer the site's; set store.url to that "
        "address (and store.password_file, if it has one). To go back to what this one held then: "
        "wardroomd --adopt-store",
        shown_url(mark->other), iso_text(mark->at)));
  auto const copied = copy_mark(sql);
  if (!copied || copied->mark.id == own) return;
  auto const from = shown_url(copied->mark.other);
  if (copied->state == CopyState::copying)
    refuse(fmt::format(
        "this store holds an unfinished copy of {}, begun at {}: the site is still there; set "
        "store.url back to it, or copy again",
        from, iso_text(copied->mark.at)));
  std::string why = "it was not: the site may have gone on there";
  try {
    if (confirmed(*copied, password)) return;
  } catch (StoreError const& e) {
    why = fmt::format("it cannot be asked ({})", e.what());
  }
  refuse(fmt::format(
      "this store is a complete copy of {}, but whether that one was left for good is not known: "
      "{}. Set store.url back to it; or, when you know that it was not used since {}: wardroomd "
      "--adopt-store",
      from, why, iso_text(copied->mark.at)));
}

void settle_moves(Sql& sql, Engine engine) {
  if (copy_mark(sql)) forget_copy(sql);
  if (!leaving_mark(sql)) return;
  end_capture(sql, engine);
  forget_leaving(sql);
}

}  // namespace wardroom::store
