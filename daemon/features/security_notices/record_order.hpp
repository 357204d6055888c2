/// Which records of a bridge are new, which came before, and what was lost in between. Pure.
///
///   session, correlatorIndex   what identifies a record; recordIndex says nothing
///   next       one more than the highest
///   seen       in the window: nothing more to do
///   gap        a jump, or numPreceedingRecordsMissing: taken, and the bridge is to be asked
///   late       lower than the highest, yet not seen: taken; it fills a gap, order is by index
///   old        of a session that is over, or so far back that nobody knows: not taken
///   unnumbered without an index: taken each time it comes
///
/// Which session runs only its bridge knows: a late post of one that was never heard of looks like
/// a restart. So a session that seems to be over and brings something new, made after the other
/// began, takes over again; nothing of it is left out.
/// Source: cms.md 2 "Duplicate detection", "Gap detection".
#pragma once
#include "domain/conference.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace wardroom::security_notices {

/// How far a session was heard that seems to be over.
struct OverSession {
  std::string session{};
  std::int64_t highest = -1;
  bool operator==(OverSession const&) const = default;
};

/// What is kept over a restart.
struct OrderMark {
  std::string session{};
  std::int64_t highest = -1;            ///< -1 = none yet
  std::vector<std::int64_t> missing{};  ///< below `highest`, not seen; the newest 1,024
  std::vector<OverSession> over{};      ///< sessions before it, the newest 8, the newest last
  std::optional<Instant> since{};       ///< by the bridge's clock: what `over` made later is alive
  bool operator==(OrderMark const&) const = default;
};

enum class Place { next, seen, gap, late, old, unnumbered };

struct OrderVerdict {
  Place place = Place::next;
  bool new_session = false;  ///< said once, with its first record (also of the first session ever)
  std::uint64_t lost = 0;    ///< with `gap` and `unnumbered`: how many
  bool news = false;         ///< with `old`: nobody heard of it before, and it is left out
  bool operator==(OrderVerdict const&) const = default;
};

/// Memory is bounded, whatever comes.
class RecordOrder {
 public:
  RecordOrder() = default;
  explicit RecordOrder(OrderMark mark);
  /// The records of one batch in their order. An empty session counts as a session of its own.
  OrderVerdict see(std::string_view session, conference::CallRecord const& record);
  OrderMark mark() const;
  std::string const& session() const { return session_; }
  std::int64_t highest() const { return highest_; }
  bool is_new(std::string_view session) const { return !began_ || session_ != session; }

 private:
  bool is_alive(OverSession const& session, conference::CallRecord const& record) const;
  void begin(std::string_view session, conference::CallRecord const& record);
  OrderVerdict place(std::int64_t index, std::uint64_t said_missing);
  void miss(std::int64_t from, std::int64_t to);

  std::string session_;
  std::vector<OverSession> over_;
  std::optional<Instant> since_;
  bool began_ = false;  ///< there is a session at all
  std::int64_t highest_ = -1;
  std::int64_t first_ = 0;          ///< lowest seen: the first of a session may be any number
  std::int64_t forgotten_ = 0;      ///< below it nobody knows what was missing
  std::set<std::int64_t> missing_;  ///< the newest of them
};

}  // namespace wardroom::security_notices
