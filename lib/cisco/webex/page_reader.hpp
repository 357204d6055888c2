/// Pages of people and of memberships as typed facts, straight from the bytes that came. Pure; one
/// for a listing, since it keeps its buffers and what it has decoded from page to page.
///
/// A page is taken whole or not at all: UTF-8, at most 32 levels deep, an object whose `items` is
/// an array, no key that matters twice, each item with an id that can be decoded, each membership
/// of the space that was asked for. What else is missing or broken makes the item not `whole`.
/// Source: webex-rest.md 2.6, 3.2, 4.1.
#pragma once
#include "cisco/webex/page_ids.hpp"
#include "cisco/webex/webex_api.hpp"
#include "ports/people_listing.hpp"
#include "ports/spaces.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace wardroom::webex {

/// Names of locations by decoded id.
using LocationNames = std::map<std::string, std::string, std::less<>>;

class PageReader {
 public:
  explicit PageReader(std::shared_ptr<LocationNames const> locations = nullptr);
  ~PageReader();
  PageReader(PageReader&&) noexcept;

  /// A listing begins, or begins again: no page was read before.
  void begin();

  /// A page of /people. Errors: malformed, and those of `take`.
  Result<PageSeen> people(std::string body, PeopleListing::Page const& take);
  /// One of /people/{id}, which must be that one.
  Result<void> person(std::string body, Uuid const& id, PeopleListing::Page const& take);
  /// A page of /memberships of `space`.
  Result<PageSeen> members(std::string body, std::string_view space, Spaces::Page const& take);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wardroom::webex
