#include "features/space_sync/step_acts.hpp"

#include "base/planted.hpp"

#include <fmt/format.h>

namespace wardroom::space_sync {
namespace {

using namespace std::chrono_literals;

/// Source: webex-rest.md 4.3, "retry at most twice, then treat as permanent".
std::vector<Milliseconds> attempts() { return {0ms, 1s, 4s}; }

StepEnd end_of(StepState state, std::string outcome) { return {state, std::move(outcome)}; }

/// What the look at a person found, handed over from a helper.
struct Look {
  Ruling ruling;
  std::optional<Ruling> again;
  std::optional<Spared> protection;
};

}  // namespace

StepActs::StepActs(RunWorld& world, ActiveRunPtr run, Reading reading)
    : world_(world),
      run_(std::move(run)),
      reading_(std::move(reading)),
      protection_(run_->job.protect, reading_.self, reading_.org) {}

Task<StepEnd> StepActs::perform(Step step) {
  auto const& change = step.change;
  auto const& space = run_->run.space;
  bool const adds = change.act == Act::add;
  auto const now = world_.ports.clock.now();
  if (adds)
    if (auto const why = world_.refused.why(space, change.person, now))
      co_return StepEnd{StepState::failed,
                        fmt::format("refused within the last day, not asked again yet: {}", *why)};
  StepEnd end;
  Effect effect;
  effect.feature = SpaceSync::feature;
  effect.key = fmt::format("{} {} {}", name(change.act), space, change.person.text());
  effect.kind = EffectKind::idempotent;
  effect.attempts = attempts();
  effect.act = [this, &change, &end, adds]() -> Task<Result<std::string>> {
    bool const undo = run_->run.kind == RunKind::undo;
    auto done = co_await (adds ? add(change) : undo ? remove_added(change) : remove(change));
    if (!done) co_return std::unexpected(done.error());
    end = std::move(*done);
    co_return end.outcome;
  };
  auto const outcome = co_await world_.ports.effects.perform(std::move(effect));
  if (outcome.end == EffectEnd::done) co_return end;
  if (outcome.end == EffectEnd::observed || outcome.error == ErrorKind::cancelled)
    co_return end_of(StepState::skipped, "space_sync only observes now");
  if (adds && outcome.error == ErrorKind::denied)
    world_.refused.refused(space, change.person, outcome.detail, now);
  co_return StepEnd{StepState::failed, outcome.detail, {}, outcome.error};
}

Spaces::Wanted StepActs::wanted() const {
  return [&effects = world_.ports.effects] {
    return effects.mode(SpaceSync::feature) == EffectMode::enforce;
  };
}

Task<Result<void>> StepActs::read_groups_again() {
  if (!reading_.selection || reading_.selection->groups().empty()) co_return Result<void>{};
  auto selection = co_await selection_of(world_, run_->job);
  if (!selection) co_return std::unexpected(selection.error());
  auto const pages = co_await give_groups(world_, *selection);
  if (!pages) co_return std::unexpected(pages.error());
  run_->run.counts.calls += std::int64_t(*pages);
  again_ = std::move(*selection);
  co_return Result<void>{};
}

Task<Result<StepEnd>> StepActs::add(Change change) {
  auto const id = co_await id_to_add(change);
  if (!id && id.error().kind == ErrorKind::not_found)
    co_return end_of(StepState::skipped, id.error().what);
  if (!id) co_return std::unexpected(id.error());
  count_call();
  auto const added = co_await world_.ports.spaces.add(run_->run.space, *id, wanted());
  if (!added) co_return std::unexpected(added.error());
  co_return StepEnd{added->was_there ? StepState::already : StepState::done,
                    added->was_there ? "was a member already" : "added", added->membership};
}

/// An undo knows only who it was.
Task<Result<std::string>> StepActs::id_to_add(Change change) {
  if (run_->run.kind != RunKind::undo) co_return change.target;
  auto const id = std::make_shared<std::string>();
  count_call();
  auto const found = co_await world_.ports.listing.somebody(
      change.person, {}, [id](std::span<PersonFacts const> page) -> Result<void> {
        for (auto const& person : page) *id = person.api_id;
        return {};
      });
  if (!found) co_return std::unexpected(found.error());
  if (!*found || id->empty())
    co_return failure(ErrorKind::not_found, "the directory does not have them any more");
  co_return *id;
}

Task<Result<StepEnd>> StepActs::remove(Change change) {
  if (WARDROOM_PLANTED("removed-without-a-look"))
    co_return co_await remove_membership(std::move(change.target));
  auto const stay = co_await why_they_stay(change.person);
  if (!stay) co_return std::unexpected(stay.error());
  if (!stay->empty()) co_return end_of(StepState::spared, *stay);
  co_return co_await remove_membership(std::move(change.target));
}

/// The evidence that a removal needs beside the plan: the service, asked about this one person now,
/// knows nobody of that id, or the same rules put them out.
Task<Result<std::string>> StepActs::why_they_stay(Uuid person) {
  if (!reading_.selection) co_return std::string("the rules are not known");
  auto const look = std::make_shared<std::optional<Look>>();
  count_call();
  auto const found = co_await world_.ports.listing.somebody(
      person, {.locations = reading_.selection->wants_locations()},
      [look, person, selection = reading_.selection, again = again_,
       protection = protection_](std::span<PersonFacts const> page) -> Result<void> {
        for (auto const& facts : page) {
          if (facts.id != person)
            return failure(ErrorKind::malformed, "the service told of another person than asked");
          *look = Look{selection->rule_on(facts), {}, protection.of(facts)};
          if (again) (*look)->again = again->rule_on(facts);
        }
        return {};
      });
  if (!found) co_return std::unexpected(found.error());
  if (!*found) co_return std::string();
  if (!*look)
    co_return failure(ErrorKind::malformed, "the service told nothing of the person asked for");
  auto const& [ruling, again, protection] = **look;
  for (auto const& [said, selection] :
       {std::pair(std::optional(ruling), reading_.selection), std::pair(again, again_)}) {
    if (!said || said->belongs == Belongs::no) continue;
    co_return fmt::format("{}: {}",
                          said->belongs == Belongs::yes ? "belongs now" : "cannot be decided now",
                          selection->text(said->rule));
  }
  if (protection) co_return fmt::format("is protected: {}", name(*protection));
  co_return std::string();
}

/// Of an undo: the membership itself is looked at, since the rules would have them in.
Task<Result<StepEnd>> StepActs::remove_added(Change change) {
  count_call();
  auto member = co_await world_.ports.spaces.member(run_->run.space, change.person);
  if (!member) co_return std::unexpected(member.error());
  if (!*member) co_return end_of(StepState::already, "was no member any more");
  if (auto const spared = protection_.of(**member))
    co_return end_of(StepState::spared, fmt::format("is protected: {}", name(*spared)));
  co_return co_await remove_membership(std::move((*member)->id));
}

Task<Result<StepEnd>> StepActs::remove_membership(std::string membership) {
  count_call();
  auto const removed = co_await world_.ports.spaces.remove(std::move(membership), wanted());
  if (!removed) co_return std::unexpected(removed.error());
  bool const gone = *removed == Removed::was_gone;
  co_return end_of(gone ? StepState::already : StepState::done,
                   gone ? "was no member any more" : "removed");
}

}  // namespace wardroom::space_sync
