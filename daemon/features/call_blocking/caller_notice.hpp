/// When a blocked person is told that a call of theirs was ended: once an episode. Pure: time comes
/// in as values.
///
/// An episode begins with a call that was really released, and ends when calls have been allowed
/// again for `again_after`, or 24 h after the last released call. What became of its message:
///
///   pending ── begin ──> uncertain ── sent | failed | uncertain     the intent is `uncertain`
///   until
///      │                     └── pending, to be tried again         the outcome is known: a kill
///      in └── dropped: over before its turn, or told too often         between repeats nothing
#pragma once
#include "features/call_blocking/verdict.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace wardroom::call_blocking {

enum class Told : std::uint8_t {
  pending,
  sent,
  uncertain,  ///< handed over, no answer came; not repeated by itself
  failed,     ///< given up
  dropped,    ///< not sent: `detail` says why
};
std::string_view name(Told told);
std::optional<Told> parse_told(std::string_view word);

struct Episode {
  Instant since{}, last{};          ///< the first and the last call that was ended
  Reason reason = Reason::outside;  ///< of the last
  std::string words{};              ///< to the person, as of the first
  Told told = Told::pending;
  Instant told_at{};  ///< of the last change of `told`
  int attempts = 0;
  std::string detail{};
  bool over = false;
  bool operator==(Episode const&) const = default;
};

/// What is kept of a person over restarts: the running or the last episode, and when messages went
/// out within a day.
struct NoticeRow {
  PersonNo person = 0;
  Episode episode;
  std::vector<Instant> messages{};
  bool operator==(NoticeRow const&) const = default;
};

struct NoticeLimits {
  BootClock::duration again_after = std::chrono::minutes(5);
  BootClock::duration longest = std::chrono::hours(24);  ///< after the last released call
  std::size_t a_minute = 30;                             ///< attempts, over all people
  std::size_t a_day = 4;                                 ///< messages to one person
};

/// A moment on both clocks: ages go by the boot-time clock, people read the other.
struct Moment {
  Instant now;
  Uptime up;
};

class NoticeBook {
 public:
  explicit NoticeBook(NoticeLimits limits = {}) : limits_(limits) {}
  void set_limits(NoticeLimits limits) { limits_ = limits; }
  NoticeLimits const& limits() const { return limits_; }

  /// A row of before the restart. When calls were released since the start, its episode goes on
  /// with them.
  void restore(NoticeRow row, Moment at);
  /// A call of this person was really released. True when that begins an episode; `words` is asked
  /// only then.
  bool released(PersonNo person, Reason reason, Moment at,
                std::function<std::string()> const& words);
  /// Looks at up to `most` people with a running episode in turn: `allowed` says whether they may
  /// call now. Those whose row changed; true when everybody has been looked at.
  struct Look {
    std::vector<PersonNo> changed;
    std::vector<PersonNo> forgotten;
    bool whole_round = true;
  };
  Look look(Moment at, std::size_t most, std::function<bool(PersonNo)> const& allowed);

  /// Whom to tell now, oldest first: `begin` is to follow for each, and `finish` after it. Those
  /// who were told too often are dropped, and are in `changed`.
  std::vector<PersonNo> due(Moment at, std::size_t most, std::vector<PersonNo>& changed);
  /// Nobody is to be told of the episode that waits.
  void skip(PersonNo person, std::string why, Moment at);
  /// The intent: what is kept from here on says `uncertain`.
  void begin(PersonNo person, Moment at);
  /// How the message of the episode since `since` ended. `pending` = not sent, to be tried again
  /// after `wait`. False when another episode has begun meanwhile: nothing is noted then.
  bool finish(PersonNo person, Instant since, Told told, std::string detail,
              BootClock::duration wait, Moment at);
  /// Nobody is told before that: the service asked for a pause.
  void pause(Uptime until) { not_before_ = std::max(not_before_, until); }
  /// When something may become due without anything else happening; max() = never.
  Uptime next_due() const;

  /// The running episode.
  Episode const* running(PersonNo person) const;
  /// The running episode, or the last one of which something is kept.
  Episode const* last(PersonNo person) const;
  std::optional<NoticeRow> row(PersonNo person) const;
  std::size_t episodes() const { return running_.size(); }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Entry {
    Episode episode;
    Uptime last{};
    std::optional<Uptime> allowed_since{};
    Uptime next{};         ///< while pending
    bool sending = false;  ///< between begin and finish
    std::vector<std::pair<Uptime, Instant>> messages{};
  };
  void wait_for_turn(PersonNo person, Entry& entry, Uptime when);
  void leave_queue(PersonNo person, Entry const& entry);
  void drop(PersonNo person, Entry& entry, std::string why, Instant now);
  void end(PersonNo person, Entry& entry, Instant now);
  void forget_messages(Entry& entry, Uptime up) const;

  NoticeLimits limits_;
  std::map<PersonNo, Entry> entries_;
  std::set<PersonNo> running_;
  std::set<std::pair<Uptime, PersonNo>> waiting_;  ///< pending, by when they may go
  std::vector<Uptime> attempts_;                   ///< of the last minute
  Uptime not_before_{};
  PersonNo cursor_ = 0;
};

/// Before attempt number `attempts` + 1, and whether there is one at all.
std::optional<BootClock::duration> retry_after(int attempts, Error const& why);

}  // namespace wardroom::call_blocking
