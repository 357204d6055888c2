#include "cisco/webex/webex_directory.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"

#include <fmt/format.h>

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
    countries_known_ = false;
    co_await learn_countries();
  }
  auto const path = fmt::format("/people?max={}&excludeStatus=true{}", settings_.page_size,
                                settings_.calling_data ? "&callingData=true" : "");
  co_return co_await api_.pages(path, [&](json const& body) -> Result<void> {
    auto all = people_of(body);
    if (!all) return std::unexpected(std::move(all.error()));
    for (auto& person : *all) add_country(person);
    page(std::move(*all));
    return {};
  });
}

Task<Result<Person>> WebexDirectory::person(PersonId id) {
  if (settings_.calling_data) co_await learn_countries();
  auto body = co_await api_.get(fmt::format("/people/{}{}", percent_encode(id.text()),
                                            settings_.calling_data ? "?callingData=true" : ""));
  if (!body) co_return std::unexpected(std::move(body.error()));
  auto person = person_of(*body);
  if (person) add_country(*person);
  co_return person;
}

/// Countries only sharpen the choice of emergency numbers; without them every country's count.
Task<void> WebexDirectory::learn_countries() {
  if (countries_known_) co_return;
  std::map<std::string, std::string, std::less<>> found;
  auto done = co_await api_.pages("/locations?max=100", [&](json const& body) -> Result<void> {
    for (auto& [id, country] : countries_of(body)) found[id] = std::move(country);
    return {};
  });
  if (done)
    countries_ = std::move(found);
  else
    log::info("the locations cannot be read; people's countries stay unknown",
              {{"why", done.error().what}});
  countries_known_ = done || !is_transient(done.error().kind);
}

void WebexDirectory::add_country(Person& person) const {
  if (auto const it = countries_.find(person.location_id); it != countries_.end())
    person.country = it->second;
}

}  // namespace wardroom::webex
