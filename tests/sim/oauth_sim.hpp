/// The OAuth server of the simulated Webex: authorize page, codes, the token endpoint.
/// It refuses what the real one refuses. Source: webex-rest.md 1.
#pragma once
#include "sim/oauth_client.hpp"
#include "sim/token_book.hpp"
#include "sim/token_log.hpp"
#include "sim/webex_answer.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace wardroom::sim {

/// An answer of a token endpoint, and what to write down about it.
struct TokenAnswer {
  Answer answer{};
  std::string outcome{};  ///< "issued", "rotated", "refused: spent" …
  std::string grant{};
};

class OauthSim {
 public:
  OauthSim(Organisation const& org, Clock& clock, Random& dice, Faults& faults);

  Instant now() const { return clock_.now(); }
  void add_client(OauthClient client) { clients_[client.id] = std::move(client); }
  OauthClient const* client(std::string_view id) const;

  Answer authorize(Request const& request);          ///< GET and POST /v1/authorize
  TokenAnswer access_token(Request const& request);  ///< POST /v1/access_token
  /// POST /v1/applications/{id}/token, for the service app.
  TokenAnswer application_token(Request const& request, std::string const& application);

  /// The person behind `Authorization: Bearer`; nullopt = answer 401.
  std::optional<Bearer> check(Request const& request) const;
  /// Opens a grant and answers with its first tokens; `tokenlimit_reached` when there are too many.
  TokenAnswer open_grant(Request const& request, OauthClient const& client, Person const& person,
                         Scopes scopes);
  /// A line of the log for a request to a token endpoint; see TokenLog.
  std::shared_ptr<TokenLog::Ticket> begin(Request const& request);

  /// Told of each outcome at the token endpoint before the answer goes out.
  std::function<void(Request const&, TokenBook::Outcome const&)> on_outcome{};

  TokenBook& book() { return book_; }
  TokenLog& log() { return log_; }
  nlohmann::json counters() const;

 private:
  struct Code {
    std::string client_id, redirect_uri, challenge, method;
    Person const* person;
    Scopes scopes;
    Uptime expires;
    bool used = false;
  };

  Answer grant_code(OauthClient const& client, http::QueryPairs const& query, Person const& person);
  TokenAnswer exchange(Request const& request, OauthClient const& client,
                       http::QueryPairs const& form);
  TokenAnswer refresh(Request const& request, OauthClient const& client,
                      http::QueryPairs const& form);
  TokenAnswer told(Request const& request, TokenBook::Outcome const& outcome);
  TokenAnswer refuse(int status, std::string_view description, Request const& request);

  Organisation const& org_;
  Clock& clock_;
  Random& dice_;
  Faults& faults_;
  TokenBook book_;
  TokenLog log_;
  std::map<std::string, OauthClient, std::less<>> clients_;
  std::map<std::string, Code> codes_;
  std::uint64_t authorized_ = 0, exchanged_ = 0, refused_ = 0;
  std::size_t prose_turn_ = 0;
};

}  // namespace wardroom::sim
