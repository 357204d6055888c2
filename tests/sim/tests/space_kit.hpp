/// Short ways to ask for spaces, memberships and people, page by page.
#pragma once
#include "sim/tests/neighbour.hpp"

#include <vector>

namespace wardroom::sim::test {

struct SpaceKit : Neighbour {
  static inline std::string const space_scopes =
      all_scopes + " spark:rooms_read spark:memberships_read spark:memberships_write";
  std::string ada = token_for("ada@acme.example", space_scopes);
  std::string zoe = token_for("zoe.mueller@acme.example", space_scopes);

  static std::string next_of(Answer const& a) {
    return between(a.response.headers.get("Link"), "<", ">; rel=\"next\"");
  }
  static std::string query_of(std::string const& url) {
    return url.substr(std::min(url.find('?') + 1, url.size()));
  }
  /// Every page of a list, as a careless client reads it; at most ten pages.
  std::vector<nlohmann::json> read(std::string const& path, std::string query,
                                   std::string const& token) {
    std::vector<nlohmann::json> out;
    for (int page = 0; page < 10; ++page) {
      auto const answer = get(path, token, query);
      if (answer.response.status != 200) break;
      for (auto& item : json(answer)["items"]) out.push_back(std::move(item));
      query = query_of(next_of(answer));
      if (query.empty()) break;
    }
    return out;
  }
  static std::vector<std::string> texts(std::vector<nlohmann::json> const& items, char const* key) {
    std::vector<std::string> out;
    for (auto const& item : items) out.push_back(item.value(key, "?"));
    return out;
  }
  Answer post(std::string const& token, nlohmann::json const& body) {
    return rest(http::Method::post, "/v1/memberships", "", token, body.dump(),
                {{"Content-Type", "application/json"}});
  }
  Answer remove(std::string const& token, std::string const& id) {
    return rest(http::Method::delete_, "/v1/memberships/" + id, "", token);
  }
  Room const& room(std::string const& title) {
    for (auto const& one : sim.rooms.all())
      if (one.title == title) return one;
    throw std::runtime_error("no space is called " + title);
  }
  std::string membership(std::string const& email, Room const& in) {
    return api_id("MEMBERSHIP", sim.org.by_email(email)->uuid + ":" + in.uuid);
  }
  std::string id_of(std::string const& email) { return sim.org.by_email(email)->id; }
};

}  // namespace wardroom::sim::test
