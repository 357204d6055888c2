/// Hears the positions that browsers post: the newest one that was acknowledged, or a newer one, is
/// in the store.
#pragma once
#include "base/units.hpp"
#include "position_posts.hpp"
#include "store_ledger.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace wardroom::world {

class PositionLedger {
 public:
  PositionLedger(StoreLedger& ledger, std::function<Uptime()> now, std::function<void()> told)
      : ledger_(ledger), now_(std::move(now)), told_(std::move(told)) {}

  /// As PositionPosts tells it.
  void hear(PositionPost const& post);
  /// When the newest acknowledged post of each left its browser; by e-mail address.
  std::map<std::string, Uptime> newest() const;

 private:
  struct Left {
    std::uint64_t number;
    Uptime at;
    GeoPoint where;
  };
  struct Person {
    std::deque<Left> posts;  ///< oldest first; those that may be what the store has
    std::optional<Uptime> acknowledged;
  };
  std::string check(std::string const& email, store::Sql& sql) const;

  StoreLedger& ledger_;
  std::function<Uptime()> now_;
  std::function<void()> told_;
  std::map<std::string, Person> people_;
};

}  // namespace wardroom::world
