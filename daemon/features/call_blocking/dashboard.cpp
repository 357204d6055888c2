#include "features/call_blocking/dashboard.hpp"

#include "base/log.hpp"
#include "base/time_text.hpp"
#include "features/call_blocking/call_blocking.hpp"
#include "features/call_blocking/fence_json.hpp"
#include "features/call_blocking/watch_report.hpp"
#include "features/call_blocking/why_json.hpp"
#include "store/journal_kinds.hpp"

#include <algorithm>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;
constexpr auto kTick = std::chrono::milliseconds(250);
constexpr std::size_t kMostPeople = 10'000;
constexpr std::size_t kMostInFrame = 500;
constexpr std::size_t kMostNamesAtOnce = 500;
constexpr PersonNo kLookedAtPerTick = 1'000;
constexpr PersonNo kCountedAtOnce = 20'000;
constexpr int kAdmissionTicks = 20;  // 5 s
constexpr int kSignTicks = 4;        // 1 s
constexpr int kQuietTicks = 60;      // 15 s without a word: a comment keeps proxies from closing
constexpr std::size_t kReplayed = 100;

/// Who is further behind does better to read the whole state again.
constexpr std::int64_t kMostReplayed = 2'000;
/// What may wait for a viewer who reads on slowly.
constexpr std::size_t kMostBehind = 256 * 1024;

/// Tells the viewer to read the whole state: what lies between is not told one by one.
std::shared_ptr<std::string const> gap_frame(std::int64_t from, std::int64_t to) {
  return http::sse_frame(std::to_string(to), "gap", Json{{"from", from}, {"to", to}}.dump());
}

}  // namespace

void Dashboard::person_changed(PersonNo person) {
  // The timer runs while somebody looks, and until a quarter of a second later.
  if (!timer_.armed() || !feature_.ports().roster.has(person)) return;
  auto& row = feature_.ports().roster.row(person);
  if ((row.flags & kDirtyBit) != 0) return;
  row.flags |= kDirtyBit;
  dirty_.push_back(person);
}

void Dashboard::everything_changed() {
  if (viewers_.viewers() != 0) viewers_.send(http::sse_frame("", "reload", "{}"));
}

Json Dashboard::person_row(PersonNo person) {
  auto& roster = feature_.ports().roster;
  auto const now = feature_.standings().judge_now(person);
  auto& row = roster.row(person);
  row.flags = static_cast<std::uint8_t>((row.flags & ~kShownBits & ~kDirtyBit) |
                                        ((static_cast<int>(now.place.standing) + 1) << 3));
  Json out{{"person_no", person},
           {"standing", name(now.place.standing)},
           {"allowed", !now.verdict.release},
           {"live_calls", row.live_calls}};
  if (auto const* known = feature_.ports().people.cached_name(person))
    out["name"] = known->name.empty() ? known->email : known->name;
  if (row.has_fix()) {
    out["latitude"] = row.latitude_e7 / 1e7;
    out["longitude"] = row.longitude_e7 / 1e7;
    out["accuracy_m"] = row.accuracy_dm / 10.0;
    out["fix_age_s"] = std::chrono::duration_cast<std::chrono::seconds>(*now.place.age).count();
  }
  return out;
}

std::vector<PersonNo> Dashboard::people_to_show() const {
  auto const& roster = feature_.ports().roster;
  std::vector<PersonNo> out;
  bool const all = roster.size() <= kMostPeople;
  for (PersonNo no = 1; no <= roster.size() && out.size() < kMostPeople; ++no)
    if (all || roster.row(no).has_fix()) out.push_back(no);
  return out;
}

