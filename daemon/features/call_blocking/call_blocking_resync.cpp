// How CallBlocking asks the platform for the calls there are: after a gap, and for those gone
// quiet.
#include "base/log.hpp"
#include "features/call_blocking/call_blocking.hpp"

namespace wardroom::call_blocking {
namespace {

constexpr std::size_t kMostSurveyed = 20'000;
constexpr auto kQuiet = std::chrono::minutes(10);
constexpr auto kReadPeopleAgain = std::chrono::seconds(10);  // when the store did not answer

}  // namespace

/// Most urgent: whose calls we know of and would end. Last: people nobody knows the place of.
void CallBlocking::resync(std::string_view why) {
  ++resyncs_;
  log::info("asking for live calls", {{"why", why}});
  survey_open_calls(true);
  survey_again_ = true;
  if (std::exchange(reading_people_, true)) return;  // whoever reads them reads them once more
  tasks_.spawn("resync", [this]() -> Task<void> {
    struct Leave {
      bool& reading;
      ~Leave() { reading = false; }
    } const leave{reading_people_};
    while (std::exchange(survey_again_, false)) {
      std::vector<XsiUserId> allowed;
      bool const all = co_await survey_not_allowed(allowed);
      survey_open_calls(false);
      survey_.ask(std::move(allowed), CallSurvey::Tier::allowed);
      if (all) continue;
      co_await ports_.clock.sleep_for(kReadPeopleAgain);
      survey_again_ = true;
    }
  });
}

/// Their calls may have begun before we knew them, and no resync has asked for those.
void CallBlocking::directory_read(std::vector<XsiUserId> fresh) {
  groups_.directory_read();
  if (monitoring_.on()) survey_.ask(std::move(fresh), CallSurvey::Tier::others);
}

/// Calls nobody heard of for long may have ended in a way we missed: the platform knows.
Task<void> CallBlocking::look_after_quiet_calls() {
  for (;;) {
    co_await ports_.clock.sleep_for(std::chrono::minutes(1));
    std::vector<XsiUserId> quiet;
    auto const since = ports_.clock.uptime() - kQuiet;
    for (auto& target : ledger_.targets())
      if (std::ranges::any_of(ledger_.calls_of(target),
                              [&](auto const& call) { return call->last_seen < since; }))
        quiet.push_back(std::move(target));
    if (monitoring_.on()) survey_.ask(std::move(quiet), CallSurvey::Tier::open);
  }
}

/// Whoever has open calls that are to end, as far as we know; or those whose calls may go on.
void CallBlocking::survey_open_calls(bool blocked) {
  std::vector<XsiUserId> out;
  for (auto& target : ledger_.targets()) {
    auto const& calls = ledger_.calls_of(target);
    bool const ok =
        !calls.empty() && calls.front()->person != 0 && standings_.allowed(calls.front()->person);
    if (ok != blocked) out.push_back(std::move(target));
  }
  survey_.ask(std::move(out), blocked ? CallSurvey::Tier::blocked : CallSurvey::Tier::open);
}

/// Everybody who may not call, asked for while they are read; `allowed` = those who may, and have
/// no call we know of. A call of theirs that began unseen would otherwise go on when they leave.
/// False when people could not be read.
Task<bool> CallBlocking::survey_not_allowed(std::vector<XsiUserId>& allowed) {
  std::size_t asked = 0;
  for (PersonNo after = 0; asked < kMostSurveyed;) {
    auto const page = co_await ports_.people.page(after, 500);
    if (!page) log::error("people could not be listed for a resync", {{"why", page.error().what}});
    if (!page || page->empty()) co_return page.has_value();
    after = page->back().no;
    std::vector<XsiUserId> outside;
    std::vector<XsiUserId> others;
    for (auto const& person : *page) {
      if (person.xsi.empty() || !ports_.roster.has(person.no)) continue;
      if (standings_.allowed(person.no)) {
        if (allowed.size() < kMostSurveyed && ledger_.calls_of(person.xsi).empty())
          allowed.push_back(person.xsi);
        continue;
      }
      // With a position: of them we know that they are elsewhere.
      (ports_.roster.row(person.no).has_fix() ? outside : others).push_back(person.xsi);
    }
    asked += outside.size() + others.size();
    survey_.ask(std::move(outside), CallSurvey::Tier::outside);
    survey_.ask(std::move(others), CallSurvey::Tier::others);
  }
  log::warning("only the first people who may not call are asked for live calls",
               {{"people", asked}});
  co_return true;
}

}  // namespace wardroom::call_blocking
