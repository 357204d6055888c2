// What people do with their phones, and operators with people.
#include "calls_part.hpp"

#include <fmt/format.h>

namespace wardroom::world {
namespace {

/// Shorter than the world's patience with calls that may go on when all is healed.
constexpr Milliseconds kLongestCall{20 * 60'000};
/// Longer than trouble with a call lasts, and what is allowed after it.
constexpr Milliseconds kOverTrouble{4 * 60'000};

std::string outside_number(Chance& chance) {
  return fmt::format("+4420794600{}", 10 + chance.below(90));
}

std::optional<double> answers(Chance& chance) {
  static constexpr double after[] = {0.2, 2, 8};
  if (chance.one_in(4)) return std::nullopt;
  return chance.pick(after);
}

}  // namespace

void CallsPart::act(Chance& chance) {
  auto const what = chance.below(100);
  if (what < 55) return place(chance);
  if (what < 60) return place_emergency(chance);
  if (what < 66) return place_back(chance);
  if (what < 78) return change(chance);
  if (what < 84) return hang_up(chance);
  if (what < 92) return decide(chance);
  if (what < 97 || !switches_) return why_.ask(chance);
  enforce_ = !enforce_;
  world_.note("calls", fmt::format("the mode is to be {}", enforce_ ? "enforce" : "observe"));
}

/// Every second time one of those whose places are known: what may become of their calls changes
/// while they last.
sim::Person const& CallsPart::somebody(Chance& chance) const {
  auto const& org = world_.platform().org;
  bool const quiet = chance.one_in(3);
  if (auto const known = model_.known_places(quiet); !known.empty() && (quiet || chance.one_in(3)))
    if (auto const* one = org.by_email(chance.pick(known)); one && one->calling && !one->gone)
      return *one;
  auto const& people = org.people();
  for (;;) {
    auto const& one = people[chance.below(World::people)];
    if (one.calling && !one.gone) return one;
  }
}

bool CallsPart::place(Chance& chance, sim::PlaceCall wish, Milliseconds at_least) {
  wish.answer_after_s = answers(chance);
  auto const mean = Milliseconds(long_calls_ ? 400'000 : 90'000);
  auto const lasts = std::min(at_least + chance.around(mean), kLongestCall);
  wish.hang_up_after_s = 0.3 + double(lasts.count()) / 1000;
  wish.caller_hangs_up = chance.one_in(2);
  auto const call = world_.platform().calls.place(wish);
  if (!call) return false;
  world_.note("calls", fmt::format("{}: {} calls {}{}", (*call)->id, wish.from, wish.to,
                                   wish.forward_to.empty() ? "" : ", on to " + wish.forward_to));
  watch_.adopt((*call)->id);
  return true;
}

void CallsPart::place(Chance& chance) {
  auto const& one = somebody(chance);
  auto const& other = somebody(chance);
  sim::PlaceCall wish{one.email, outside_number(chance)};
  switch (chance.below(12)) {
    case 0:
    case 1:
    case 2:
      wish = {outside_number(chance), one.e164()};
      break;
    case 3:
    case 4:
      wish = {one.email, other.email};
      break;
    case 5:
      wish.click_to_dial = true;
      break;
    case 6:
      wish = {outside_number(chance), "queue"};
      if (chance.one_in(2)) wish.agent = one.email;
      break;
    case 7:
      wish = {outside_number(chance), one.email};
      wish.also_ring = {other.email};
      break;
    case 8:
      wish = {outside_number(chance), one.email};
      wish.forward_to = other.email;
      wish.forward_after_s = chance.one_in(2) ? 0 : 3;
      break;
    default:
      break;
  }
  (void)place(chance, std::move(wish));
}

/// By somebody who may not, or to them.
void CallsPart::place_refused(Chance& chance) {
  std::vector<sim::Person const*> refused;
  for (std::size_t i = 0; i < World::people; ++i) {
    auto const& one = world_.platform().org.people()[i];
    if (one.calling && !one.gone && model_.must_end(one.email)) refused.push_back(&one);
  }
  if (refused.empty()) return;
  auto const& one = *chance.pick(refused);
  sim::PlaceCall wish{one.email, outside_number(chance)};
  if (chance.one_in(3)) wish = {outside_number(chance), one.e164()};
  (void)place(chance, std::move(wish), kOverTrouble);
}

/// From outside, inside and anywhere: emergency calls always pass.
void CallsPart::place_emergency(Chance& chance) {
  static constexpr char const* austrian[] = {"112", "911", "9911", "0112", "9-911", "144", "0133"};
  static constexpr char const* american[] = {"112", "911", "9911", "9-911", "0112"};
  auto const& one = somebody(chance);
  bool const at = one.office->country == "AT";
  (void)place(chance, {one.email, at ? chance.pick(austrian) : chance.pick(american)});
}

/// Somebody calls a person who called for help within the hour.
void CallsPart::place_back(Chance& chance) {
  std::vector<sim::Person const*> called;
  for (std::size_t i = 0; i < World::people; ++i) {
    auto const& one = world_.platform().org.people()[i];
    if (one.calling && model_.may_call_back(one.email)) called.push_back(&one);
  }
  if (called.empty()) return place_emergency(chance);
  (void)place(chance, {outside_number(chance), chance.pick(called)->e164()});
}

void CallsPart::change(Chance& chance) {
  static constexpr char const* acts[] = {
      "hold",    "retrieve", "update",  "transfer",  "answer",    "hang_up",  "consult_transfer",
      "forward", "pick_up",  "collect", "change_id", "voicemail", "treatment"};
  if (watch_.live().empty()) return place(chance);
  auto const id = chance.pick(watch_.live());
  auto const* act = chance.pick(acts);
  // Whoever is given somebody else's emergency call has one like any other, as far as is told.
  if (auto const* call = world_.platform().calls.find(id); call == nullptr || call->emergency)
    return;
  sim::Act wish;
  bool const moves = std::string_view(act).contains("transfer") || act == std::string("forward");
  if (moves) wish.to = somebody(chance).email;
  if (act == std::string("pick_up")) wish.by = somebody(chance).email;
  if (act == std::string("consult_transfer") && watch_.live().size() > 1)
    wish.other = chance.pick(watch_.live());
  watch_.adopt(id);
  auto const done = world_.platform().calls.act(id, act, wish);
  if (done)
    world_.note("calls",
                fmt::format("{}: {}{}{}", id, act, wish.to.empty() ? "" : " to ", wish.to));
  watch_.adopt(id);
}

void CallsPart::hang_up(Chance& chance) {
  if (watch_.live().empty()) return place(chance);
  auto const id = chance.pick(watch_.live());
  if (world_.platform().calls.hang_up(id, chance.one_in(2) ? "caller" : "callee"))
    world_.note("calls", id + ": hangs up");
}

// --- operators -----------------------------------------------------------------------------------

void CallsPart::decide(Chance& chance) {
  static constexpr std::pair<Operators, char const*> verbs[] = {
      {Operators::allow, "/v1/allow"},
      {Operators::block, "/v1/block"},
      {Operators::exempt, "/v1/exempt"},
      {Operators::nothing, "/v1/override/remove"},
      {Operators::nothing, "/v1/override/remove"}};
  if (!world_.up()) return;
  auto const [what, path] = chance.pick(verbs);
  // Also whoever's call is being ended at this moment.
  auto const* ending = watch_.somebody_to_end();
  auto const& person = ending != nullptr && chance.one_in(2) ? *ending : somebody(chance);
  std::optional<Milliseconds> lasts;
  if (what != Operators::nothing && chance.one_in(3))
    lasts = Milliseconds(chance.between(60, 900) * 1000);
  decide(person.email, what, path, lasts);
}

void CallsPart::decide(std::string const& person, Operators what, std::string const& path,
                       std::optional<Milliseconds> lasts) {
  nlohmann::json body{{"person", person}};
  if (what != Operators::nothing) body["reason"] = "in this world";
  if (lasts) body["for"] = fmt::format("{}s", lasts->count() / 1000);
  world_.note("calls", fmt::format("{} {}{}", path.substr(4), person,
                                   lasts ? " for " + body["for"].get<std::string>() : ""));
  bool const was_certain = model_.override_asked(person);
  world_.control(http::Method::post, path, body.dump(),
                 [this, person, what, lasts, was_certain](Answered const& answer) {
                   decided(person, what, lasts, was_certain, answer.status);
                 });
}

/// While the release of a call is under way its person is allowed to call, for a minute or so.
void CallsPart::relent(std::string const& person) {
  if (relented_.armed() || world_.healed() || !relenting_.one_in(3)) return;
  relented_ = world_.clock().after(Milliseconds(relenting_.between(20, 900)), [this, person] {
    relented_.cancel();
    if (!world_.up()) return;
    decide(person, Operators::allow, "/v1/allow", {});
    relented_ = world_.clock().after(Milliseconds(relenting_.between(15'000, 90'000)),
                                     [this, person] { insist(person); });
  });
}

void CallsPart::insist(std::string const& person) {
  relented_.cancel();
  if (world_.up()) return decide(person, Operators::nothing, "/v1/override/remove", {});
  relented_ = world_.clock().after(Milliseconds(10'000), [this, person] { insist(person); });
}

void CallsPart::decided(std::string const& person, Operators what,
                        std::optional<Milliseconds> lasts, bool was_certain, int status) {
  if (status == 200) return model_.override_answered(person, what, lasts);
  bool const nothing_done = status == 404 || status == 400;
  // Nothing to remove: so there is nothing in force.
  if (nothing_done && was_certain) model_.override_refused(person);
}

}  // namespace wardroom::world
