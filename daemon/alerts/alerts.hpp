/// Tells people when a health sign stays bad, and when it is good again.
/// Owner of the alerts and their deliveries; everything here runs on the loop.
#pragma once
#include "alerts/alert_store.hpp"
#include "alerts/alert_text.hpp"
#include "alerts/channel.hpp"
#include "control/verbs.hpp"
#include "effects/effects.hpp"
#include "runtime/wake.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <set>

namespace wardroom::alerts {

struct AlertCounters {
  std::uint64_t raised = 0, cleared = 0;
  std::uint64_t delivered = 0, failed = 0;  ///< messages, and attempts that failed
};

/// What is to be told is committed before it is sent; a crash in the second between sending and the
/// note of it may bring a message twice (mail then bears the same Message-ID), never lose one.
/// While the store takes nothing, alerts are sent all the same.
class Alerts {
 public:
  struct Ports {
    Executor loop;
    Clock& clock;
    store::Database& database;
    Effects& effects;
  };
  using Channels = std::vector<std::unique_ptr<Channel>>;
  /// All signs there are; the one of part "alerts" is left out by us.
  using Signs = std::function<std::vector<HealthSign>()>;
  Alerts(Ports ports, AlertRules rules, Site site, Channels channels, Signs signs);

  /// Once, before run().
  Task<Result<void>> load();
  /// Looks every five seconds and when told to, until cancelled.
  Task<void> run();
  void look() { wake_.raise(); }

  /// Part "alerts": yellow when no channel gets anything through.
  HealthSign sign() const;
  AlertCounters const& counters() const { return counters_; }

  /// Called for each alert that is raised, changes or is over, whether or not anybody is told.
  void on_event(std::function<void(AlertEvent const&)> hear) { hear_ = std::move(hear); }
  std::size_t open() const;

  /// The answers of `alerts list` and `alerts test` (docs/api.md).
  nlohmann::ordered_json list() const;
  Task<nlohmann::ordered_json> test();
  void add_verbs(control::Verbs& verbs);
  /// The member "alerts" of `status`.
  void add_status(nlohmann::ordered_json& status) const;

 private:
  /// What becomes due within it goes out as one message.
  static constexpr Milliseconds gather{3000};
  struct Way {
    Channel* channel = nullptr;
    Uptime due = Uptime::max();  ///< of the next message
    bool busy = false;
    int failures = 0;  ///< in a row
    std::string trouble{};
  };

  void find_ways();
  void fold();
  void apply(AlertEvent const& event, Instant now);
  Alert& alert_of(AlertEvent const& event, Instant now);
  void queue(Alert& alert, Notice notice, Instant now);
  void deliver();
  std::vector<Item> items_for(Target const& target, std::vector<std::int64_t>& rows);
  void send(Target const& target, Way& way, std::vector<Item> const& items,
            std::vector<std::int64_t> rows);
  void sent(Target const& target, std::vector<std::int64_t> const& rows,
            EffectOutcome const& outcome, std::optional<Error> const& why);
  void note_success(Way& way);
  void note_failure(Way& way, Error const& why);
  void drop_ways(Instant now);
  void forget_old(Instant now);
  std::optional<std::vector<Begun>> beginnings_to_note() const;
  void save();
  Uptime next_look() const;

  Ports ports_;
  AlertRules rules_;
  Site site_;
  Channels channels_;
  Signs signs_;
  std::function<void(AlertEvent const&)> hear_;
  AlertStore store_;
  AlertBook book_;
  std::map<std::int64_t, Alert> alerts_;
  std::map<Target, Way> ways_;
  std::set<std::int64_t> unsaved_;  ///< changed since they were given to the store
  std::vector<std::int64_t> forgotten_;
  std::vector<Begun> begun_;  ///< as the store has it
  Uptime started_{}, begun_noted_at_{};
  bool saving_ = false;
  std::string save_trouble_;
  std::int64_t last_alert_ = 0, last_delivery_ = 0;
  std::uint64_t tests_ = 0;
  AlertCounters counters_;
  Wake wake_;
};

}  // namespace wardroom::alerts
