#include "cisco/webex/webex_directory.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "cisco/webex/webex_groups.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::webex {
namespace {
using nlohmann::json;

Result<std::vector<Person>> people_of(json const& body) {
  if (!body.is_object() || !body.contains("items") || !body["items"].is_array())
    return failure(ErrorKind::malformed, "GET /people: a page has no items");
  std::vector<Person> out;
  out.reserve(body["items"].size());
  for (auto const& item : body["items"]) {
    auto person = person_of(item);
    if (!person) return failure(ErrorKind::malformed, "GET /people: " + person.error().what);
    out.push_back(std::move(*person));
  }
  return out;
}

}  // namespace

Task<Result<void>> WebexDirectory::people(std::function<void(std::vector<Person>)> page) {
  if (settings_.calling_data) {
    places_known_ = false;
    co_await learn_places();
  }
  auto const path = fmt::format("/people?max={}&excludeStatus=true{}", settings_.page_size,
                                settings_.calling_data ? "&callingData=true" : "");
  co_return co_await api_.pages(path, [&](json const& body) -> Result<void> {
    auto all = people_of(body);
    if (!all) return std::unexpected(std::move(all.error()));
    for (auto& person : *all) add_place(person);
    page(std::move(*all));
    return {};
  });
}

Task<Result<Person>> WebexDirectory::person(PersonId id) {
  if (settings_.calling_data) co_await learn_places();
  auto body = co_await api_.get(fmt::format("/people/{}{}", percent_encode(id.text()),
                                            settings_.calling_data ? "?callingData=true" : ""));
  if (!body) co_return std::unexpected(std::move(body.error()));
  auto person = person_of(*body);
  if (person) add_place(*person);
  co_return person;
}

/// Without the locations when they are not known yet: a phone rings.
Task<Result<Person>> WebexDirectory::person_by_email(std::string email) {
  auto const body = co_await api_.get_urgently(
      fmt::format("/people?email={}&excludeStatus=true{}", percent_encode(email),
                  settings_.calling_data ? "&callingData=true" : ""));
  if (!body) co_return std::unexpected(body.error());
  auto all = people_of(*body);
  if (!all) co_return std::unexpected(std::move(all.error()));
  // What the service takes for the same address is not for us to trust.
  std::erase_if(*all, [&](Person const& person) {
    return !person.is_person || std::ranges::find(person.emails, email) == person.emails.end();
  });
  if (all->empty()) co_return failure(ErrorKind::not_found, "nobody in Webex has this address");
  if (all->size() > 1)
    co_return failure(ErrorKind::conflict, "several people in Webex have this address");
  add_place(all->front());
  co_return std::move(all->front());
}

Task<Result<DirectoryGroup>> WebexDirectory::group(std::string name_or_id,
                                                   std::function<void(GroupPage)> page) {
  auto found = co_await find_group(api_, std::move(name_or_id));
  if (!found) co_return found;
  auto read = co_await group_members(api_, found->id, settings_.group_page_size, std::move(page));
  if (!read) co_return std::unexpected(std::move(read.error()));
  co_return found;
}

/// Countries only sharpen the choice of emergency numbers; without them every country's count.
Task<void> WebexDirectory::learn_places() {
  if (places_known_) co_return;
  std::map<std::string, Place, std::less<>> found;
  auto done = co_await api_.pages("/locations?max=100", [&](json const& body) -> Result<void> {
    for (auto& [id, place] : places_of(body)) found[id] = std::move(place);
    return {};
  });
  if (done)
    places_ = std::move(found);
  else
    log::info("the locations cannot be read; people's countries stay unknown",
              {{"why", done.error().what}});
  places_known_ = done || !is_transient(done.error().kind);
}

void WebexDirectory::add_place(Person& person) const {
  person.calling_known = settings_.calling_data;
  auto const it = places_.find(person.location_id);
  if (it == places_.end()) return;
  person.country = it->second.country;
  person.location = it->second.name;
}

}  // namespace wardroom::webex
