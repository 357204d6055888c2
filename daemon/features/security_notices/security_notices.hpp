/// Shows in each conference how trusted its company is: takes the bridges' records, asks them what
/// is true where records do not tell, and keeps the notice on every screen. Owner of the ledger,
/// the board and the bridges' state; on the loop only.
#pragma once
#include "audit_port.hpp"
#include "base/secret.hpp"
#include "effects/effects.hpp"
#include "feature.hpp"
#include "features/security_notices/conference_ledger.hpp"
#include "features/security_notices/notice_board.hpp"
#include "features/security_notices/record_order.hpp"
#include "features/security_notices/security_notices_settings.hpp"
#include "features/security_notices/security_notices_store.hpp"
#include "ports/call_records.hpp"
#include "ports/conferences.hpp"
#include "runtime/helpers.hpp"
#include "runtime/random.hpp"
#include "runtime/task_group.hpp"
#include "runtime/wake.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::security_notices {

/// Counters of one bridge, since the start.
struct BridgeCounters {
  std::uint64_t posts = 0, records = 0, duplicates = 0, late = 0, old = 0, gaps = 0, lost = 0;
  std::uint64_t malformed = 0, unknown_types = 0, strangers = 0, sessions = 0;
  std::uint64_t resyncs = 0, resyncs_failed = 0, refused = 0, store_failures = 0;
};

enum class Registration : std::uint8_t { unknown, registered, missing, full };

/// For views, health and metrics.
struct BridgeView {
  BridgeNo no = 0;
  BridgeSettings const* settings = nullptr;
  std::string session, call_bridge, version;
  std::optional<bool> clustered;
  BridgeCounters counters;
  std::optional<Instant> last_post, last_answer;
  std::optional<Instant> silent_since;  ///< its API does not answer, since then
  std::string trouble;                  ///< why
  std::string doubt;                    ///< level 3 for its conferences meanwhile; empty = none
  bool resyncing = false;
  std::optional<std::uint64_t> behind;  ///< records it made that did not come, at the last check
  Registration registration = Registration::unknown;
  std::vector<std::string> receivers;  ///< URIs at the last look, secrets hidden
  std::size_t calls = 0, legs = 0;
};

/// What became of a post.
struct Received {
  int status = 200;  ///< 503 when the store did not take it
  std::string why{};
};

class SecurityNotices final : public Feature {
 public:
  static constexpr std::string_view feature = "security_notices";

  struct Ports {
    Executor loop;
    Clock& clock;
    Random& dice;
    Effects& effects;
    store::Database& database;
    store::Journal& journal;
    Helpers& helpers;
    ReadRecords read_records;
    /// One of each of the settings' bridges, in their order.
    std::vector<std::unique_ptr<Conferences>> bridges;
    /// The last part of each bridge's receiver URI, in the same order.
    std::vector<Secret> secrets;
    AuditPort* audit = nullptr;              ///< absent in tests that are not about it
    std::function<bool()> audit_writable{};  ///< notices do not fall while it is not; absent = yes
  };
  SecurityNotices(Ports ports, SecurityNoticesSettings settings);
  ~SecurityNotices() override;

  std::string_view name() const override { return feature; }
  /// Reads every bridge, then checks each now and then, until cancelled.
  Task<void> run() override;
  Task<void> stop();                           ///< run() does this when cancelled
  void resync(std::string_view why) override;  ///< of all bridges
  std::vector<HealthSign> health() const override;
  void add_status(nlohmann::ordered_json& status) const override;
  void add_routes(http::Router& router) override;  ///< posts and the administrators' page
  /// Posts alone, for the own listener.
  void add_cdr_routes(http::Router& router);
  void add_verbs(control::Verbs& verbs) override;
  void add_checks(Doctor& doctor) override;

  /// Mode, domains, texts, retention.
  void set_policy(NoticePolicy policy);

  /// The bridge whose secret this is, compared in constant time; absent = nobody's.
  std::optional<BridgeNo> bridge_of(std::string_view secret) const;
  std::optional<BridgeNo> bridge_named(std::string_view name) const;
  /// Whether posts of that bridge may come from there.
  bool may_post(BridgeNo bridge, std::string_view remote) const;
  /// Posts whose secret was nobody's.
  std::uint64_t strangers() const;
  void count_stranger();
  /// Takes a post; resolves when its records are stored, having raised levels before. Posts of one
  /// bridge are taken in the order they came.
  Task<Received> receive(BridgeNo bridge, std::string body);

  /// Reads a bridge anew; resolves when that was done. Errors: the API's.
  Task<Result<void>> resync(BridgeNo bridge, std::string why);
  /// Enters our receiver where it is missing. Errors: conflict (all places are taken), the API's.
  struct Registered {
    bool changed = false;
    std::string uri{};  ///< secret hidden
    std::vector<std::string> others{};
  };
  Task<Result<Registered>> enter_receiver(BridgeNo bridge);

  std::vector<BridgeView> bridges() const;
  ConferenceLedger const& ledger() const;
  NoticeBoard const& board() const;
  NoticeBoard& board();
  SecurityNoticesStore& store();
  SecurityNoticesSettings const& settings() const { return settings_; }
  Ports const& ports() const { return ports_; }
  TaskGroup& tasks() { return tasks_; }
  /// Called, on the loop, when anything a view shows has changed; at most once a turn.
  [[nodiscard]] std::shared_ptr<void> on_change(std::function<void()> hear);

  /// Whether a web session is still good: asked again while its live page is open.
  using Admitted = std::function<bool(std::string const& session)>;
  void set_admission(Admitted admitted) { admitted_ = std::move(admitted); }
  bool admitted(std::string const& session) const { return !admitted_ || admitted_(session); }

 private:
  Admitted admitted_;
  class Impl;
  Ports ports_;
  SecurityNoticesSettings settings_;
  TaskGroup tasks_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wardroom::security_notices
