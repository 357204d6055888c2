/// The administrators' live page: frames of changed conferences and bridges, each encoded once for
/// all viewers. Costs nothing while nobody looks.
///
/// A viewer's stream begins when all that runs now is known here; what its page reads after that is
/// whole, and what changes later is told. Source: docs/api.md.
#pragma once
#include "features/security_notices/conference_ledger.hpp"
#include "http/event_stream.hpp"
#include "runtime/clock.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace wardroom::security_notices {

class SecurityNotices;

class LiveConferences {
 public:
  explicit LiveConferences(SecurityNotices& feature) : feature_(feature) {}

  /// `session` as in http::Caller: whose end ends the stream.
  void watch(http::Responder responder, std::string session);
  std::size_t viewers() const { return viewers_.viewers(); }

 private:
  void begin();
  void tick();
  void look();
  void look_at_some();
  void look_at(ConferenceId const& id);
  void end_look();
  void let_in();
  void look_at_bridges();
  void send_away();
  void tell();
  void rest();

  SecurityNotices& feature_;
  http::EventStream viewers_;
  std::vector<std::pair<std::weak_ptr<http::ResponseStream>, std::string>> sessions_;
  std::vector<std::pair<http::Responder, std::string>> waiting_;  ///< for the first look's end
  std::shared_ptr<void> subscription_;
  TimerHandle timer_;
  bool knows_all_ = false;  ///< one look was made since somebody came
  bool dirty_ = false;      ///< something has changed since the last look began
  int ticks_ = 0, quiet_ticks_ = 0;

  /// What was told, by id: a digest of its JSON, and the look that saw it last.
  struct Told {
    std::size_t digest = 0;
    std::uint64_t look = 0;
  };
  std::unordered_map<std::string, Told> told_;
  std::uint64_t look_ = 0;
  std::vector<ConferenceId> looking_at_;
  std::size_t next_ = 0;
  std::unordered_map<std::string, std::size_t> bridges_told_;
  std::string mode_told_;
  std::vector<std::string> changed_, bridges_changed_;  ///< JSON, not yet told
  std::vector<std::string> gone_;
  std::string mode_changed_;
};

}  // namespace wardroom::security_notices
