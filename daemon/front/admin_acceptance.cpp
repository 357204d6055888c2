#include "front/admin_acceptance.hpp"

#include "base/log.hpp"
#include "front/login_refusals.hpp"

namespace wardroom::front {
namespace {

std::string email_of(Person const& person) {
  return person.emails.empty() ? std::string() : person.emails.front();
}

std::unexpected<LoginRefusal> refusal(LoginRefusal why) { return std::unexpected(std::move(why)); }

}  // namespace

Task<Acceptance> AdminAcceptance::accept(oauth::Grant grant, LoginClaim claim) {
  Person person;
  auto const identity = grant.identity;
  auto result = co_await judge(std::move(grant), claim, person);
  LoginEvent event{.admin = true,
                   .accepted = result.has_value(),
                   .door = claim.door,
                   .identity = identity,
                   .person_uuid = person.uuid,
                   .by = claim.operator_name};
  if (!result) {
    event.reason = result.error().title;
    log::warning("a login was refused", {{"as", "admin"},
                                         {"identity", identity},
                                         {"door", name(claim.door)},
                                         {"why", result.error().title},
                                         {"cause", result.error().cause},
                                         {"person", person.display_name}});
  } else {
    if (ports_.enrol) co_await ports_.enrol(person);
    log::info(
        "an administrator logged in",
        {{"person", person.display_name}, {"identity", identity}, {"door", name(claim.door)}});
  }
  ports_.journal.add(event);
  co_return result;
}

void AdminAcceptance::refused(std::string const& identity, LoginClaim const& claim,
                              LoginRefusal const& why) {
  log::warning("a login was refused", {{"as", "admin"},
                                       {"identity", identity},
                                       {"door", name(claim.door)},
                                       {"why", why.title},
                                       {"cause", why.cause}});
  ports_.journal.add(LoginEvent{.admin = true,
                                .door = claim.door,
                                .identity = identity,
                                .reason = why.title,
                                .by = claim.operator_name});
}

/// `person` becomes known as soon as Webex told who it is, also when they are refused.
Task<Acceptance> AdminAcceptance::judge(oauth::Grant grant, LoginClaim claim, Person& person) {
  auto const* const identity = ports_.vault.identity(grant.identity);
  if (auto why = judge_identity(identity, grant.identity)) co_return refusal(std::move(*why));
  AdminFacts facts;
  facts.missing_scopes = missing_of(*identity, grant.scopes);
  auto me = co_await ports_.webex.people_me(grant.access);
  if (!me) {
    // Without the scope to ask who it is, that is what is missing.
    if (me.error().kind == ErrorKind::denied && !facts.missing_scopes.empty())
      co_return refusal(scopes_refusal(facts.missing_scopes));
    co_return refusal(trouble(me.error(), "asking Webex who you are"));
  }
  person = std::move(*me);
  auto roles = co_await ports_.webex.roles(grant.access);
  if (roles)
    facts.roles = std::move(*roles);
  else if (roles.error().kind != ErrorKind::denied && roles.error().kind != ErrorKind::not_found)
    co_return refusal(trouble(roles.error(), "asking Webex for your role"));
  // What may have changed while Webex was asked is read now, in one go with the judgement.
  facts.admins = rules_.admins;
  facts.org_id = org();
  facts.remembered = ports_.site.came_by_code(person.uuid);
  facts.code_given = claim.by_operator() || (claim.code && code_.in_force(*claim.code));
  if (auto why = judge_admin(person, facts)) co_return refusal(std::move(*why));
  co_return co_await keep(std::move(grant), std::move(claim), person);
}

Task<Acceptance> AdminAcceptance::keep(oauth::Grant grant, LoginClaim claim, Person const& person) {
  bool const code_counts = claim.code && code_.in_force(*claim.code);
  // Only who lends the administrators' own login becomes one of them on a site that names none.
  bool const by_code =
      grant.identity == "admin" && rules_.admins.empty() && (code_counts || claim.by_operator());
  if (by_code && code_counts) code_.use_up();
  auto remembered = co_await ports_.site.remember(person, by_code);
  if (!remembered) co_return refusal(trouble(remembered.error(), "storing the login"));
  grant.who = {person.id.text(), person.display_name, email_of(person), person.org_id};
  AcceptedLogin out{grant.identity, person, grant.scopes, {}, logged_in(grant.identity)};
  out.missing_scopes = missing_of(*ports_.vault.identity(grant.identity), grant.scopes);
  auto kept = co_await ports_.vault.put(std::move(grant));
  if (!kept) co_return refusal(trouble(kept.error(), "storing the login"));
  co_return out;
}

bool AdminAcceptance::may_stay(std::string const& person_uuid,
                               std::vector<std::string> const& emails) const {
  if (rules_.admins.empty()) return ports_.site.came_by_code(person_uuid);
  Person person;
  person.id = PersonId(person_uuid);
  person.emails = emails;
  return is_listed(person, rules_.admins);
}

std::string AdminAcceptance::logged_in(std::string const& identity) const {
  for (auto const& grant : ports_.vault.grants())
    if (grant.identity == identity)
      return grant.who.email.empty() ? grant.who.name : grant.who.email;
  return "";
}

}  // namespace wardroom::front
