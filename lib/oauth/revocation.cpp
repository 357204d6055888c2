#include "oauth/revocation.hpp"

#include "base/encoding.hpp"
#include "oauth/answer_reading.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::oauth {
namespace {
using nlohmann::json;
constexpr Milliseconds request_time{10'000};

Task<Result<http::ClientResponse>> ask(http::Client& http, http::Method method, std::string url,
                                       Secret bearer) {
  http::ClientRequest request;
  request.method = method;
  request.url = std::move(url);
  request.headers.add("Accept", "application/json");
  request.bearer = std::move(bearer);
  request.timeout = request_time;
  request.response_limit = 4u << 20;
  co_return co_await http.send(std::move(request));
}

Revocation not_done(std::string why) { return {false, std::move(why)}; }

std::string words(http::ClientResponse const& answer, std::string_view doing) {
  auto const body = json::parse(answer.body, nullptr, false);
  auto const said = body.is_object() ? joined_sentences(sentences_of(body)) : std::string();
  return fmt::format("{}: {}", doing,
                     endpoint_error(ErrorKind::denied, "Webex", answer, said).what);
}

}  // namespace

bool may_revoke(std::vector<std::string> const& scopes) {
  auto const has = [&](std::string_view scope) {
    return std::ranges::find(scopes, scope) != scopes.end();
  };
  return has("identity:tokens_read") && has("identity:tokens_write");
}

std::vector<std::string> own_authorizations(json const& listing, std::string const& client_id) {
  std::vector<std::string> out;
  auto const items = listing.is_object() ? listing.find("items") : listing.end();
  if (items == listing.end() || !items->is_array()) return out;
  for (auto const& item : *items) {
    if (!item.is_object() || text_of(item, "clientId") != client_id) continue;
    auto const type = lower_case(text_of(item, "type"));
    auto id = text_of(item, "id");
    if (!id.empty() && (type.empty() || type == "refresh")) out.push_back(std::move(id));
  }
  return out;
}

Task<Revocation> revoke_grant(http::Client& http, RevocationRequest wanted) {
  // An empty id would list, and end, the logins of other people.
  if (wanted.person_id.empty()) co_return not_done("it is not known whose it is");
  auto const base = wanted.api + "/authorizations";
  auto listing =
      co_await ask(http, http::Method::get, base + "?personId=" + percent_encode(wanted.person_id),
                   wanted.bearer);
  if (!listing) co_return not_done("Webex could not be asked: " + listing.error().what);
  if (listing->status != 200) co_return not_done(words(*listing, "its logins could not be listed"));
  auto const body = json::parse(listing->body, nullptr, false);
  if (!body.is_object()) co_return not_done("Webex gave no list of its logins");
  auto const ours = own_authorizations(body, wanted.client_id);
  if (ours.empty()) co_return not_done("Webex lists no authorization of this integration");
  for (auto const& id : ours) {
    auto answer =
        co_await ask(http, http::Method::delete_, base + "/" + percent_encode(id), wanted.bearer);
    if (!answer) co_return not_done("Webex could not be asked: " + answer.error().what);
    bool const gone = answer->status / 100 == 2 || answer->status == 404 || answer->status == 410;
    // The first of several may have ended this token already: the rest goes with its grant.
    bool const ended = answer->status == 401 && &id != &ours.front();
    if (!gone && !ended) co_return not_done(words(*answer, "Webex did not revoke the login"));
  }
  co_return Revocation{true, ""};
}

}  // namespace wardroom::oauth
