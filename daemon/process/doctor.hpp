/// Looks for what is wrong with a site: a registry to which each part adds its own checks, and a
/// visit that runs them a few at a time. A check that fails, throws or hangs never ends the others.
///
///   begin ─► checks of the area, at most `at_once` at a time ─► each heard as it comes ─► done
#pragma once
#include "runtime/task_group.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom {

enum class CheckResult { ok, warning, failed, skipped };
std::string_view name(CheckResult result);

/// One sentence, and a remedy that can be pasted into a shell ("command   # why"); empty when ok.
struct Finding {
  CheckResult result = CheckResult::ok;
  std::string sentence{};
  std::string remedy{};
  std::string about{};  ///< what of several, such as an identity; joins the check's name
  bool operator==(Finding const&) const = default;
};
using Findings = std::vector<Finding>;
Finding fine(std::string sentence, std::string about = "");
Finding warn(std::string sentence, std::string remedy, std::string about = "");
Finding bad(std::string sentence, std::string remedy, std::string about = "");
Finding skipped(std::string sentence, std::string about = "");

struct CheckWish {
  std::string area{};  ///< empty = all
  bool deep = false;   ///< also what takes long and reads a lot
};

struct Check {
  std::string area;  ///< "store", "logins": one word, shown in the order they were added
  std::string name;  ///< "store.writes"
  std::function<Task<Findings>(CheckWish wish)> run;
  Milliseconds limit{8'000};
};

/// What a visit tells, one after the other.
struct CheckReport {
  std::string area, name;
  Finding finding;
  Milliseconds took{0};
};
struct CheckTotals {
  int ok = 0, warnings = 0, failed = 0, skipped = 0;
  Milliseconds took{0};
};

/// On the loop only. Owner of the checks; visits live in the task group.
class Doctor {
 public:
  Doctor(Clock& clock, TaskGroup& tasks, std::size_t at_once = 6)
      : clock_(clock), tasks_(tasks), at_once_(at_once) {}

  void add(Check check);
  std::vector<std::string> areas() const;  ///< in order of their first check
  std::size_t count(std::string_view area) const;

  struct Hear {
    std::function<void(CheckReport)> report;
    std::function<void(CheckTotals)> done;
    /// Asked before another check begins; false ends the visit without `done`.
    std::function<bool()> wanted = [] { return true; };
  };
  /// Returns at once. An area nobody has checks for is done at once.
  void examine(CheckWish wish, Hear hear);

 private:
  class Visit;
  Clock& clock_;
  TaskGroup& tasks_;
  std::size_t at_once_;
  std::vector<std::shared_ptr<Check const>> checks_;
};

}  // namespace wardroom
