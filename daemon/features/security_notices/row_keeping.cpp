#include "features/security_notices/row_keeping.hpp"

#include "features/security_notices/leg_facts.hpp"

#include <algorithm>
#include <charconv>

namespace wardroom::security_notices {
namespace {

constexpr auto kUnwatched = "unknown: not watched";
}  // namespace

std::string machine_word(Machine machine) {
  switch (machine) {
    case Machine::none:
      return "";
    case Machine::recorder:
      return "recorder";
    case Machine::streamer:
      return "streamer";
    case Machine::link:
      return "link";
  }
  return "";
}

RowKeeping::RowKeeping(SecurityNoticesStore& store, ConferenceLedger const& ledger, Clock& clock,
                       std::vector<std::string> bridges)
    : store_(store), ledger_(ledger), clock_(clock), bridges_(std::move(bridges)) {}

void RowKeeping::remember(std::vector<StayRow> stays, std::vector<ConferenceRow> conferences) {
  for (auto& row : stays) {
    if (std::ranges::find(bridges_, row.bridge) == bridges_.end()) {
      end(std::move(row), clock_.now(), kUnwatched);
      continue;
    }
    auto key = std::pair(row.bridge, row.leg);
    // Two open ones of a leg: the older was left behind by a crash between two rows.
    if (auto const twin = left_stays_.find(key); twin != left_stays_.end()) {
      bool const newer = twin->second.began < row.began;
      end(newer ? std::exchange(twin->second, std::move(row)) : std::move(row), clock_.now(),
          kUnwatched);
    } else {
      left_stays_.emplace(std::move(key), std::move(row));
    }
  }
  for (auto& row : conferences) {
    auto id = row.id;
    left_conferences_.emplace(std::move(id), std::move(row));
  }
  for (std::size_t no = 0; no < bridges_.size(); ++no) unsettled_.insert(BridgeNo(no));
}

void RowKeeping::settle(BridgeNo bridge) {
  if (unsettled_.erase(bridge) == 0) return;
  auto const now = clock_.now();
  auto const& name = bridges_.at(bridge);
  for (auto it = left_stays_.lower_bound({name, ""});
       it != left_stays_.end() && it->first.first == name; it = left_stays_.erase(it))
    end(std::move(it->second), now, kUnwatched);
  if (!unsettled_.empty()) return;
  for (auto& [id, row] : left_conferences_) {
    row.ended = std::max(now, row.began);
    store_.note(std::move(row));
  }
  left_conferences_.clear();
}

std::string RowKeeping::row_id(ConferenceId const& conference) const {
  auto const& text = conference.text();
  auto const tilde = text.find('~');
  if (tilde == std::string::npos) return text;
  std::size_t no = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + tilde, no);
  if (error != std::errc{} || end != text.data() + tilde || no >= bridges_.size()) return text;
  return bridges_[no] + text.substr(tilde);
}

/// Ends come before beginnings: whoever changed the call is told of as both.
void RowKeeping::hear(Changes const& changes, std::optional<Instant> at) {
  auto const when = at.value_or(clock_.now());
  for (auto const& [from, to] : changes.renamed) rename(from, to, when);
  for (auto const& [leg, reason] : changes.left) end(leg.key, when, reason);
  for (auto const& leg : changes.joined) begin_or_change(leg, when);
  for (auto const& conference : changes.conferences) follow(conference, when);
}

std::uint64_t RowKeeping::wanted(ConferenceId const& conference, SecurityLevel level,
                                 std::string cause, LevelTelling telling) {
  LevelRow row;
  row.conference = row_id(conference);
  row.at = clock_.now();
  row.level = level;
  row.cause = std::move(cause);
  return store_.note(std::move(row), true, telling);
}

/// Its correlator became known: what stood under the name of its call goes on under the right one.
void RowKeeping::rename(ConferenceId const& from, ConferenceId const& to, Instant at) {
  auto const old = conferences_.extract(from);
  if (!old.empty() && !ledger_.knows(from)) {
    auto row = old.mapped();
    auto& now = open(to, row.began);
    if (row.began < now.began || row.highest > now.highest) {
      now.began = std::min(now.began, row.began);
      now.highest = least_trusted(now.highest, row.highest);
      store_.note(now);
    }
    row.ended = std::max(at, row.began);
    store_.note(std::move(row));
  } else if (!old.empty()) {
    conferences_.emplace(from, old.mapped());
  }
  auto const before = row_id(from), after = row_id(to);
  for (auto const* leg : ledger_.people(to)) {
    auto const stay = stays_.find(leg->key);
    if (stay == stays_.end() || stay->second.conference != before) continue;
    stay->second.conference = after;
    store_.note(stay->second);
  }
}

