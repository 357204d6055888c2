// What breaks at meeting servers: their records, their posts, their APIs, themselves.
#include "notices_part.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace wardroom::world {

using namespace std::chrono_literals;

namespace {

/// After an API broke: requests that hang, retries with their waits, a reading's longest backoff.
constexpr auto api_grace = 60s;
/// The same for a message, which waits for no reading: what hangs, and the longest wait behind it.
constexpr auto put_grace = 25s;

}  // namespace

void NoticesPart::fault(Chance& dice) {
  auto const i = std::size_t(dice.below(bridges_.size()));
  auto& faults = cms().bridge(i).faults;
  std::string what;
  switch (dice.below(9)) {
    case 0:
    case 1:
      what = world_.has("notices records") ? break_records(dice, faults) : "";
      break;
    case 2:
      what = world_.has("notices posts") ? break_posts(dice, i) : "";
      break;
    case 3:
      what = world_.has("notices apis", 400) ? break_api(dice, i) : "";
      break;
    case 4:
      what = world_.has("notices ways", 400) ? break_way(dice, i) : "";
      break;
    case 5:
      what = world_.has("notices bridges") ? break_bridge(dice, i) : "";
      break;
    case 6:
      what = world_.has("notices questions") ? break_reads(dice, bridges_[i]) : "";
      break;
    case 7:
      what = world_.has("notices refused") ? refuse_puts(dice, i) : "";
      break;
    default:
      what = world_.has("notices others") ? overwrite(dice, i) : "";
  }
  if (!what.empty()) note(fmt::format("{}: {}", bridges_[i].name, what));
  happened();
}

std::string NoticesPart::break_records(Chance& dice, sim::CmsFaults& f) const {
  switch (dice.below(5)) {
    case 0:
      f.lose_records = int(1 + dice.below(3));
      f.tell_missing = dice.one_in(2);
      return fmt::format("the next {} records are lost", f.lose_records);
    case 1:
      f.swap_records = int(1 + dice.below(2));
      return "records are swapped";
    case 2:
      f.late_call_start = 1;
      return "a call's start comes late";
    case 3:
      f.end_twice = 1;
      return "an end comes twice";
    default:
      f.strangers = !f.strangers;
      return f.strangers ? "records have novelties" : "records have no novelties any more";
  }
}

/// On their way, for a while.
std::string NoticesPart::break_posts(Chance& dice, std::size_t i) {
  auto& f = cms().bridge(i).faults;
  bridges_[i].posts_mend =
      world_.clock().after(Milliseconds(dice.between(1'000, 60'000)), [this, i] { mend_posts(i); });
  switch (dice.below(5)) {
    case 0:
      f.duplicate_posts = int(1 + dice.below(3));
      f.new_record_index = dice.one_in(2);
      return "posts come twice";
    case 1:
      f.lose_200 = int(1 + dice.below(3));
      return "answers to posts are lost";
    case 2: {
      constexpr std::array ways{"truncated", "two_roots", "stray_end", "doctype",  "entities",
                                "bom",       "crlf",      "nul",       "bad_utf8", "no_id"};
      f.garble = ways.at(dice.below(ways.size()));
      f.garble_posts = bridges_[i].garbles = 1;
      return fmt::format("a post is garbled: {}", f.garble);
    }
    case 3:
      f.store = int(2 + dice.below(4));
      f.hold_posts = dice.one_in(2);
      return fmt::format("it keeps {} records{}", f.store, f.hold_posts ? ", and posts none" : "");
    default:
      f.hold_posts = true;
      return "it posts nothing";
  }
}

void NoticesPart::mend_posts(std::size_t i) {
  auto& f = cms().bridge(i).faults;
  sim::CmsFaults const fine;
  f.store = fine.store;
  f.hold_posts = false;
  if (healed_at_ || world_.healed()) {
    auto const links = f.link_sub_type, names = f.call_bridge;
    f = fine;
    f.link_sub_type = links;
    f.call_bridge = names;
    f.page_cap = page_caps_.at(i);
    bridges_[i].garbles = 0;
  }
  bridges_[i].posts_mend.cancel();
  cms().bridge(i).wake_receivers();
}

/// For good, or for now.
std::string NoticesPart::refuse_puts(Chance& dice, std::size_t i) {
  bool const busy = dice.one_in(2);
  auto const count = int(1 + dice.below(busy ? 4 : 2));
  (busy ? bridges_[i].busy_puts : cms().bridge(i).faults.refuse_puts) = count;
  return fmt::format("the next {} messages are {}", count, busy ? "answered 503" : "refused");
}