Task<Json> Dashboard::snapshot() {
  auto const& ports = feature_.ports();
  auto const seq = ports.journal.last_seq();  // before anything is read: later rows are told again
  auto const shown = people_to_show();
  auto people = Json::array();
  for (std::size_t from = 0; from < shown.size(); from += kMostNamesAtOnce) {
    auto const to = std::min(shown.size(), from + kMostNamesAtOnce);
    std::vector<PersonNo> some(shown.begin() + std::ptrdiff_t(from),
                               shown.begin() + std::ptrdiff_t(to));
    auto const named = co_await ports.people.fetch_names(some);
    if (!named) log::warning("names are missing on the dashboard", {{"why", named.error().what}});
    for (auto const no : some)
      if (ports.roster.row(no).has_fix() || ports.people.cached_name(no) != nullptr)
        people.push_back(person_row(no));
  }
  Json out{{"people", std::move(people)}};
  auto const documents = co_await feature_.store().latest(100);
  auto calls = Json::array();
  if (documents)
    for (auto const& document : *documents) {
      auto row = call_row_json(document);
      row.erase("events");
      PersonNo const no = row.value("person_no", PersonNo{0});
      row["person"] = no == 0 ? std::string() : co_await ports.people.display_name(no);
      calls.push_back(std::move(row));
    }
  out["calls"] = std::move(calls);
  out["monitoring"] = monitoring_json(feature_);
  out["fences"] = fence_maps_json(feature_.standings().policy(), ports.clock.now());
  auto const signs = signs_ ? signs_() : feature_.health();
  out["health"] = name(worst(signs));
  out["signs"] = signs_json(signs);
  out["seq"] = seq;
  co_return out;
}

Task<void> Dashboard::join(std::shared_ptr<http::ResponseStream> viewer,
                           std::optional<std::int64_t> after, std::string session) {
  auto& journal = feature_.ports().journal;
  if (after) {
    auto const last = journal.last_seq();
    bool const gone = *after < journal.forgotten() || *after > last;  // > after a restored backup
    if (gone || last - *after > kMostReplayed) {
      viewer->write(gap_frame(*after + 1, last));
      after = last;
    }
  }
  // Read on until nothing came meanwhile; then the viewer joins in the same turn of the loop.
  while (after && *after < journal.last_seq() && viewer->open()) {
    auto const entries = co_await journal.read_since(*after, {}, kReplayed);
    if (!entries) co_return viewer->close();  // it comes back and asks for the same again
    if (entries->empty()) break;
    for (auto const& entry : *entries) {
      after = entry.seq;
      viewer->write(http::sse_frame(std::to_string(entry.seq), entry.kind, data_of(entry)));
    }
    while (viewer->open() && viewer->backlog() > kMostBehind)
      co_await feature_.ports().clock.sleep_for(std::chrono::milliseconds(5));
  }
  if (!viewer->open()) co_return;
  if (!session.empty()) sessions_.emplace_back(viewer, std::move(session));
  viewers_.add(std::move(viewer));
  begin();
}

void Dashboard::begin() {
  if (!subscription_)
    subscription_ = feature_.ports().journal.on_entry(
        [this](store::JournalEntry const& entry) { tell(entry); });
  if (!timer_.armed()) timer_ = feature_.ports().clock.after(kTick, [this] { tick(); });
}

void Dashboard::tick() {
  if (viewers_.viewers() == 0) {
    timer_.cancel();
    for (auto const no : dirty_)
      feature_.ports().roster.row(no).flags &= static_cast<std::uint8_t>(~kDirtyBit);
    dirty_.clear();
    last_signs_.clear();
    subscription_.reset();
    return;
  }
  if (++ticks_ % kAdmissionTicks == 0) send_away();
  look_for_aged();
  if (ticks_ % kSignTicks == 0) look_for_signs();
  if (!dirty_.empty())
    frame_of_people();
  else if (++quiet_ticks_ >= kQuietTicks) {
    quiet_ticks_ = 0;
    viewers_.send(std::make_shared<std::string const>(": here\n\n"));
  }
  timer_ = feature_.ports().clock.after(kTick, [this] { tick(); });
}

void Dashboard::send_away() {
  std::erase_if(sessions_, [this](auto const& entry) {
    auto const viewer = entry.first.lock();
    if (!viewer || !viewer->open()) return true;
    if (!admitted_ || admitted_(entry.second)) return false;
    viewer->close();
    return true;
  });
}

