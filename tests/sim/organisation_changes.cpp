// What becomes of people by hand: another department, another address, an account deleted, somebody
// from outside.
#include "sim/organisation.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <ranges>

namespace wardroom::sim {
namespace {
using nlohmann::json;

std::string take(json const& wish, char const* key, std::string& into) {
  auto const found = wish.find(key);
  if (found == wish.end()) return {};
  if (!found->is_string()) return fmt::format("\"{}\" must be a text", key);
  into = found->get<std::string>();
  return {};
}
std::string take(json const& wish, char const* key, bool& into) {
  auto const found = wish.find(key);
  if (found == wish.end()) return {};
  if (!found->is_boolean()) return fmt::format("\"{}\" must be true or false", key);
  into = found->get<bool>();
  return {};
}

constexpr std::array known{"department", "title",  "first_name",    "last_name", "type",
                           "office",     "admin",  "gone",          "addable",   "login_enabled",
                           "damaged",    "emails", "invite_pending"};

std::string stranger(json const& wish) {
  for (auto const& [key, value] : wish.items())
    if (std::ranges::find(known, key) == known.end())
      return fmt::format("\"{}\" is nothing of a person; docs/api.md lists what is", key);
  return {};
}

}  // namespace

Person const& Organisation::invite(std::string email) {
  auto const address = lower_case(email);
  if (auto const* known_one = by_email(address)) return *known_one;
  add_machine(address, address.substr(0, address.find('@')), "(invited)", "person");
  auto& made = machines_.back();
  made.org =
      uuid_of("organisation of " + address.substr(std::min(address.find('@'), address.size())));
  made.written = std::move(email);
  return made;
}

Result<void> Organisation::set_addresses(Person& person, json const& list) {
  if (!list.is_array() || list.empty() ||
      !std::ranges::all_of(list, [](auto const& one) { return one.is_string(); }))
    return failure(ErrorKind::malformed, "\"emails\" must be a list of addresses");
  for (auto const& one : list)
    if (auto const* other = by_email(one.get<std::string>()); other && other != &person)
      return failure(ErrorKind::conflict, one.get<std::string>() + " is somebody else's");
  by_email_.erase(person.email);
  for (auto const& one : person.more_emails) by_email_.erase(lower_case(one));
  person.written = list[0].get<std::string>();
  person.email = lower_case(person.written);
  person.more_emails.clear();
  for (auto const& one : list | std::views::drop(1)) person.more_emails.push_back(one);
  by_email_[person.email] = &person;
  for (auto const& one : person.more_emails) by_email_[lower_case(one)] = &person;
  return {};
}

Result<Person const*> Organisation::change(std::string_view email, json const& wish) {
  auto* person = const_cast<Person*>(by_email(email));
  if (!person)
    return failure(ErrorKind::not_found, fmt::format("nobody here has the address {}", email));
  auto next = *person;
  std::string office;
  for (auto const& bad :
       {stranger(wish), take(wish, "department", next.department), take(wish, "title", next.title),
        take(wish, "first_name", next.first_name), take(wish, "last_name", next.last_name),
        take(wish, "type", next.type), take(wish, "office", office),
        take(wish, "admin", next.full_admin), take(wish, "gone", next.gone),
        take(wish, "addable", next.addable), take(wish, "damaged", next.damaged),
        take(wish, "login_enabled", next.login_enabled),
        take(wish, "invite_pending", next.invite_pending)})
    if (!bad.empty()) return failure(ErrorKind::malformed, bad);
  if (!office.empty()) {
    auto const found = std::ranges::find(offices_, office, &Office::name);
    if (found == offices_.end())
      return failure(ErrorKind::malformed, "no office is called " + office);
    next.office = &*found;
  }
  if (auto const list = wish.find("emails"); list != wish.end())
    if (auto const set = set_addresses(*person, *list); !set) return std::unexpected(set.error());
  next.email = person->email;
  next.written = person->written;
  next.more_emails = person->more_emails;
  *person = std::move(next);
  return person;
}

}  // namespace wardroom::sim