std::string NoticesPart::break_api(Chance& dice, std::size_t i) {
  auto const how = dice.below(7);
  spoil_api(dice, i, how == 1 || how > 4);
  auto& f = cms().bridge(i).faults;
  switch (how) {
    case 0:
      f.busy = int(1 + dice.below(5));
      return "its API is busy";
    case 1:
      f.hang = int(1 + dice.below(2));
      return "its API leaves a request without an answer";
    case 2:
      f.reset = int(1 + dice.below(3));
      return "its API breaks connections";
    case 3:
      f.truncate = int(1 + dice.below(3));
      return "its API answers by halves";
    case 4:
      f.html = int(1 + dice.below(3));
      return "a load balancer answers";
    case 5:
      f.delay_ms = int(dice.below(3'000));
      return fmt::format("its API takes {} ms", f.delay_ms);
    default:
      f.dead = true;
      return "it is dead";
  }
}

/// Messages are taken all the same: what is doubtful must be shown.
std::string NoticesPart::break_reads(Chance& dice, Bridge& bridge) const {
  auto const now = world_.now();
  auto const time = Milliseconds(dice.between(1'000, 60'000));
  bridge.refuses_until = now + time;
  bridge.refuses_by_silence = dice.one_in(3);
  bridge.reads_spoiled_until = bridge.refuses_until + api_grace;
  bridge.due.reset();
  if (bridge.refuses_by_silence)
    bridge.clogged_until = std::max<Uptime>(bridge.clogged_until, bridge.refuses_until + put_grace);
  return fmt::format("it answers no questions for {} ms{}", time.count(),
                     bridge.refuses_by_silence ? ", and says nothing" : "");
}

std::string NoticesPart::break_way(Chance& dice, std::size_t i) {
  spoil_api(dice, i, true);
  auto const& origin = bridges_[i].origin;
  switch (dice.below(4)) {
    case 0:
      world_.change_way(origin, [](test::Way& way) { way.refused = true; });
      return "connections to it are refused";
    case 1:
      world_.change_way(origin, [](test::Way& way) { way.lost = true; });
      return "packets to it vanish";
    case 2: {
      auto const slow = Milliseconds(dice.between(100, 3'000));
      world_.change_way(origin, [slow](test::Way& way) { way.latency = slow; });
      return fmt::format("it is {} ms away", slow.count());
    }
    default:
      if (world_.running()) world_.net().reset_connections(origin);
      return "connections to it are reset";
  }
}

void NoticesPart::spoil_api(Chance& dice, std::size_t i, bool clogs) {
  bridges_[i].spoiled_until = bridges_[i].puts_spoiled_until = Uptime::max();
  if (clogs) bridges_[i].clogged_until = Uptime::max();
  bridges_[i].due.reset();
  bridges_[i].api_mends =
      world_.clock().after(Milliseconds(dice.between(1'000, 120'000)), [this, i] { mend_api(i); });
}

void NoticesPart::mend_api(std::size_t i) {
  auto& bridge = bridges_[i];
  auto& f = cms().bridge(i).faults;
  f.busy = f.hang = f.reset = f.truncate = f.html = f.delay_ms = 0;
  f.dead = false;
  world_.change_way(bridge.origin, [this](test::Way& way) {
    way.refused = way.lost = false;
    way.latency = latency_;
  });
  if (!cms().bridge(i).up) cms().start(i);
  bridge.api_mends.cancel();
  if (bridge.spoiled_until != Uptime::max()) return;
  bridge.spoiled_until = world_.now() + api_grace;
  bridge.puts_spoiled_until = world_.now() + put_grace;
  if (bridge.clogged_until == Uptime::max()) bridge.clogged_until = bridge.puts_spoiled_until;
  note(bridge.name + " is as it was");
  cms().bridge(i).wake_receivers();
  happened();
}

std::string NoticesPart::break_bridge(Chance& dice, std::size_t i) {
  if (!cms().bridge(i).up) return {};
  if (!dice.one_in(3)) {
    cms().restart(i);
    return "it is started again";
  }
  cms().crash(i);
  spoil_api(dice, i, false);
  return "it is down";
}

/// Somebody else's client overwrites a message: ours comes back with the next check.
std::string NoticesPart::overwrite(Chance& dice, std::size_t i) {
  auto& bridge = cms().bridge(i);
  if (bridge.calls.empty()) return {};
  auto const call = bridge.calls.begin()->first;
  bridge.set_message(call, {.text = dice.one_in(2) ? "" : "Coffee at ten",
                            .position = "top",
                            .duration = "permanent",
                            .set = world_.now()});
  screens_[{i, call}].overwritten = world_.now() + check_every_ + check_every_ / 10 + 10s;
  return fmt::format("the message of {} is overwritten", call);
}

}  // namespace wardroom::world