void Dashboard::frame_of_people() {
  quiet_ticks_ = 0;
  auto people = Json::array();
  auto const some = std::min(dirty_.size(), kMostInFrame);
  for (std::size_t i = 0; i < some; ++i) people.push_back(person_row(dirty_[i]));
  dirty_.erase(dirty_.begin(), dirty_.begin() + std::ptrdiff_t(some));
  viewers_.send(http::sse_frame(
      "", "state",
      Json{{"people", std::move(people)}}.dump(-1, ' ', false, Json::error_handler_t::replace)));
}

/// Positions go stale without any event: a cursor walks over the rows, a thousand a tick.
void Dashboard::look_for_aged() {
  auto const& roster = feature_.ports().roster;
  for (PersonNo i = 0; i < std::min(kLookedAtPerTick, roster.size()); ++i) {
    cursor_ = cursor_ >= roster.size() ? 1 : cursor_ + 1;
    auto const shown = (roster.row(cursor_).flags & kShownBits) >> 3;
    if (shown != 0 && shown != static_cast<int>(feature_.standings().current(cursor_)) + 1)
      person_changed(cursor_);
  }
}

/// Health changes without any event of the journal: a grant that was revoked must show at once.
void Dashboard::look_for_signs() {
  auto const signs = signs_ ? signs_() : feature_.health();
  auto now = Json{{"health", name(worst(signs))}, {"signs", signs_json(signs)}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
  if (now == last_signs_) return;
  last_signs_ = std::move(now);
  quiet_ticks_ = 0;
  viewers_.send(http::sse_frame("", "state", last_signs_));
}

void Dashboard::tell(store::JournalEntry const& entry) {
  if (viewers_.viewers() == 0) return;
  quiet_ticks_ = 0;
  viewers_.send(http::sse_frame(std::to_string(entry.seq), entry.kind, data_of(entry)));
}

std::string Dashboard::data_of(store::JournalEntry const& entry) {
  auto data = Json::parse(entry.body, nullptr, false);
  if (!data.is_object()) data = Json::object();
  data["line"] = store::journal_line(entry.kind, data);
  data["seq"] = entry.seq;
  data["kind"] = entry.kind;
  if (!data.contains("at")) data["at"] = iso_text(entry.at);
  if (entry.person_no != 0) {
    data["person_no"] = entry.person_no;
    if (auto const* known = feature_.ports().people.cached_name(entry.person_no))
      data["person"] = known->name.empty() ? known->email : known->name;
  }
  return data.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void Dashboard::close() {
  viewers_.close_all();
  subscription_.reset();
  timer_.cancel();
  count_timer_.cancel();
}

Json Dashboard::people_counts() {
  auto const& ports = feature_.ports();
  auto const known = ports.roster.size();
  auto const now = ports.clock.uptime();
  bool const fresh = counted_at_ && now - *counted_at_ < std::chrono::seconds(5);
  if (counted_to_ == 0 && !fresh) {
    counting_ = {};
    count_slice();
  }
  Json out{{"known", known}, {"tracked", ports.roster.tracked()}};
  for (auto standing : {Standing::inside, Standing::outside, Standing::uncertain, Standing::stale,
                        Standing::no_fix})
    out[std::string(name(standing))] = counts_[static_cast<std::size_t>(standing)];
  return out;
}

/// Up to 20,000 people at once; more go on in later turns of the loop.
void Dashboard::count_slice() {
  auto const& ports = feature_.ports();
  auto const last = std::min(ports.roster.size(), counted_to_ + kCountedAtOnce);
  while (counted_to_ < last)
    ++counting_[static_cast<std::size_t>(feature_.standings().current(++counted_to_))];
  if (counted_to_ < ports.roster.size()) {
    count_timer_ = ports.clock.after(Milliseconds(2), [this] { count_slice(); });
    return;
  }
  counts_ = counting_;
  counted_to_ = 0;
  // Small numbers are cheap to count anew each time.
  counted_at_.reset();
  if (ports.roster.size() > kCountedAtOnce) counted_at_ = ports.clock.uptime();
}

}  // namespace wardroom::call_blocking
