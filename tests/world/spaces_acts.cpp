// What people do to the directory and to the spaces, and when something breaks.
#include "spaces_part.hpp"

#include <algorithm>
#include <array>

namespace wardroom::world {
namespace {
using nlohmann::json;
}

void SpacesPart::change(sim::Person const& person, json const& wish) {
  if (auto const done = world_.platform().org.change(person.email, wish); !done)
    throw std::logic_error(done.error().what);
}

sim::Person const& SpacesPart::member(Chance& chance) const {
  return *world_.platform().org.by_email(chance.pick(members_));
}

sim::Room* SpacesPart::space(Chance& chance) {
  return world_.platform().rooms.by_id(chance.pick(rooms_));
}

void SpacesPart::act(Chance& chance) {
  switch (chance.below(3)) {
    case 0:
      return operator_.act(chance);
    case 1:
      return change_person(chance);
    default:
      return change_space(chance);
  }
}

void SpacesPart::change_person(Chance& chance) {
  auto const& person = member(chance);
  world_.note("spaces", "somebody of the directory changes: " + person.email);
  switch (chance.below(9)) {
    case 0:
    case 1: {
      constexpr std::array departments{"Sales", "Contractors EMEA", "", "CONTRACTOR", "Finance"};
      return change(person, {{"department", chance.pick(departments)}});
    }
    case 2:
      return change(person, {{"login_enabled", !person.login_enabled}});
    case 3:
      return change(person, {{"invite_pending", !person.invite_pending}});
    case 4:
      return change(person, {{"gone", !person.gone}});
    case 5: {
      auto loud = person.email;
      std::ranges::transform(loud, loud.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      });
      auto const other = "other." + person.email;
      return change(person, {{"emails", chance.one_in(2) ? json{loud} : json{loud, other}}});
    }
    case 6:
      if (world_.has("spaces damaged people")) change(person, {{"damaged", !person.damaged}});
      return;
    case 7:
      if (world_.has("spaces refused people", 300)) change(person, {{"addable", !person.addable}});
      return;
    default: {
      bool const in = chance.one_in(2);
      auto const done = world_.platform().groups.change("Friends of the house",
                                                        {{in ? "add" : "remove", {person.email}}});
      if (done) truth_.put_into_group("Friends of the house", person, in);
    }
  }
}

void SpacesPart::change_space(Chance& chance) {
  auto& room = *space(chance);
  auto& org = world_.platform().org;
  bool const ours = chance.one_in(3);
  auto const& person =
      ours ? org.people()[1 + chance.below(org.people().size() - 1)] : member(chance);
  world_.note("spaces", "somebody of " + room.title + " changes: " + person.email);
  switch (chance.below(8)) {
    case 0:
    case 1:
    case 2:
      return truth_.by_hand(room, person, true);
    case 3:
    case 4:
    case 5:
      if (auto const* found = room.find(person); found && !found->moderator)
        truth_.by_hand(room, person, false);
      return;
    case 6:
      return truth_.make_moderator(room, person, chance.one_in(2));
    default:
      return truth_.by_hand(room, chance.one_in(2) ? org.bot() : org.invite("pat@partner.example"),
                            true);
  }
}

void SpacesPart::fault(Chance& chance) { faults_.begin(chance); }

}  // namespace wardroom::world
