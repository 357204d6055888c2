#include "features/call_blocking/people_map.hpp"

#include "base/log.hpp"
#include "features/call_blocking/emergency_numbers.hpp"

namespace wardroom::call_blocking {

PeopleMap::PeopleMap(Ports ports, Milliseconds refresh_every, Hear hear)
    : ports_(ports),
      hear_(std::move(hear)),
      lookups_(
          {ports.directory, ports.calling, ports.people, ports.roster, ports.clock, ports.tasks},
          {.found = hear_.found,
           .learned = [this](people::Learned const& what) { learned(what); },
           .stranger = [this] { refresh_.soon(); }}),
      refresh_({ports.loop, ports.dice, ports.directory, ports.calling, ports.people, ports.clock},
               refresh_every,
               {.person =
                    [this](PersonNo no, Person const& person) {
                      fill_country(no, person.number, "");
                      hear_.changed(no, person.emails);
                    },
                .user =
                    [this](PersonNo no, CallingUser const& user) {
                      fill_country(no, people::e164_of(user.country_code, user.number),
                                   user.country_code);
                    },
                .learned = [this](people::Learned const& what) { learned(what); },
                .read = hear_.read}) {}

void PeopleMap::learned(people::Learned const& what) {
  lookups_.follow(what.moved);
  for (auto const& [user, to] : what.moved) hear_.found(user, to);
  if (what.changed.empty()) return;
  // The platform knows one address of a person who may have several: what counts is the merged row.
  ports_.tasks.spawn("tell addresses", [this, changed = what.changed]() -> Task<void> {
    return tell_emails(changed);
  });
}

Task<void> PeopleMap::tell_emails(std::vector<PersonNo> changed) {
  auto const emails = co_await ports_.people.emails_of(std::move(changed));
  if (!emails) {
    log::warning("the addresses of people could not be read back", {{"why", emails.error().what}});
    co_return;
  }
  for (auto const& [person, all] : *emails) hear_.changed(person, all);
}

/// Without a location the number tells the country, where its calling code has only one.
void PeopleMap::fill_country(PersonNo person, std::string_view number,
                             std::string_view country_code) {
  if (!ports_.roster.has(person)) return;
  auto& row = ports_.roster.row(person);
  if (row.country[0] != 0) return;
  auto countries = countries_of_number(number);
  if (countries.empty()) countries = countries_of_calling_code(country_code);
  if (countries.size() == 1) row.country = {countries[0][0], countries[0][1]};
}

}  // namespace wardroom::call_blocking
