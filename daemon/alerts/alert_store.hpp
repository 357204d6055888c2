/// Keeps alerts and what became of telling them, so that a restart repeats none and loses none.
#pragma once
#include "alerts/alert_rows.hpp"
#include "store/database.hpp"

#include <optional>
#include <vector>

namespace wardroom::alerts {

inline constexpr store::Migration alerts_migration{40, "alerts and their deliveries", R"sql(
CREATE TABLE alerts (
  id BIGINT PRIMARY KEY,
  part TEXT NOT NULL,
  colour TEXT NOT NULL,
  level TEXT NOT NULL,
  sentence TEXT NOT NULL,
  remedy TEXT NOT NULL,
  since BIGINT NOT NULL,
  told_at BIGINT NOT NULL,
  flapping BIGINT NOT NULL,
  cleared_at BIGINT
);
CREATE TABLE alert_deliveries (
  id BIGINT PRIMARY KEY,
  alert BIGINT NOT NULL,
  notice TEXT NOT NULL,
  channel TEXT NOT NULL,
  recipient TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  at BIGINT NOT NULL,
  detail TEXT NOT NULL
);
CREATE INDEX alert_deliveries_by_alert ON alert_deliveries (alert)
)sql"};

inline constexpr store::Migration alert_beginnings_migration{41, "trouble not told yet", R"sql(
CREATE TABLE alert_beginnings (
  part TEXT PRIMARY KEY,
  since BIGINT NOT NULL,
  seen BIGINT NOT NULL
)
)sql"};

class AlertStore {
 public:
  explicit AlertStore(store::Database& database) : database_(database) {}

  /// All that is kept, oldest first.
  Task<Result<std::vector<Alert>>> load();
  Task<Result<std::vector<Begun>>> load_begun();
  /// Puts these as they are now, and forgets others, in one unit; `then` after the commit. `begun`
  /// takes the place of all that was there, when given.
  void save(std::vector<Alert> alerts, std::vector<std::int64_t> forgotten,
            std::optional<std::vector<Begun>> begun, store::Committed then);

 private:
  store::Database& database_;
};

}  // namespace wardroom::alerts
