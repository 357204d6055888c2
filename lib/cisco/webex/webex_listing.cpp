#include "cisco/webex/webex_listing.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::webex {
namespace {

/// What a helper works with lives as long as the work, also when its listing is given up meanwhile.
struct Reading {
  PageReader reader;
  PeopleListing::Page page;
};

std::string api_id(Uuid const& person) {
  auto out = to_base64("ciscospark://us/PEOPLE/" + person.text());
  while (out.ends_with('=')) out.pop_back();
  return out;
}

}  // namespace

Task<Result<void>> WebexListing::everybody(ListingWants wants, Page page) {
  Locations names;
  if (wants.locations) {
    locations_ = nullptr;  // anew for each listing
    auto read = co_await locations();
    if (!read) co_return std::unexpected(std::move(read.error()));
    names = std::move(*read);
  }
  auto const reading = std::make_shared<Reading>(PageReader(std::move(names)), std::move(page));
  auto take = [this, reading](std::string body, bool first) -> Task<Result<PageSeen>> {
    co_return co_await helpers_.run([reading, first, text = std::move(body)]() mutable {
      if (first) reading->reader.begin();
      return reading->reader.people(std::move(text), reading->page);
    });
  };
  // Twice what worked the last time, at most what the service gives: a bad hour is forgotten.
  auto const most = wants.locations ? settings_.page_size_with_locations : settings_.page_size;
  auto& worked = worked_[wants.locations ? 1 : 0];
  PagedQuery query{.path = "/people?excludeStatus=true",
                   .max = worked == 0 ? most : std::min(most, worked * 2),
                   .least = settings_.least};
  if (wants.locations) query.path += "&callingData=true";
  auto const done = co_await api_.raw_pages(std::move(query), std::move(take));
  if (!done) co_return std::unexpected(done.error());
  worked = *done;
  co_return Result<void>{};
}

Task<Result<bool>> WebexListing::somebody(Uuid id, ListingWants wants, Page page) {
  Locations names;
  if (wants.locations) {
    auto read = co_await locations();
    if (!read) co_return std::unexpected(std::move(read.error()));
    names = std::move(*read);
  }
  auto path = fmt::format("/people/{}", percent_encode(api_id(id)));
  if (wants.locations) path += "?callingData=true";
  Refused refused;
  auto body = co_await api_.get_raw(std::move(path), &refused);
  if (!body) {
    if (body.error().kind != ErrorKind::not_found) co_return std::unexpected(body.error());
    if (refused.status == 404 && refused.own_words) co_return false;
    co_return failure(ErrorKind::unavailable,
                      body.error().what + "; not as Webex says it: is there a proxy in between?");
  }
  auto const reading = std::make_shared<Reading>(PageReader(std::move(names)), std::move(page));
  auto const done = co_await helpers_.run([reading, id, text = std::move(*body)]() mutable {
    return reading->reader.person(std::move(text), id, reading->page);
  });
  if (!done)
    co_return failure(done.error().kind, fmt::format("GET /people: {}", done.error().what));
  co_return true;
}

Task<Result<WebexListing::Locations>> WebexListing::locations() {
  if (locations_) co_return locations_;
  auto names = std::make_shared<LocationNames>();
  auto const done = co_await api_.pages(
      "/locations?max=100", [&names](nlohmann::json const& body) -> Result<void> {
        if (!body.is_object() || !body.contains("items") || !body["items"].is_array())
          return failure(ErrorKind::malformed, "a page has no items");
        for (auto const& [id, place] : places_of(body))
          (*names)[decode_id(id).value_or(id)] = place.name;
        return {};
      });
  if (!done) {
    auto error = done.error();
    error.what += "; rules of this job need the locations";
    co_return std::unexpected(std::move(error));
  }
  locations_ = std::move(names);
  co_return locations_;
}

}  // namespace wardroom::webex
