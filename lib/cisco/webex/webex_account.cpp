// What Webex tells about the account behind a token: person, roles, organisation.
#include "base/encoding.hpp"
#include "cisco/webex/webex_api.hpp"

#include <fmt/format.h>

namespace wardroom::webex {

Task<Result<Person>> WebexApi::people_me(Secret bearer) {
  auto body = co_await get_with(std::move(bearer), "/people/me");
  if (!body) co_return std::unexpected(std::move(body.error()));
  co_return person_of(*body);
}

Task<Result<Person>> WebexApi::people_me() {
  auto body = co_await get("/people/me");
  if (!body) co_return std::unexpected(std::move(body.error()));
  co_return person_of(*body);
}

Task<Result<std::vector<Role>>> WebexApi::roles(Secret bearer) {
  auto body = co_await get_with(std::move(bearer), "/roles");
  if (!body) co_return std::unexpected(std::move(body.error()));
  co_return roles_of(*body);
}

Task<Result<std::vector<Role>>> WebexApi::roles() {
  auto body = co_await get("/roles");
  if (!body) co_return std::unexpected(std::move(body.error()));
  co_return roles_of(*body);
}

Task<Result<Organization>> WebexApi::organization(std::string org_id) {
  // The path takes an id of the API; a bare UUID, as Control Hub shows it, is looked for in the
  // list.
  auto const uuid = decode_id(org_id);
  bool const bare = uuid && uuid->size() == org_id.size();
  if (!org_id.empty() && !bare) {
    auto body =
        co_await get(fmt::format("/organizations/{}?callingData=true", percent_encode(org_id)));
    if (!body) co_return std::unexpected(std::move(body.error()));
    co_return organization_of(*body);
  }
  auto body = co_await get("/organizations?callingData=true");
  if (!body) co_return std::unexpected(std::move(body.error()));
  auto const items = body->is_object() ? body->find("items") : body->end();
  if (items == body->end() || !items->is_array() || items->empty())
    co_return failure(ErrorKind::not_found, "GET /organizations: the token sees no organisation");
  if (bare) {
    for (auto const& item : *items)
      if (auto one = organization_of(item); one && one->uuid == *uuid) co_return one;
    co_return failure(ErrorKind::not_found,
                      "GET /organizations: the token does not see the organisation " + org_id);
  }
  if (items->size() > 1)
    co_return failure(ErrorKind::conflict,
                      "GET /organizations: the token sees several organisations; set webex.org_id");
  co_return organization_of(items->front());
}

}  // namespace wardroom::webex
