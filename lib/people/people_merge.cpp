#include "people/people_merge.hpp"

#include "people/person_join.hpp"

#include <algorithm>
#include <unordered_map>

namespace wardroom::people {
using store::Sql;

namespace {

std::vector<std::string> lowered(std::vector<std::string> const& emails) {
  std::vector<std::string> out;
  for (auto const& email : emails)
    if (!email.empty()) out.push_back(lower_ascii(email));
  return out;
}

PersonRecord with(PersonRecord row, Person const& person) {
  row.uuid = lower_ascii(person.uuid);
  row.id = person.id;
  if (!person.display_name.empty()) row.name = person.display_name;
  if (auto emails = lowered(person.emails); !emails.empty()) {
    row.email = emails.front();
    row.emails = std::move(emails);
  }
  row.department = person.department;
  row.missed_person = 0;
  row.active = person.login_enabled.value_or(true);
  bool const nowhere = person.calling_known && person.location_id.empty();
  if (!person.country.empty() || nowhere) row.country = person.country;
  if (!person.location.empty() || nowhere) row.location = person.location;
  if (!person.number.empty() || person.calling_known) row.phone = person.number;
  if (!person.extension.empty() || person.calling_known) row.work_extension = person.extension;
  return row;
}

PersonRecord with(PersonRecord row, CallingUser const& user) {
  row.xsi = user.id;
  row.calling_email = lower_ascii(user.email);
  row.external_id = lower_ascii(user.person_uuid);
  row.number = user.number;
  row.extension = user.extension;
  row.missed_user = 0;
  // Listings leave out what profiles tell.
  if (!user.country_code.empty()) row.country_code = user.country_code;
  if (!row.uuid.empty()) return row;
  if (!user.display_name.empty()) row.name = user.display_name;
  row.email = row.calling_email;
  row.emails.clear();
  if (!row.email.empty()) row.emails = {row.email};
  return row;
}

bool claims(PersonRecord const& row, std::string const& email) {
  return !email.empty() && std::ranges::find(row.emails, email) != row.emails.end();
}

bool confirmed(PersonRecord const& person, CallingUser const& user) {
  return confirms({person.phone, person.work_extension},
                  {user.country_code, user.number, user.extension});
}

/// The one person this user is, as far as they can be told from their rows alone.
std::optional<PersonRecord> person_of(Sql& sql, CallingUser const& user,
                                      std::optional<PersonRecord> const& holder) {
  auto const email = lower_ascii(user.email);
  auto named = person_by_uuid(sql, lower_ascii(user.person_uuid));
  if (named && named->is_person()) return named;
  auto all = people_by_email(sql, email);
  bool const rivals = std::ranges::any_of(all, [&](PersonRecord const& p) {
    return !p.is_person() && !p.xsi.empty() && p.xsi != user.id;
  });
  std::erase_if(all, [](PersonRecord const& p) { return !p.is_person(); });
  bool const claimed = !all.empty();
  bool const held = holder && holder->is_person();
  if (held && claims(*holder, email)) return holder;
  if (all.size() > 1 || rivals)
    std::erase_if(all, [&](PersonRecord const& p) { return !confirmed(p, user); });
  if (all.size() == 1) return all.front();
  // Nobody has the new address: a person may have been renamed there first.
  bool const same = held && (holder->calling_email == email || holder->calling_email.empty());
  if (!claimed && held && (same || confirmed(*holder, user))) return holder;
  return std::nullopt;
}

/// The calling user without a person who has one of these addresses, when there is just one.
std::optional<PersonRecord> waiting_user(Sql& sql, std::vector<std::string> const& emails) {
  std::optional<PersonRecord> found;
  for (auto const& email : emails)
    for (auto& row : people_by_email(sql, email)) {
      if (row.is_person()) return std::nullopt;  // claimed by somebody already
      if (!row.uuid.empty() || row.xsi.empty()) continue;
      if (found && found->no != row.no) return std::nullopt;
      found = std::move(row);
    }
  return found;
}

}  // namespace

CallingHalf take_calling_half(PersonRecord& row) {
  CallingHalf out{row.xsi,       row.calling_email, row.external_id, row.number,
                  row.extension, row.country_code,  row.name,        row.missed_user};
  row.xsi = XsiUserId();
  row.calling_email = row.external_id = row.number = row.extension = row.country_code = "";
  row.missed_user = 0;
  row.conflict.clear();
  if (!row.uuid.empty()) return out;
  row.active = false;  // an empty shell: its number is never given again
  row.email.clear();
  row.emails.clear();
  return out;
}

void put_calling_half(PersonRecord& row, CallingHalf half) {
  CallingUser const user{.id = half.id,
                         .email = half.email,
                         .number = half.number,
                         .extension = half.extension,
                         .country_code = half.country_code,
                         .display_name = half.name,
                         .person_uuid = half.external_id};
  row = with(std::move(row), user);
  row.missed_user = half.missed;
  row.conflict.clear();
}

Merged merge_person(Sql& sql, Person const& person, Instant now) {
  auto const uuid = lower_ascii(person.uuid);
  if (uuid.empty()) return {};
  auto known = person_by_uuid(sql, uuid);
  if (!known) known = waiting_user(sql, lowered(person.emails));
  auto wanted = with(known.value_or(PersonRecord{}), person);
  if (known && known->uuid.empty()) wanted.conflict.clear();
  bool const changed = save(sql, known, wanted, now);
  return {change_of(known, wanted, changed)};
}

Merged merge_user(Sql& sql, CallingUser const& user, Instant now) {
  if (user.id.empty()) return {};
  Merged out;
  auto holder = person_by_xsi(sql, user.id.text());
  auto target = person_of(sql, user, holder);
  // Somebody else's user has that address too: to be settled when all are known.
  bool const taken = target && !target->xsi.empty() && target->xsi != user.id;
  if (taken) target.reset();
  bool const stays = holder && (target ? target->no == holder->no : holder->uuid.empty());
  if (holder && !stays) {
    auto emptied = *holder;
    take_calling_half(emptied);
    bool const changed = save(sql, holder, emptied, now);
    out.others.push_back(change_of(holder, emptied, changed));
  }
  auto const known = stays ? holder : target;
  auto wanted = with(known.value_or(PersonRecord{}), user);
  if (!stays) wanted.conflict.clear();
  bool const changed = save(sql, known, wanted, now);
  out.main = change_of(known, wanted, changed);
  return out;
}

namespace {

/// `row_of` says which known row an item belongs to; it is unchanged when merging leaves it equal.
template <class Item, class KeyOfItem, class KeyOfRow>
std::vector<std::optional<PersonChange>> compare(std::vector<PersonRecord> rows,
                                                 std::vector<Item> const& page,
                                                 KeyOfItem key_of_item, KeyOfRow key_of_row) {
  std::unordered_map<std::string, PersonRecord const*> known;
  for (auto const& row : rows) known[key_of_row(row)] = &row;
  std::vector<std::optional<PersonChange>> out(page.size());
  for (std::size_t i = 0; i < page.size(); ++i) {
    auto const it = known.find(key_of_item(page[i]));
    if (it == known.end() || with(*it->second, page[i]) != *it->second) continue;
    out[i] = change_of(*it->second, *it->second, false);
  }
  return out;
}

}  // namespace

std::vector<std::optional<PersonChange>> unchanged(Sql& sql, std::vector<Person> const& page) {
  std::vector<std::string> keys;
  for (auto const& person : page) keys.push_back(lower_ascii(person.uuid));
  return compare(
      people_with(sql, "uuid", keys), page, [](Person const& p) { return lower_ascii(p.uuid); },
      [](PersonRecord const& row) { return row.uuid; });
}

std::vector<std::optional<PersonChange>> unchanged(Sql& sql, std::vector<CallingUser> const& page) {
  std::vector<std::string> keys;
  for (auto const& user : page) keys.push_back(user.id.text());
  return compare(
      people_with(sql, "xsi_id", keys), page, [](CallingUser const& u) { return u.id.text(); },
      [](PersonRecord const& row) { return row.xsi.text(); });
}

}  // namespace wardroom::people
