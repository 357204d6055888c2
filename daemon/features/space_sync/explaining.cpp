// `sync explain`: what the rules say of one person, asked of the directory now.
#include "features/space_sync/protection.hpp"
#include "features/space_sync/reading.hpp"

#include <fmt/format.h>

namespace wardroom::space_sync {
namespace {

/// What is taken of a person on a helper.
struct Found {
  SpaceSync::Explained person;
  std::optional<Spared> protection;
};

std::string outcome_of(SpaceSync::Explained const& found) {
  bool const member = found.membership.has_value();
  switch (found.ruling.belongs) {
    case Belongs::yes:
      if (member) return "stays";
      return found.spared == Spared::left ? "is not added: left by themselves" : "would be added";
    case Belongs::unknown:
      return member ? "stays: it cannot be decided" : "is not added: it cannot be decided";
    case Belongs::no:
      break;
  }
  if (!member) return "stays out";
  if (found.spared) return fmt::format("stays: protected ({})", name(*found.spared));
  return "would be removed";
}

}  // namespace

Task<Result<SpaceSync::Explained>> SpaceSync::explain(std::string job_name, std::string person) {
  auto const job = job_to_run(job_name, RunCause::operator_);
  if (!job) co_return std::unexpected(job.error());
  auto id = Uuid::parse(person);
  if (!id) {
    auto const known = co_await ports_.directory.person_by_email(person);
    if (!known) co_return std::unexpected(known.error());
    id = Uuid::parse(known->uuid);
    if (!id) co_return failure(ErrorKind::malformed, "the directory gave an id that is none");
  }
  auto const selection = co_await selection_of(*world_, *job);
  if (!selection) co_return std::unexpected(selection.error());
  auto const groups = co_await give_groups(*world_, *selection);
  if (!groups) co_return std::unexpected(groups.error());
  auto const self = co_await ports_.spaces.self();
  if (!self) co_return std::unexpected(self.error());
  auto own = co_await ports_.spaces.member(job->space, *self);
  if (!own) co_return std::unexpected(own.error());
  auto org = ports_.org ? Uuid::parse(ports_.org()) : std::nullopt;
  if (!org && *own) org = (*own)->org;
  Protection const protection(job->protect, *self, org.value_or(Uuid{}));

  auto const found = std::make_shared<Found>();
  found->person.ruling = {Belongs::no, Ruling::no_include};
  auto const there =
      co_await ports_.listing.somebody(*id, {.locations = (*selection)->wants_locations()},
                                       [found, selection = *selection, protection](
                                           std::span<PersonFacts const> page) -> Result<void> {
                                         for (auto const& facts : page) {
                                           auto& one = found->person;
                                           one.name = facts.name;
                                           if (!facts.emails.empty())
                                             one.email = facts.emails.front();
                                           one.ruling = selection->rule_on(facts);
                                           one.decided_by = selection->text(one.ruling.rule);
                                           one.rules = selection->explain(facts);
                                           found->protection = protection.of(facts);
                                         }
                                         return {};
                                       });
  if (!there) co_return std::unexpected(there.error());
  auto out = std::move(found->person);
  out.id = *id;
  if (!*there) out.decided_by = not_in_directory;
  auto member = co_await ports_.spaces.member(job->space, *id);
  if (!member) co_return std::unexpected(member.error());
  out.membership = std::move(*member);
  if (!*there && !out.membership)
    co_return failure(ErrorKind::not_found,
                      "neither the directory nor the space knows this person");
  if (out.membership) {
    if (out.name.empty()) out.name = out.membership->name;
    if (out.email.empty()) out.email = out.membership->email;
    if (out.ruling.belongs != Belongs::yes) {
      out.spared = protection.of(*out.membership);
      if (!out.spared) out.spared = found->protection;
    }
  } else if (out.ruling.belongs == Belongs::yes) {
    auto const left = co_await store_.left(job_name);
    if (!left) co_return std::unexpected(left.error());
    if (left->contains(*id)) out.spared = Spared::left;
  }
  out.outcome = outcome_of(out);
  co_return out;
}

}  // namespace wardroom::space_sync
