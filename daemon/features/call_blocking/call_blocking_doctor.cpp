#include "features/call_blocking/call_blocking_doctor.hpp"

#include "base/time_text.hpp"
#include "features/call_blocking/call_blocking.hpp"
#include "features/call_blocking/channel_checks.hpp"
#include "features/call_blocking/group_report.hpp"
#include "features/call_blocking/why_check.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace wardroom::call_blocking {
namespace {

constexpr auto area = "call_blocking";
/// So many rows are looked at without a pause: well under a millisecond.
constexpr PersonNo slice = 2'000;

std::string words(Milliseconds d) { return config::format_duration(d); }

Task<Findings> look_at_coverage(CallBlocking& feature) {
  auto const& roster = feature.ports().roster;
  Coverage out;
  for (PersonNo person = 1; person <= roster.size(); ++person) {
    ++out.people;
    if (feature.standings().bound(person) == 0) ++out.in_no_fence;
    if (person % slice == 0) co_await boost::asio::post(feature.ports().loop, use_task);
  }
  out.tracked = static_cast<std::uint32_t>(roster.tracked());
  co_return judge_coverage(out, feature.standings().policy().fences.size());
}

Findings look_at_directory(CallBlocking& feature) {
  auto& map = feature.people_map();
  if (!map.trouble().empty())
    return {warn("The people's directories could not be read: " + map.trouble(),
                 "wardroomctl token show   # a scope may be missing", "directory")};
  if (map.refreshes() == 0)
    return {skipped("The people's directories are not read yet.", "directory")};
  return {fine(fmt::format("The people's directories were read {} time{} since the start.",
                           map.refreshes(), map.refreshes() == 1 ? "" : "s"),
               "directory")};
}

/// The feature's own sign turns red after a release that failed.
Findings look_at_releases(CallBlocking const& feature) {
  auto const& counters = feature.counters();
  for (auto const& sign : feature.health())
    if (sign.part == area && sign.colour == HealthColour::red)
      return {bad(sign.sentence, "wardroomctl calls list   # then: wardroomctl token check",
                  "releases")};
  if (counters.reject_failed > 0)
    return {warn(fmt::format("{} of {} calls could not be released since the start.",
                             counters.reject_failed, counters.reject_failed + counters.rejected),
                 "wardroomctl calls list", "releases")};
  return {fine(fmt::format("{} calls decided, {} released, none that should have ended goes on.",
                           counters.decided, counters.rejected),
               "releases")};
}

Findings look_at_history(CallBlocking const& feature) {
  auto const& history = feature.history();
  auto const& size = history.size();
  auto const kept = size.oldest ? fmt::format("{} positions since {}, {} bytes", size.fixes,
                                              iso_text(*size.oldest), size.bytes)
                                : std::string("none so far");
  if (history.hours().count() > 0)
    return {fine(fmt::format("Positions are kept for {} h for `fence simulate`: {}.",
                             history.hours().count(), kept),
                 "history")};
  if (size.batches > 0)
    return {warn(
        fmt::format("Positions of before are still kept ({}) although history_hours is 0.", kept),
        "wait an hour: the next sweep removes them", "history")};
  return {fine("Only everybody's last position is kept.", "history")};
}

}  // namespace

Findings judge_policy(PolicySettings const& policy) {
  Findings out;
  switch (policy.mode) {
    case Mode::off:
      out.push_back(warn(
          "Call blocking is off.",
          "wardroomctl config explain call_blocking.mode   # then: wardroomctl reload", "mode"));
      break;
    case Mode::observe:
      out.push_back(
          fine("Call blocking observes: it decides and records, and releases nothing.", "mode"));
      break;
    case Mode::enforce:
      out.push_back(fine("Call blocking enforces what it decides.", "mode"));
      break;
  }
  auto const least = 2 * policy.post_interval;
  if (policy.timeout <= least)
    out.push_back(warn(fmt::format("One lost post is enough to make people stale: the timeout {} "
                                   "is not more than twice the interval {}.",
                                   words(policy.timeout), words(policy.post_interval)),
                       "wardroomctl config explain call_blocking.timeout   # then: wardroomctl "
                       "reload",
                       "times"));
  else
    out.push_back(fine(fmt::format("Browsers post every {}; a position counts for {}.",
                                   words(policy.post_interval), words(policy.timeout)),
                       "times"));
  return out;
}

Findings judge_coverage(Coverage const& coverage, std::size_t fences) {
  if (fences == 0)
    return {warn("No fence is configured, so nobody is judged.",
                 "wardroomctl config explain call_blocking.fences   # then: wardroomctl reload",
                 "fences")};
  Findings out{
      fine(fmt::format("{} fence{} in force.", fences, fences == 1 ? " is" : "s are"), "fences")};
  if (coverage.in_no_fence > 0)
    out.push_back(warn(fmt::format("{} of {} people are in no fence: their calls always pass.",
                                   coverage.in_no_fence, coverage.people),
                       "wardroomctl fence list   # people: { all: true } covers everybody",
                       "nobody"));
  if (coverage.people == 0)
    out.push_back(skipped("Nobody is known yet: neither directory was read.", "people"));
  else
    out.push_back(fine(fmt::format("{} people are known, {} of them with a position.",
                                   coverage.people, coverage.tracked),
                       "people"));
  return out;
}

void add_call_blocking_checks(Doctor& doctor, CallBlocking& feature) {
  auto const add = [&](auto look) {
    doctor.add(
        {area, area, [&feature, look](CheckWish) -> Task<Findings> { co_return look(feature); }});
  };
  add([](CallBlocking& f) { return judge_policy(f.standings().policy()); });
  add_channel_checks(doctor, feature);
  add_why_check(doctor, feature);
  add(look_at_directory);
  add([](CallBlocking& f) {
    return findings_about_groups(f.groups().groups(), f.standings().policy());
  });
  add([](CallBlocking& f) { return look_at_releases(f); });
  add([](CallBlocking& f) { return look_at_history(f); });
  doctor.add({area, area, [&feature](CheckWish) { return look_at_coverage(feature); }});
}

}  // namespace wardroom::call_blocking
