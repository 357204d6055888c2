// What the ledger does not know and the API does: asked once each, a few at a time.
#include "base/log.hpp"
#include "features/security_notices/notices_inside.hpp"

#include <algorithm>

namespace wardroom::security_notices {
namespace {

constexpr std::size_t kAtOnce = 8;                    // of one bridge; its client takes fewer
constexpr auto kAskAgain = std::chrono::seconds(30);  // what was answered, and is a question still
/// A link was no participant all the time; a list of participants may lag behind who joins.
constexpr auto kLookAgain = std::chrono::seconds(3);

std::string name_of(Question const& question) {
  switch (question.kind) {
    case Question::Kind::call:
      return "call " + question.call.id.text();
    case Question::Kind::leg:
      return "leg " + question.leg.id.text();
    case Question::Kind::link:
      return "link " + question.leg.id.text();
  }
  return "";
}

}  // namespace

void SecurityNotices::Impl::ask_questions(BridgeState& bridge) {
  if (off() || tasks.stopping()) return;
  auto const now = ports.clock.uptime();
  for (auto& question : ledger.questions(bridge.no)) {
    if (bridge.asking >= kAtOnce) return;  // the next one is asked when one of these is answered
    auto name = name_of(question);
    auto const [known, is_new] = bridge.asked.try_emplace(name, Uptime::max());
    if (!is_new && known->second > now) continue;
    known->second = Uptime::max();
    ++bridge.asking;
    tasks.spawn("a question", [this, &bridge, question = std::move(question),
                               name = std::move(name)] { return answer(bridge, question, name); });
  }
  plan_asking(bridge);
}

/// One without an answer is tried with all that runs on the bridge, until it answers.
Task<void> SecurityNotices::Impl::answer(BridgeState& bridge, Question question, std::string name) {
  struct Done {
    Impl& owner;
    BridgeState& bridge;
    std::string const& name;
    ~Done() {
      --bridge.asking;
      bridge.asked[name] = owner.ports.clock.uptime() + kAskAgain;
    }
  };
  {
    Done const over{*this, bridge, name};
    co_await finish_politely();
    auto const done = co_await ask(bridge, question);
    if (!done) {
      log::info("a question to a bridge was not answered",
                {{"bridge", bridge.name()}, {"question", name}, {"why", done.error().what}});
      if (!bridge.resync_runs) want_resync(bridge, "a question was not answered");
    }
  }
  ask_questions(bridge);
}

Task<Result<void>> SecurityNotices::Impl::ask(BridgeState& bridge, Question const& question) {
  auto const since = ledger.tick();
  auto& api = *bridge.api;
  if (question.kind == Question::Kind::call) {
    auto const call = question.call;
    co_return co_await read_one(call, since);
  }
  auto const leg = question.leg;
  std::optional<bool> is_link;
  Result<conference::LegFacts> facts;
  if (question.kind == Question::Kind::link) {
    auto found = co_await look_at_link(api, leg.id);
    if (found && found->is_link && !found->says_so) {
      co_await ports.clock.sleep_for(kLookAgain);
      found = co_await look_at_link(api, leg.id);
    }
    if (found) {
      is_link = found->is_link;
      facts = std::move(found->facts);
    } else {
      facts = std::unexpected(found.error());
    }
  } else {
    facts = co_await api.leg(leg.id);
  }
  if (!facts && facts.error().kind != ErrorKind::not_found)
    co_return std::unexpected(facts.error());
  if (facts)
    heard(ledger.take_leg(leg, since, std::move(*facts), is_link));
  else
    heard(ledger.take_leg_ended(leg, since));
  co_return Result<void>{};
}

/// For what is a question still when it may be asked again; and what is none any more is forgotten.
void SecurityNotices::Impl::plan_asking(BridgeState& bridge) {
  auto const now = ports.clock.uptime();
  std::erase_if(bridge.asked, [&](auto const& one) { return one.second <= now; });
  auto next = Uptime::max();
  for (auto const& question : ledger.questions(bridge.no))
    if (auto const known = bridge.asked.find(name_of(question)); known != bridge.asked.end())
      next = std::min(next, known->second);
  if (next == Uptime::max()) return bridge.ask_again.cancel();
  bridge.ask_again = ports.clock.at(next, [this, &bridge] { ask_questions(bridge); });
}

}  // namespace wardroom::security_notices
