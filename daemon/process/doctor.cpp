#include "process/doctor.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace wardroom {
namespace {

/// How long a check that was cancelled may take to end before nobody waits for it any more.
constexpr Milliseconds grace{500};

/// What a check found, or that it broke; cancellation passes.
Task<Findings> outcome(std::shared_ptr<Check const> check, CheckWish wish) {
  std::string why;
  try {
    co_return co_await check->run(wish);
  } catch (boost::system::system_error const& e) {
    if (e.code() == boost::asio::error::operation_aborted) throw;
    why = e.what();
  } catch (std::exception const& e) {
    why = e.what();
  }
  co_return Findings{bad(fmt::format("The check '{}' itself broke: {}.", check->name, why),
                         "wardroomctl bugreport   # send it to the developers")};
}

Finding too_slow(Check const& check) {
  return bad(fmt::format("The check '{}' had no answer within {:.0f} s.", check.name,
                         double(check.limit.count()) / 1000),
             fmt::format("wardroomctl doctor {}   # again; what it asks may hang", check.area));
}

void add_to(CheckTotals& totals, CheckResult result) {
  switch (result) {
    case CheckResult::ok:
      ++totals.ok;
      break;
    case CheckResult::warning:
      ++totals.warnings;
      break;
    case CheckResult::failed:
      ++totals.failed;
      break;
    case CheckResult::skipped:
      ++totals.skipped;
      break;
  }
}

}  // namespace

std::string_view name(CheckResult result) {
  switch (result) {
    case CheckResult::ok:
      return "ok";
    case CheckResult::warning:
      return "warning";
    case CheckResult::failed:
      return "failed";
    case CheckResult::skipped:
      break;
  }
  return "skipped";
}

Finding fine(std::string sentence, std::string about) {
  return {CheckResult::ok, std::move(sentence), "", std::move(about)};
}
Finding warn(std::string sentence, std::string remedy, std::string about) {
  return {CheckResult::warning, std::move(sentence), std::move(remedy), std::move(about)};
}
Finding bad(std::string sentence, std::string remedy, std::string about) {
  return {CheckResult::failed, std::move(sentence), std::move(remedy), std::move(about)};
}
Finding skipped(std::string sentence, std::string about) {
  return {CheckResult::skipped, std::move(sentence), "", std::move(about)};
}

/// One round of checks. Kept alive by its running checks.
class Doctor::Visit : public std::enable_shared_from_this<Visit> {
 public:
  Visit(Doctor& doctor, CheckWish wish, Hear hear)
      : clock_(doctor.clock_),
        tasks_(doctor.tasks_),
        at_once_(doctor.at_once_),
        wish_(std::move(wish)),
        hear_(std::move(hear)),
        begun_(clock_.uptime()) {
    for (auto const& check : doctor.checks_)
      if (wish_.area.empty() || check->area == wish_.area) waiting_.push_back(check);
  }

  void go_on() {
    while (running_ < at_once_ && next_ < waiting_.size()) {
      if (!hear_.wanted()) return;
      ++running_;
      start(waiting_[next_++]);
    }
    // A check may end at once, within the loop above: whoever sees the last one end says so.
    if (running_ > 0 || next_ < waiting_.size() || std::exchange(over_, true)) return;
    totals_.took = since(begun_);
    hear_.done(totals_);
  }

 private:
  struct Running {
    std::shared_ptr<Check const> check;
    Uptime begun;
    bool told = false;
    TimerHandle given_up{};
  };

  Milliseconds since(Uptime when) const {
    return std::chrono::floor<Milliseconds>(clock_.uptime() - when);
  }

  void start(std::shared_ptr<Check const> const& check) {
    auto const one = std::make_shared<Running>(Running{check, clock_.uptime()});
    one->given_up =
        clock_.after(check->limit + grace, [weak = weak_from_this(), one = std::weak_ptr(one)] {
          auto const self = weak.lock();
          auto const late = one.lock();
          if (self && late) self->tell(*late, {too_slow(*late->check)});
        });
    tasks_.spawn("doctor " + check->name, [self = shared_from_this(), one]() -> Task<void> {
      using namespace boost::asio::experimental::awaitable_operators;
      auto first =
          co_await (outcome(one->check, self->wish_) || self->clock_.sleep_for(one->check->limit));
      self->tell(*one, first.index() == 0 ? std::get<0>(std::move(first))
                                          : Findings{too_slow(*one->check)});
    });
  }

  void tell(Running& one, Findings findings) {
    if (std::exchange(one.told, true)) return;
    one.given_up.cancel();
    for (auto& finding : findings) {
      add_to(totals_, finding.result);
      auto const& check = *one.check;
      auto name = finding.about.empty() ? check.name : check.name + "." + finding.about;
      if (hear_.wanted())
        hear_.report({check.area, std::move(name), std::move(finding), since(one.begun)});
    }
    --running_;
    go_on();
  }

  Clock& clock_;
  TaskGroup& tasks_;
  std::size_t at_once_;
  CheckWish wish_;
  Hear hear_;
  Uptime begun_;
  std::vector<std::shared_ptr<Check const>> waiting_;
  std::size_t next_ = 0, running_ = 0;
  CheckTotals totals_;
  bool over_ = false;
};

void Doctor::add(Check check) {
  checks_.push_back(std::make_shared<Check const>(std::move(check)));
}

std::vector<std::string> Doctor::areas() const {
  std::vector<std::string> out;
  for (auto const& check : checks_)
    if (std::ranges::find(out, check->area) == out.end()) out.push_back(check->area);
  return out;
}

std::size_t Doctor::count(std::string_view area) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      checks_, [&](auto const& check) { return area.empty() || check->area == area; }));
}

void Doctor::examine(CheckWish wish, Hear hear) {
  std::make_shared<Visit>(*this, std::move(wish), std::move(hear))->go_on();
}

}  // namespace wardroom
