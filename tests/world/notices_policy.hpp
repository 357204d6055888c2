/// What the daemon is told to show in conferences, and which of several tellings it may go by while
/// a reload is under way.
#pragma once
#include "base/units.hpp"
#include "chance.hpp"
#include "sim/cms_truth.hpp"

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::world {

struct NoticesPolicy {
  bool enforces = true;  ///< else it observes
  unsigned domains = 0, texts = 0;
  bool operator==(NoticesPolicy const&) const = default;

  sim::CmsDomains const& lists() const;
  /// Empty for level 0.
  std::string text(int level) const;
  std::string yaml() const;
  /// Another one than this.
  NoticesPolicy changed(Chance& dice) const;
};

/// Of any policy's text; 0 = nobody's, or none.
int level_of_text(std::string_view text);

class NoticesPolicies {
 public:
  explicit NoticesPolicies(NoticesPolicy first) : may_hold_{first} {}

  /// It stands in the file now.
  void written(NoticesPolicy policy, Uptime now);
  void started(Uptime now);
  void answered(bool ok, Uptime now);

  /// Never empty; one when it is sure.
  std::vector<NoticesPolicy> const& may_hold() const { return may_hold_; }
  bool sure() const { return may_hold_.size() == 1; }
  bool surely_enforces() const;
  bool surely_observes() const;
  /// Since when the daemon goes by them.
  Uptime since() const { return since_; }
  /// Since when it surely observes, after it enforced in the same life.
  std::optional<Uptime> stepped_down() const { return stepped_down_; }

 private:
  void settle(std::vector<NoticesPolicy> now_holds, Uptime now);

  std::vector<NoticesPolicy> may_hold_;
  std::deque<Uptime> unanswered_;
  std::optional<Uptime> stepped_down_;
  Uptime since_{};
};

}  // namespace wardroom::world
