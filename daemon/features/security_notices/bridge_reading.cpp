#include "features/security_notices/bridge_reading.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace wardroom::security_notices {
namespace {
using namespace boost::asio::experimental::awaitable_operators;
using conference::CallId;
using conference::LegFacts;
using conference::LegId;

/// What is asked one by one, for up to four workers; the first trouble stops them all.
struct Work {
  std::size_t count = 0;
  std::size_t next = 0;
  std::optional<Error> trouble{};
};

template <class One>
Task<void> worker(Work& work, One& one) {
  while (!work.trouble && work.next < work.count) {
    auto const index = work.next++;
    auto done = co_await one(index);
    if (!done && !work.trouble) work.trouble = std::move(done.error());
  }
}

/// `one(index)` for each below `count`, at most four at once.
template <class One>
Task<Result<void>> for_each_at_once(std::size_t count, One one) {
  Work work{.count = count};
  if (count < 2)
    co_await worker(work, one);
  else
    co_await (worker(work, one) && worker(work, one) && worker(work, one) && worker(work, one));
  if (work.trouble) co_return std::unexpected(std::move(*work.trouble));
  co_return Result<void>{};
}

template <class T>
void fill(T& field, T const& from) {
  if (!field) field = from;
}

/// The leg's own answer is the newer one; the list tells what that left out.
LegFacts merged(LegFacts own, LegFacts const& listed) {
  fill(own.call, listed.call);
  fill(own.remote_party, listed.remote_party);
  fill(own.original_remote_party, listed.original_remote_party);
  fill(own.display_name, listed.display_name);
  return own;
}

/// The call and the list of its legs, which must be as many as the call says. Somebody who leaves
/// between the two questions makes them differ: then both are asked once more.
Task<Result<CallReading>> read_listing(Conferences& bridge, CallId id) {
  std::size_t listed = 0;
  std::uint64_t counted = 0;
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto call = co_await bridge.call(id);
    if (!call) co_return std::unexpected(std::move(call.error()));
    auto legs = co_await bridge.legs(id);
    if (!legs) co_return std::unexpected(std::move(legs.error()));
    listed = legs->size();
    counted = call->legs.value_or(listed);
    if (listed >= counted) co_return CallReading{std::move(*call), std::move(*legs)};
  }
  co_return failure(ErrorKind::malformed,
                    fmt::format("the bridge lists {} of the {} legs of the call {}: the list is "
                                "not complete",
                                listed, counted, id.text()));
}

/// Asks for those legs whose type nobody knows; whoever has left meanwhile goes from the list.
class LegQuestions {
 public:
  LegQuestions(Conferences& bridge, CallReading& reading, KnownLeg const& known)
      : bridge_(bridge), reading_(reading), ended_(reading.legs.size()) {
    for (std::size_t i = 0; i < reading.legs.size(); ++i)
      if (!known || !known(reading.legs[i].id)) open_.push_back(i);
  }
  std::size_t size() const { return open_.size(); }
  Task<Result<void>> ask(std::size_t which) {
    auto const place = open_[which];
    auto const id = reading_.legs[place].id;
    auto own = co_await bridge_.leg(id);
    if (own) {
      reading_.legs[place] = merged(std::move(*own), reading_.legs[place]);
    } else if (own.error().kind == ErrorKind::not_found) {
      ended_[place] = true;
    } else {
      co_return std::unexpected(std::move(own.error()));
    }
    co_return Result<void>{};
  }
  void leave_out_ended() {
    std::vector<LegFacts> kept;
    kept.reserve(reading_.legs.size());
    for (std::size_t i = 0; i < reading_.legs.size(); ++i)
      if (!ended_[i]) kept.push_back(std::move(reading_.legs[i]));
    reading_.legs = std::move(kept);
  }

 private:
  Conferences& bridge_;
  CallReading& reading_;
  std::vector<bool> ended_;
  std::vector<std::size_t> open_;
};

/// One request at a time.
Task<Result<CallReading>> read_slowly(Conferences& bridge, CallId id, KnownLeg const& known) {
  auto reading = co_await read_listing(bridge, id);
  if (!reading) co_return reading;
  LegQuestions questions(bridge, *reading, known);
  for (std::size_t i = 0; i < questions.size(); ++i)
    if (auto done = co_await questions.ask(i); !done)
      co_return std::unexpected(std::move(done.error()));
  questions.leave_out_ended();
  co_return reading;
}

bool same_word(std::string_view a, std::string_view b) {
  auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool says_link(LegFacts const& leg) {
  auto const sub_type = leg.sub_type.value_or("");
  return same_word(sub_type, "distributionLink") || same_word(sub_type, "lyncDistribution");
}

/// Only a connected SIP leg can be a link that hides its subtype; of any other the list of
/// participants proves nothing: one that rings or waits in the lobby may not be in it yet.
bool may_hide(LegFacts const& leg) {
  return same_word(leg.type.value_or(""), "sip") && !leg.sub_type &&
         leg.connected.value_or(false) && !leg.deactivated.value_or(false) && leg.call &&
         leg.group_id;
}

Task<Result<bool>> is_participant(Conferences& bridge, CallId call, std::string group) {
  auto all = co_await bridge.participants(call);
  if (!all) co_return std::unexpected(std::move(all.error()));
  co_return std::ranges::any_of(*all, [&](auto const& one) { return same_word(one.id, group); });
}

}  // namespace

Task<Result<CallReading>> read_call(Conferences& bridge, CallId id, KnownLeg known) {
  auto reading = co_await read_listing(bridge, id);
  if (!reading) co_return reading;
  LegQuestions questions(bridge, *reading, known);
  auto const asked = co_await for_each_at_once(
      questions.size(), [&](std::size_t index) { return questions.ask(index); });
  if (!asked) co_return std::unexpected(asked.error());
  questions.leave_out_ended();
  co_return reading;
}

Task<Result<std::vector<CallReading>>> read_bridge(Conferences& bridge, KnownLeg known) {
  auto const calls = co_await bridge.calls();
  if (!calls) co_return std::unexpected(calls.error());
  std::vector<std::optional<CallReading>> readings(calls->size());
  auto const read_one = [&](std::size_t index) -> Task<Result<void>> {
    auto reading = co_await read_slowly(bridge, (*calls)[index].id, known);
    if (reading)
      readings[index] = std::move(*reading);
    else if (reading.error().kind != ErrorKind::not_found)
      co_return std::unexpected(std::move(reading.error()));
    co_return Result<void>{};
  };
  auto const asked = co_await for_each_at_once(readings.size(), read_one);
  if (!asked) co_return std::unexpected(asked.error());
  std::vector<CallReading> all;
  all.reserve(readings.size());
  for (auto& reading : readings)
    if (reading) all.push_back(std::move(*reading));
  co_return all;
}

Task<Result<LinkFinding>> look_at_link(Conferences& bridge, LegId leg) {
  LinkFinding finding;
  auto own = co_await bridge.leg(leg);
  if (!own) co_return std::unexpected(std::move(own.error()));
  finding.facts = std::move(*own);
  finding.is_link = finding.says_so = says_link(finding.facts);
  if (finding.is_link || !may_hide(finding.facts)) co_return finding;
  auto const known = co_await is_participant(bridge, *finding.facts.call, *finding.facts.group_id);
  if (!known) co_return std::unexpected(known.error());
  finding.is_link = !*known;
  co_return finding;
}

}  // namespace wardroom::security_notices