void RowKeeping::follow(ConferenceId const& conference, Instant at) {
  if (!ledger_.knows(conference)) return close(conference, at);
  auto& row = open(conference, at);
  auto name = row.name, space = row.space;
  for (auto const& key : ledger_.calls(conference)) {
    auto const* call = ledger_.call(key);
    if (call == nullptr) continue;
    if (call->facts.name) name = *call->facts.name;
    if (call->facts.space) space = *call->facts.space;
  }
  if (name == row.name && space == row.space) return;
  row.name = std::move(name);
  row.space = std::move(space);
  store_.note(row);
}

ConferenceRow& RowKeeping::open(ConferenceId const& conference, Instant at) {
  if (auto const known = conferences_.find(conference); known != conferences_.end())
    return known->second;
  auto const id = row_id(conference);
  if (auto left = left_conferences_.extract(id); !left.empty())
    return conferences_.emplace(conference, std::move(left.mapped())).first->second;
  ConferenceRow row;
  row.id = id;
  row.began = at;
  for (auto const& key : ledger_.calls(conference))
    if (auto const* call = ledger_.call(key); call != nullptr && call->began)
      row.began = std::min(row.began, *call->began);
  store_.note(row);
  return conferences_.emplace(conference, std::move(row)).first->second;
}

void RowKeeping::close(ConferenceId const& conference, Instant at) {
  auto known = conferences_.extract(conference);
  if (known.empty()) return;
  known.mapped().ended = std::max(at, known.mapped().began);
  store_.note(std::move(known.mapped()));
}

StayRow RowKeeping::row_of(Leg const& leg, Instant began) const {
  StayRow row;
  row.bridge = bridges_.at(leg.key.bridge);
  row.leg = leg.key.id.text();
  row.began = began;
  CallKey const call{leg.key.bridge, *leg.facts.call};
  row.call = call.id.text();
  row.conference = row_id(ledger_.conference_of(call).value_or(ConferenceId{}));
  row.name = leg.facts.display_name.value_or("");
  row.address = std::string(effective_address(leg.facts));
  row.domain = leg.classified.domain;
  row.level = leg.classified.level;
  row.why = leg.classified.why;
  row.machine = machine_word(leg.machine);
  return row;
}

std::optional<StayRow> RowKeeping::remembered(LegKey const& leg) {
  auto left = left_stays_.extract({bridges_.at(leg.bridge), leg.id.text()});
  if (left.empty()) return std::nullopt;
  return std::move(left.mapped());
}

void RowKeeping::begin_or_change(Leg const& leg, Instant at) {
  if (!leg.facts.call || leg.facts.in_ivr) return end(leg.key, at, "no call");
  auto known = stays_.find(leg.key);
  if (known == stays_.end()) {
    if (auto left = remembered(leg.key)) {
      if (left->call == leg.facts.call->text())
        known = stays_.emplace(leg.key, std::move(*left)).first;
      else
        end(std::move(*left), at, "moved");
    }
  }
  auto began = leg.joined.value_or(at);
  if (known != stays_.end() && known->second.call != leg.facts.call->text()) {
    auto old = std::move(known->second);
    stays_.erase(known);
    known = stays_.end();
    began = std::max(at, old.began + Milliseconds(1));  // the key of a stay holds its beginning
    end(std::move(old), at, "moved");
  }
  bool const is_new = known == stays_.end();
  auto row = row_of(leg, is_new ? began : known->second.began);
  if (!is_new && known->second == row) return;
  store_.note(row);
  if (leg.machine == Machine::none)
    if (auto const id = ledger_.conference_of({leg.key.bridge, *leg.facts.call})) {
      auto& conference = open(*id, at);
      if (row.level > conference.highest) {
        conference.highest = row.level;
        store_.note(conference);
      }
    }
  stays_.insert_or_assign(leg.key, std::move(row));
}

void RowKeeping::end(LegKey const& leg, Instant at, std::string const& reason) {
  if (auto known = stays_.extract(leg); !known.empty())
    return end(std::move(known.mapped()), at, reason);
  if (auto left = remembered(leg)) end(std::move(*left), at, reason);
}

void RowKeeping::end(StayRow row, Instant at, std::string const& reason) {
  row.ended = std::max(at, row.began);
  row.end_reason = reason;
  store_.note(std::move(row));
}

}  // namespace wardroom::security_notices
