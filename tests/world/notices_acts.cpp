// What people do at the meeting servers, and what operators configure.
#include "notices_part.hpp"

#include <fmt/format.h>

#include <array>

namespace wardroom::world {
namespace {

constexpr std::array addresses{"ann@secure.example",
                               "bob@staff.example",
                               "cid@deep.staff.example",
                               "sip:Dan@STAFF.example.:5061",
                               "eve@partner.example",
                               "fay@staff.example.evil.example",
                               "4711",
                               "gus@10.9.8.7"};

/// Mostly of people who are trusted: with an outsider in it a conference has nothing left to tell.
std::string some_address(Chance& dice) {
  return addresses.at(dice.below(dice.one_in(4) ? addresses.size() : 4));
}

std::string told(std::string what, auto const& done) {
  return done ? std::move(what) : std::string();
}

}  // namespace

/// Things come together: so their records do.
void NoticesPart::act(Chance& dice) {
  if (dice.one_in(40)) return change_policy(dice);
  do one_act(dice);
  while (dice.one_in(2));
  happened();
  if (soon_dice_.one_in(3)) act_soon();
}

/// While the daemon still reads, waits or shows what came before.
void NoticesPart::act_soon() {
  auto const wait = Milliseconds(soon_dice_.between(0, soon_dice_.one_in(2) ? 200 : 6'000));
  world_.tasks().spawn("somebody else", [this, wait]() -> Task<void> {
    co_await world_.clock().sleep_for(wait);
    if (world_.healed()) co_return;
    one_act(soon_dice_);
    happened();
  });
}

/// While a bridge thinks about an answer, or is to be told once more: what it says, or what it is
/// to show, is older than the records that come of this.
void NoticesPart::act_meanwhile(Asked asked, Milliseconds within) {
  auto const wait = Milliseconds(meanwhile_dice_.between(1, within.count()));
  world_.tasks().spawn("somebody meanwhile", [this, asked, wait]() -> Task<void> {
    co_await world_.clock().sleep_for(wait);
    if (world_.healed()) co_return;
    auto const what = come_or_go(asked);
    if (!what.empty()) note(what + ", meanwhile");
    truth_.learn();
    happened();
  });
}

/// Anybody comes to that call; whoever was asked about, or anybody on that bridge, goes.
std::string NoticesPart::come_or_go(Asked const& asked) {
  auto& dice = meanwhile_dice_;
  auto const& calls = cms().bridge(asked.bridge).calls;
  auto const found = calls.find(asked.call);
  auto const* conference =
      found == calls.end() ? nullptr : cms().by_correlator(found->second.correlator);
  if (conference && dice.one_in(2))
    return join(dice, conference->name, asked.bridge, dice.pick(addresses));
  std::vector<std::uint64_t> there;
  for (auto const& [no, person] : cms().people())
    if (person.bridge == asked.bridge) there.push_back(no);
  if (there.empty()) return {};
  bool const the_one = cms().people().contains(asked.person) && dice.one_in(2);
  auto const who = the_one ? asked.person : dice.pick(there);
  return told(fmt::format("person {} leaves", who), cms().leave(who));
}

/// Refusals are fine: not everything can be done to everybody.
void NoticesPart::one_act(Chance& dice) {
  auto const conference = fmt::format("c{}", dice.below(3));
  auto const bridge = std::size_t(dice.below(bridges_.size()));
  auto const people = cms().people().size();
  auto const what = people == 0 || dice.one_in(people > 8 ? 8 : 2)
                        ? join(dice, conference, bridge, some_address(dice))
                        : act_on_somebody(dice, conference, bridge);
  if (!what.empty()) note(what);
  // Whoever moved before they do something else must be known by then.
  truth_.learn();
}

std::string NoticesPart::join(Chance& dice, std::string const& conference, std::size_t bridge,
                              std::string address) {
  sim::CmsJoin wish;
  wish.conference = conference;
  wish.bridge = bridge;
  wish.via = dice.one_in(6) ? sim::CmsVia(dice.below(6)) : sim::CmsVia::sip;
  wish.state = dice.one_in(2) ? sim::CmsState::connected : sim::CmsState(dice.below(4));
  wish.address = std::move(address);
  if (dice.one_in(4)) wish.first_address = some_address(dice);
  wish.early_call = dice.one_in(2);
  if (dice.one_in(30)) wish.type = "lyncConferencing";
  auto what = fmt::format("{} comes to {} on {}", wish.address, conference, bridges_[bridge].name);
  auto const done = cms().join(std::move(wish));
  return done ? fmt::format("{} as person {}", what, *done) : std::string();
}

std::string NoticesPart::act_on_somebody(Chance& dice, std::string const& conference,
                                         std::size_t bridge) {
  auto at = cms().people().begin();
  std::advance(at, std::ptrdiff_t(dice.below(cms().people().size())));
  auto const who = at->first;
  auto const named = fmt::format("person {} ({})", who, at->second.address);
  auto const& there = bridges_[bridge].name;
  switch (dice.below(14)) {
    case 0:
      return told(named + " is admitted", cms().admit(who));
    case 1:
      return told(named + " answers", cms().answer(who));
    case 2:
      return told(fmt::format("{} goes on to {}", named, conference),
                  cms().put_through(who, conference));
    case 3: {
      auto const address = some_address(dice);
      truth_.readdressed(who);
      return told(fmt::format("{} is {} now", named, address), cms().readdress(who, address));
    }
    case 4:
      return told(named + " shares", cms().share(who));
    case 5:
      return told(fmt::format("{} moves to {}", named, there),
                  cms().move(who, bridge, sim::CmsMoveOrder(dice.below(2))));
    case 6:
      return told(fmt::format("a machine comes to {} on {}", conference, there),
                  cms().start_machine(conference, bridge, dice.one_in(2), dice.one_in(2)));
    case 7:
      return told(named + " is mentioned", cms().mention(who, {false, false}));
    case 8:
      if (!dice.one_in(4)) return {};
      return told(conference + " ends", cms().end(conference, dice.one_in(2)));
    case 9:
      if (cms().bridge(bridge).up) cms().scan(bridge);
      return {};
    case 10:
      if (cms().machines().empty()) return {};
      return told("a machine goes", cms().stop_machine(cms().machines().begin()->first));
    default:
      return told(named + " leaves", cms().leave(who));
  }
}

void NoticesPart::change_policy(Chance& dice) {
  policy_ = policy_.changed(dice);
  note(fmt::format("the policy is to be: {}, lists {}, texts {}",
                   policy_.enforces ? "enforce" : "observe", policy_.domains, policy_.texts));
  world_.reload();
}

}  // namespace wardroom::world
