/// Tells blocked people by a message that a call of theirs was ended: once an episode.
/// Owner of the episodes; everything here runs on the loop. Releases never wait for it.
#pragma once
#include "audit_port.hpp"
#include "effects/effects.hpp"
#include "features/call_blocking/caller_notice.hpp"
#include "features/call_blocking/caller_notice_text.hpp"
#include "features/call_blocking/standings.hpp"
#include "people/people_store.hpp"
#include "ports/messages.hpp"
#include "process/health.hpp"
#include "runtime/wake.hpp"
#include "store/journal.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <set>
#include <vector>

namespace wardroom::call_blocking {

struct NoticeCounters {
  std::uint64_t sent = 0, uncertain = 0, failed = 0, dropped = 0;
  std::uint64_t attempts_failed = 0;
};

class CallerNotices {
 public:
  struct Ports {
    Executor loop;
    Clock& clock;
    Effects& effects;
    store::Database& database;
    store::Journal& journal;
    people::PeopleStore& people;
    people::Roster& roster;
    Standings& standings;
    Messenger* messenger = nullptr;  ///< absent: people are told on the page only
    AuditPort* audit = nullptr;
    std::string page{};  ///< the address of the location page
  };
  explicit CallerNotices(Ports ports);

  /// Until cancelled. Reads what is kept first; nobody is told before that succeeded.
  Task<void> run();
  /// run() has ended: what becomes of messages on their way is still written down.
  void stop();
  /// A call of this person was really released. Cheap: one look-up, no request.
  void released(PersonNo person, Judgement const& why, Milliseconds timeout);

  /// The call that was ended last in the running episode; null = none.
  Episode const* running(PersonNo person) const { return book_.running(person); }
  /// As an answer tells it: {since, last_call, reason, told, told_at?, detail?}; null without one.
  nlohmann::ordered_json json(PersonNo person) const;
  /// "call_blocking.notices": yellow after several failures. Nothing while all is well.
  std::vector<HealthSign> health() const;
  NoticeCounters const& counters() const { return counters_; }
  std::size_t waiting() const { return book_.waiting(); }

 private:
  struct Intent {
    PersonNo person = 0;
    Instant since{};  ///< of the episode
  };
  /// What a message's effect leaves behind, whichever way it ends.
  struct Try {
    bool begun = false;
    std::optional<Error> error{};
  };

  Task<void> read();
  Moment moment() const { return {ports_.clock.now(), ports_.clock.uptime()}; }
  bool is_allowed(PersonNo person) const;
  bool switched_on() const;
  void look();
  void tell_next();
  void save();
  struct Unit;
  void saved(Unit const& unit, Result<void> const& done);
  void send(Intent const& intent);
  Task<Result<std::string>> attempt(PersonNo person, Message message, std::shared_ptr<Try> trial);
  void sent(PersonNo person, Instant since, EffectOutcome const& outcome, Try const& trial);
  void finish(PersonNo person, Instant since, Told told, std::string detail,
              BootClock::duration wait = {});
  void note_outcome(NoticeRow const& row, Instant now);
  void count(Told told);
  void note_ended(PersonNo person);
  Uptime next_look() const;

  Ports ports_;
  NoticeBook book_;
  Wake wake_;
  NoticeCounters counters_;
  std::set<PersonNo> unsaved_, gone_;
  std::vector<Intent> intents_;  ///< sent as soon as the store has them
  std::vector<std::shared_ptr<store::JournalEntry>> lines_;
  std::size_t in_flight_ = 0;
  bool read_ = false, saving_ = false, round_whole_ = true, stopped_ = false;
  Uptime next_round_{}, save_not_before_{};
  int failures_ = 0;  ///< in a row, over all people
  std::string trouble_;
  std::optional<Uptime> failed_at_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  ///< the store may answer after our end
};

}  // namespace wardroom::call_blocking
