#include "features/call_blocking/caller_notices.hpp"

#include "base/log.hpp"
#include "base/time_text.hpp"
#include "features/call_blocking/caller_notice_store.hpp"
#include "features/call_blocking/words.hpp"
#include "runtime/task_group.hpp"

#include <fmt/format.h>

namespace wardroom::call_blocking {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

constexpr std::size_t kLookedAtOnce = 50;  // people with an episode, in one turn of the loop
constexpr std::size_t kMostInFlight = 4;
constexpr std::size_t kMostAUnit = 200;
constexpr std::string_view kObserved = "calls are only observed";
constexpr std::string_view kSwitchedOff = "notices are switched off";
constexpr Milliseconds kBetweenTurns{50};
constexpr BootClock::duration kLongestRound = 30s;
constexpr BootClock::duration kStoreAgain = 5s;
constexpr int kFailuresShown = 3;
constexpr auto kFailuresShow = std::chrono::hours(1);

}  // namespace

CallerNotices::CallerNotices(Ports ports) : ports_(std::move(ports)), wake_(ports_.loop) {}

Task<void> CallerNotices::run() {
  if (!read_) co_await read();
  for (;;) {
    auto const& settings = ports_.standings.policy().notice;
    NoticeLimits limits;
    limits.again_after = settings.again_after;
    book_.set_limits(limits);
    look();
    tell_next();
    save();
    co_await wake_.wait_until(ports_.clock, next_look());
  }
}

Task<void> CallerNotices::read() {
  for (;;) {
    auto rows = co_await ports_.database.read<std::vector<NoticeRow>>(notice_rows);
    if (rows) {
      for (std::size_t i = 0; i < rows->size(); ++i) {
        book_.restore(std::move((*rows)[i]), moment());
        if (i % kMostAUnit == kMostAUnit - 1) co_await ports_.clock.sleep_for(1ms);
      }
      read_ = true;
      co_return;
    }
    log::error("who was told of ended calls is not known yet; nobody is told meanwhile",
               {{"why", rows.error().what}});
    co_await ports_.clock.sleep_for(kStoreAgain);
  }
}

void CallerNotices::stop() {
  stopped_ = true;
  save();  // what run() did not come to
}

void CallerNotices::released(PersonNo person, Judgement const& why, Milliseconds timeout) {
  if (person == 0) return;
  bool const begins = book_.released(person, why.verdict.reason, moment(),
                                     [&] { return words_for_person(why, timeout); });
  if (begins && !switched_on()) book_.skip(person, std::string(kSwitchedOff), moment());
  unsaved_.insert(person);
  wake_.raise();
}

bool CallerNotices::is_allowed(PersonNo person) const {
  if (!ports_.roster.has(person)) return true;
  return ports_.standings.allowed(person) || ports_.standings.mode(person) != Mode::enforce;
}

bool CallerNotices::switched_on() const {
  return ports_.messenger != nullptr && ports_.standings.policy().notice.enabled;
}

/// Ends episodes: a slice of the people in each turn, everybody once a round.
void CallerNotices::look() {
  auto const at = moment();
  if (round_whole_ && at.up < next_round_) return;
  auto found =
      book_.look(at, kLookedAtOnce, [this](PersonNo person) { return is_allowed(person); });
  for (auto const person : found.changed) note_ended(person);
  for (auto const person : found.forgotten) {
    gone_.insert(person);
    unsaved_.erase(person);
  }
  round_whole_ = found.whole_round;
  if (round_whole_) next_round_ = at.up + std::min(kLongestRound, book_.limits().again_after / 4);
}

/// What ended without a message being sent.
void CallerNotices::note_ended(PersonNo person) {
  auto const row = book_.row(person);
  auto const at = moment();
  if (row->episode.told == Told::dropped && row->episode.told_at == at.now) {
    count(Told::dropped);
    lines_.push_back(std::make_shared<store::JournalEntry>(notice_entry(*row, at.now)));
  }
  unsaved_.insert(person);
}

void CallerNotices::tell_next() {
  auto const at = moment();
  std::vector<PersonNo> dropped;
  auto const room = kMostInFlight - std::min(kMostInFlight, in_flight_ + intents_.size());
  if (!read_ || room == 0 || at.up < save_not_before_) return;
  for (auto const person : book_.due(at, room, dropped)) {
    bool const observed = ports_.standings.mode(person) != Mode::enforce;
    if (!switched_on() || observed) {  // not any more
      book_.skip(person, std::string(observed ? kObserved : kSwitchedOff), at);
      note_ended(person);
      continue;
    }
    book_.begin(person, at);
    intents_.push_back({person, book_.last(person)->since});
    unsaved_.insert(person);
  }
  for (auto const person : dropped) note_ended(person);
}

