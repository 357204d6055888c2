/// The administrators' live page: one whole state, then frames of changed people and the journal's
/// rows, each encoded once for all viewers. Costs nothing while nobody looks.
#pragma once
#include "domain/person.hpp"
#include "http/event_stream.hpp"
#include "process/health.hpp"
#include "runtime/clock.hpp"
#include "store/journal.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace wardroom::call_blocking {

class CallBlocking;

class Dashboard {
 public:
  explicit Dashboard(CallBlocking& feature) : feature_(feature) {}

  /// The signs of the whole daemon; without it, those of this feature.
  void set_signs(std::function<std::vector<HealthSign>()> signs) { signs_ = std::move(signs); }

  /// Whether a web session is still good. Viewers are asked after every 5 s: a stream must not go
  /// on after the session that opened it.
  using Admitted = std::function<bool(std::string const& session)>;
  void set_admission(Admitted admitted) { admitted_ = std::move(admitted); }

  void person_changed(PersonNo person);
  void everything_changed();  ///< viewers read the whole state again

  /// The answer of GET /api/v1/dashboard.
  Task<nlohmann::ordered_json> snapshot();
  /// A viewer's open stream; with `after`, what the journal has since then comes first. `session`
  /// as in http::Caller; empty = nobody's.
  Task<void> join(std::shared_ptr<http::ResponseStream> viewer, std::optional<std::int64_t> after,
                  std::string session);
  void close();
  std::size_t viewers() const { return viewers_.viewers(); }

  /// known, tracked, and how many in each standing; over 20,000 people as of the last count.
  nlohmann::ordered_json people_counts();

 private:
  void begin();
  void tick();
  void frame_of_people();
  void look_for_aged();
  void look_for_signs();
  void send_away();
  void count_slice();
  void tell(store::JournalEntry const& entry);
  std::string data_of(store::JournalEntry const& entry);
  nlohmann::ordered_json person_row(PersonNo person);
  std::vector<PersonNo> people_to_show() const;

  CallBlocking& feature_;
  std::function<std::vector<HealthSign>()> signs_;
  Admitted admitted_;
  http::EventStream viewers_;
  std::vector<std::pair<std::weak_ptr<http::ResponseStream>, std::string>> sessions_;
  int ticks_ = 0;
  std::string last_signs_;  ///< as the viewers were told; empty = not yet
  std::shared_ptr<void> subscription_;
  TimerHandle timer_;
  std::vector<PersonNo> dirty_;
  PersonNo cursor_ = 0;  ///< who is looked at next for a standing that changed by age alone
  int quiet_ticks_ = 0;
  std::array<std::size_t, 5> counts_{}, counting_{};
  PersonNo counted_to_ = 0;
  TimerHandle count_timer_;
  std::optional<Uptime> counted_at_;
};

}  // namespace wardroom::call_blocking
