// What breaks about events and about requests to calls.
#include "calls_neighbours.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::world {
namespace {

/// A release that was given up is tried anew after 10 s, then 20, 40 and each 60.
constexpr Milliseconds kTriedAnew{80'000};
constexpr Milliseconds kChannels{45'000};

bool is_delete(sim::Request const& r) {
  return r.method == http::Method::delete_ && r.path.contains("/calls/");
}
/// Meeting servers have calls as well.
bool is_list(sim::Request const& r) {
  return r.method == http::Method::get && r.path.contains("xsi-actions/") &&
         r.path.contains("/calls");
}

Milliseconds lasts(Chance& chance, std::int64_t least, std::int64_t most) {
  return Milliseconds(chance.between(least, most));
}

/// "xsp3.acme.example"; the first for any other name.
std::size_t xsp_of(sim::Request const& request) {
  auto const host = request.header("Host");
  bool const numbered = host.starts_with("xsp") && host.size() > 3;
  return numbered ? std::size_t(host[3] - '1') : 0;
}

}  // namespace

bool CallsNeighbours::concerns_calls() const {
  return std::ranges::any_of(held_, [](Held const& one) {
    return one.name == "events lost" || one.name.starts_with("deletes ");
  });
}

void CallsNeighbours::repeat_events(Chance& chance) {
  auto& faults = world_.platform().faults;
  int const n = int(chance.between(1, 30));
  bool const fresh = chance.one_in(2);
  (fresh ? faults.duplicate_new_id : faults.duplicate_events) = n;
  note(fmt::format("the next {} events come twice{}", n, fresh ? ", under ids of their own" : ""));
}

/// One that waits for the next overtakes nobody for more than a second.
void CallsNeighbours::reorder_events(Chance& chance) {
  int const n = int(chance.between(1, 20));
  world_.platform().faults.reorder_events = n;
  hold("events reordered", fmt::format("the next {} events come out of order", n),
       lasts(chance, 5'000, 60'000), {}, [this] { world_.platform().faults.reorder_events = 0; });
}

/// What was lost shows as a gap with the next events of anybody: the second one where the counter
/// began anew not far behind at the same time.
void CallsNeighbours::lose_events(Chance& chance) {
  int const n = int(chance.between(1, 12));
  world_.platform().faults.lose_events = n;
  hold("events lost", fmt::format("the next {} events are lost", n), lasts(chance, 2'000, 60'000),
       {Milliseconds(10'000), kChannels}, [this] {
         auto& platform = world_.platform();
         platform.faults.lose_events = 0;
         for (auto const* hook : {"Off-Hook", "On-Hook"})
           platform.calls.tell(platform.org.people().front(), "HookStatusEvent",
                               fmt::format("<xsi:hookStatus>{}</xsi:hookStatus>", hook));
       });
}

void CallsNeighbours::delay_events(Chance& chance) {
  auto const by = chance.between(100, 4'000);
  world_.platform().faults.event_delay_ms = int(by);
  hold("events late", fmt::format("events come {} ms late", by), lasts(chance, 5'000, 60'000),
       {Milliseconds(by + 5'000), kChannels},
       [this] { world_.platform().faults.event_delay_ms = 0; });
}

void CallsNeighbours::jump_sequence(Chance& chance) {
  auto& platform = world_.platform();
  if (chance.one_in(2)) {
    platform.xsi.set_sequence(chance.one_in(2) ? 2'147'483'640 : chance.between(0, 100));
    return struck("the sequence of events begins elsewhere", {});
  }
  platform.faults.skip_sequence = int(chance.between(1, 50));
  struck("a gap in the sequence of events", {});
}

void CallsNeighbours::tell_all_again(Chance&) {
  note("the platform tells everybody's calls again");
  world_.platform().xsi.send_resync();
}

void CallsNeighbours::slow_deletes(Chance& chance) {
  auto& faults = world_.platform().faults;
  faults.delete_delay_ms = int(chance.between(100, 5'000));
  faults.release_delay_ms = int(chance.between(0, 3'000));
  hold("deletes slow",
       fmt::format("releases are answered {} ms and done {} ms later", faults.delete_delay_ms,
                   faults.release_delay_ms),
       lasts(chance, 5'000, 90'000), {kTriedAnew, kChannels}, [this] {
         world_.platform().faults.delete_delay_ms = 0;
         world_.platform().faults.release_delay_ms = 20;
       });
}

void CallsNeighbours::idle_deletes(Chance& chance) {
  auto& faults = world_.platform().faults;
  static constexpr std::pair<bool sim::Faults::*, char const*> ways[] = {
      {&sim::Faults::delete_without_release, "releases are accepted and not done"},
      {&sim::Faults::delete_id_change, "calls get other ids as they are released"},
      {&sim::Faults::delete_404_race, "calls end just before they are released"}};
  auto const& [which, words] = chance.pick(ways);
  faults.*which = true;
  hold("deletes idle", words, lasts(chance, 5'000, 60'000), {kTriedAnew, kChannels},
       [this, fault = which] { world_.platform().faults.*fault = false; });
}

void CallsNeighbours::odd_deletes(Chance& chance) {
  auto const time = lasts(chance, 500, 60'000);
  if (chance.one_in(4))  // done, but nobody says so
    return hold("deletes answered oddly", "releases are done, and the answers lost", time,
                {kTriedAnew, kChannels}, {},
                [this](sim::Request const& r) -> std::optional<sim::Answer> {
                  if (!is_delete(r)) return std::nullopt;
                  auto answer = world_.platform().xsi_door.handle(xsp_of(r), r);
                  answer.wire = sim::Answer::Wire::reset;
                  return answer;
                });
  std::string words;
  auto const answer = odd_answer(chance, words);
  auto const every = 1 + chance.below(3);
  auto seen = std::make_shared<std::uint64_t>(0);
  hold("deletes answered oddly", fmt::format("each {}. release is answered {}", every, words), time,
       {kTriedAnew, kChannels}, {},
       [answer, every, seen](sim::Request const& r) -> std::optional<sim::Answer> {
         if (!is_delete(r) || ++*seen % every != 0) return std::nullopt;
         return answer;
       });
}

void CallsNeighbours::odd_lists(Chance& chance) {
  std::string words;
  auto const answer = odd_answer(chance, words);
  auto const every = 1 + chance.below(3);
  auto seen = std::make_shared<std::uint64_t>(0);
  hold("lists answered oddly",
       fmt::format("each {}. question for calls is answered {}", every, words),
       lasts(chance, 500, 60'000), {kTriedAnew, kChannels}, {},
       [answer, every, seen](sim::Request const& r) -> std::optional<sim::Answer> {
         if (!is_list(r) || ++*seen % every != 0) return std::nullopt;
         return answer;
       });
}

}  // namespace wardroom::world