/// What goes to the store in one commit.
struct CallerNotices::Unit {
  std::vector<NoticeRow> rows;
  std::vector<PersonNo> gone;
  std::vector<std::shared_ptr<store::JournalEntry>> lines;
  std::vector<Intent> intents;
};

/// One unit at a time; what changes meanwhile goes into the next.
void CallerNotices::save() {
  if (saving_ || !read_ || ports_.clock.uptime() < save_not_before_) return;
  if (unsaved_.empty() && gone_.empty() && lines_.empty()) return;
  saving_ = true;
  auto const unit = std::make_shared<Unit>();
  unit->intents = std::exchange(intents_, {});
  auto const take = [&](PersonNo person) {
    unsaved_.erase(person);
    if (auto row = book_.row(person)) unit->rows.push_back(std::move(*row));
  };
  for (auto const& intent : unit->intents) take(intent.person);
  while (!unsaved_.empty() && unit->rows.size() < kMostAUnit) take(*unsaved_.begin());
  unit->gone.assign(gone_.begin(), gone_.end());
  gone_.clear();
  auto const lines =
      lines_.begin() + static_cast<std::ptrdiff_t>(std::min(lines_.size(), kMostAUnit));
  unit->lines.assign(lines_.begin(), lines);
  lines_.erase(lines_.begin(), lines);
  ports_.database.write(
      [unit](store::Sql& sql) {
        for (auto const person : unit->gone) drop_notice(sql, person);
        for (auto const& row : unit->rows) put_notice(sql, row);
        for (auto const& line : unit->lines) store::insert_journal(sql, *line);
      },
      [this, unit, alive = std::weak_ptr(alive_)](Result<void> const& done) {
        if (!alive.expired()) saved(*unit, done);
      });
}

void CallerNotices::saved(Unit const& unit, Result<void> const& done) {
  saving_ = false;
  wake_.raise();
  if (done) {
    for (auto const& line : unit.lines) ports_.journal.publish(*line);
    for (auto const& intent : unit.intents) send(intent);
    if (stopped_) save();
    return;
  }
  // Without the intent in the store nobody is told: a kill would tell them twice.
  save_not_before_ = ports_.clock.uptime() + kStoreAgain;
  log::warning("who is to be told of ended calls could not be stored; it is tried again",
               {{"why", done.error().what}});
  for (auto const& row : unit.rows) unsaved_.insert(row.person);
  for (auto const person : unit.gone)
    if (book_.last(person) == nullptr) gone_.insert(person);
  lines_.insert(lines_.begin(), unit.lines.begin(), unit.lines.end());
  for (auto const& [person, since] : unit.intents)
    book_.finish(person, since, Told::pending, "the store did not take it", kStoreAgain, moment());
}

void CallerNotices::send(Intent const& intent) {
  auto const [person, since] = intent;
  auto const* episode = book_.last(person);
  if (episode == nullptr || episode->since != since) return;  // another has begun meanwhile
  auto message = caller_message(*episode, {ports_.page, ports_.standings.policy().notice.text});
  auto const trial = std::make_shared<Try>();
  Effect effect{.feature = "call_blocking",
                .key = fmt::format("notice {} {} {}", person, unix_ms(since), episode->attempts),
                .kind = EffectKind::once,
                .observe = ports_.standings.mode(person) != Mode::enforce,
                .attempts = {0ms}};
  effect.act = [this, person, message = std::move(message), trial] {
    return attempt(person, message, trial);
  };
  ++in_flight_;
  ports_.effects.submit(std::move(effect),
                        [this, person, since, trial](EffectOutcome const& outcome) {
                          sent(person, since, outcome, *trial);
                        });
}

Task<Result<std::string>> CallerNotices::attempt(PersonNo person, Message message,
                                                 std::shared_ptr<Try> trial) {
  auto const keep = [&](Error const& error) {
    trial->error = error;
    return std::unexpected(error);
  };
  auto const record = co_await ports_.people.person(person);
  if (!record) co_return keep(record.error());
  auto const who = record->id.text().empty() ? record->email : record->id.text();
  if (who.empty())
    co_return keep(
        Error{ErrorKind::not_found, "this person has neither a Webex id nor an address"});
  trial->begun = true;
  auto said = co_await ports_.messenger->to_person(who, std::move(message));
  if (!said) co_return keep(said.error());
  co_return said;
}

void CallerNotices::sent(PersonNo person, Instant since, EffectOutcome const& outcome,
                         Try const& trial) {
  --in_flight_;
  if (outcome.end == EffectEnd::done) return finish(person, since, Told::sent, outcome.detail);
  if (outcome.end == EffectEnd::observed)
    return finish(person, since, Told::dropped, std::string(kObserved));
  if (!trial.error)  // the daemon is stopping
    return finish(person, since, trial.begun ? Told::uncertain : Told::pending, outcome.detail);
  auto const& error = *trial.error;
  if (error.kind == ErrorKind::conflict) return finish(person, since, Told::uncertain, error.what);
  ++counters_.attempts_failed;
  auto const* episode = book_.last(person);
  auto const wait = retry_after(episode == nullptr ? 0 : episode->attempts, error);
  if (error.kind == ErrorKind::throttled)
    book_.pause(ports_.clock.uptime() + error.retry_after.value_or(15s));
  finish(person, since, wait ? Told::pending : Told::failed, error.what, wait.value_or(0s));
}

/// Notes how a message ended, and tells the journal unless it is to be tried again.
void CallerNotices::finish(PersonNo person, Instant since, Told told, std::string detail,
                           BootClock::duration wait) {
  auto const at = moment();
  bool const good = told == Told::sent;
  log::write(good || told == Told::dropped ? log::Level::info : log::Level::warning,
             "a notice to a blocked person",
             {{"person", person}, {"told", call_blocking::name(told)}, {"detail", detail}});
  if (good) {
    failures_ = 0;
  } else if (told != Told::dropped) {
    ++failures_;
    trouble_ = detail;
    failed_at_ = at.up;
  }
  unsaved_.insert(person);
  wake_.raise();
  bool const noted = book_.finish(person, since, told, std::move(detail), wait, at);
  if (noted)
    note_outcome(*book_.row(person), at.now);
  else
    count(told);
  if (stopped_) save();
}

/// For good, or not yet: then nothing is told of it.
void CallerNotices::note_outcome(NoticeRow const& row, Instant now) {
  auto const& episode = row.episode;
  if (episode.told == Told::pending) return;
  count(episode.told);
  lines_.push_back(std::make_shared<store::JournalEntry>(notice_entry(row, now)));
  if (ports_.audit != nullptr && episode.told != Told::dropped)
    ports_.audit->daemon("notice", {.object = fmt::format("person {}", row.person),
                                    .after = Json{{"told", call_blocking::name(episode.told)},
                                                  {"reason", call_blocking::name(episode.reason)}}
                                                 .dump(),
                                    .text = episode.told == Told::sent ? "" : episode.detail,
                                    .text_about = row.person});
}

void CallerNotices::count(Told told) {
  switch (told) {
    case Told::sent:
      ++counters_.sent;
      break;
    case Told::uncertain:
      ++counters_.uncertain;
      break;
    case Told::failed:
      ++counters_.failed;
      break;
    case Told::dropped:
      ++counters_.dropped;
      break;
    case Told::pending:
      break;
  }
}

Uptime CallerNotices::next_look() const {
  auto const now = ports_.clock.uptime();
  if (!round_whole_) return now + kBetweenTurns;
  auto next = book_.episodes() > 0 ? next_round_ : now + kLongestRound;
  if (in_flight_ + intents_.size() < kMostInFlight)
    next = std::min(next, std::max(book_.next_due(), save_not_before_));
  bool const waits = !unsaved_.empty() || !gone_.empty() || !lines_.empty();
  if (waits && !saving_) next = std::min(next, save_not_before_);
  return std::max(next, now + 1ms);
}

Json CallerNotices::json(PersonNo person) const {
  auto const* episode = book_.running(person);
  if (episode == nullptr) return nullptr;
  Json out{{"since", iso_text(episode->since)},
           {"last_call", iso_text(episode->last)},
           {"reason", call_blocking::name(episode->reason)},
           {"told", call_blocking::name(episode->told)}};
  if (episode->told == Told::sent || episode->told == Told::uncertain)
    out["told_at"] = iso_text(episode->told_at);
  if (!episode->detail.empty()) out["detail"] = episode->detail;
  return out;
}

std::vector<HealthSign> CallerNotices::health() const {
  bool const shown = failures_ >= kFailuresShown && failed_at_ &&
                     ports_.clock.uptime() - *failed_at_ < kFailuresShow &&
                     ports_.standings.policy().notice.enabled;
  if (!shown) return {};
  return {{"call_blocking.notices", HealthColour::yellow,
           fmt::format("Blocked people are not told by message: the last {} attempts failed: {}",
                       failures_, trouble_),
           "See `wardroomctl token show` for the scope spark:messages_write, give "
           "call_blocking.caller_notice a bot_token_file, or set enabled: false there.",
           ""}};
}

}  // namespace wardroom::call_blocking
