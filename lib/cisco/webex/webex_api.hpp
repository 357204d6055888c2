/// Webex REST: bearer tokens, one pause per rate bucket, safe retries, tracking ids, paged lists.
#pragma once
#include "cisco/webex/rate_buckets.hpp"
#include "cisco/webex/webex_json.hpp"
#include "cisco/webex/webex_refusal.hpp"
#include "http/client.hpp"
#include "oauth/access_tokens.hpp"
#include "runtime/random.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::webex {

struct WebexSettings {
  std::string base_url = "https://webexapis.com/v1";  ///< without a trailing slash
  std::string identity = "admin";                     ///< whose token is used
  Milliseconds timeout{60'000};                       ///< one request
  int attempts = 4;                                   ///< of a GET
  Milliseconds patience{300'000};                     ///< all waiting for one answer together
  RateBuckets::Limits limits{};
};

/// How a change is sent.
struct SendManner {
  bool idempotent = false;  ///< a PUT or DELETE that may be carried out twice: tried again
  bool urgent = false;      ///< before whatever else waits for its turn
  /// A POST that the service itself refuses to carry out twice (409): tried again.
  bool once_by_itself = false;
  int attempts = 0;  ///< 0 = as in the settings
  /// Asked before each attempt leaves, however long it waited for its turn: false = it is not sent,
  /// and the error is `cancelled`. Absent = yes.
  std::function<bool()> wanted{};
};

/// Of a page of a list, what its reader tells of it.
struct PageSeen {
  std::size_t items = 0;
  bool known = false;  ///< all of them were on pages before: another page is missing for this one
};

/// A list by pages.
struct PagedQuery {
  std::string path;  ///< "/people?excludeStatus=true"; with `max` above 0 without its own "max="
  int max = 0;       ///< items a page; 0 = nothing is said of it
  int least = 0;     ///< halved down to this when pages turn out to be too long; 0 = never
};

struct WebexCounters {
  std::uint64_t requests = 0, retries = 0, throttled = 0, failures = 0, refused_tokens = 0;
};

/// Errors of every call: unauthorized, denied, not_found, conflict, malformed, throttled,
/// unavailable, timed_out; the sentence names the request, the status and the service's tracking
/// id. `not_done` in an error means that the request certainly had no effect; without it a change
/// may have been carried out although its answer never came: read before repeating it.
/// The token goes to the origin of `base_url` and nowhere else.
class WebexApi {
 public:
  struct Ports {
    http::Client& http;
    oauth::AccessTokens& tokens;
    Clock& clock;
    Random& random;
    /// Of all that talk to this service; absent = its own, by `limits` of the settings.
    std::shared_ptr<RateBuckets> buckets{};
  };
  WebexApi(Ports ports, WebexSettings settings);

  /// `path` = "/people/me?callingData=true". Tried again on transient errors. `refused` is filled
  /// before an error is given.
  Task<Result<nlohmann::json>> get(std::string path, Refused* refused = nullptr);
  /// The body of a 200 as it came.
  Task<Result<std::string>> get_raw(std::string path, Refused* refused = nullptr);
  /// Before whatever else waits for its turn; given up after 10 s.
  Task<Result<nlohmann::json>> get_urgently(std::string path);
  /// POST, PUT, DELETE: tried again only when nothing can have happened (no connection, 429, a
  /// renewed token after 401), and by `manner`. A null body sends none; an empty answer is null.
  Task<Result<nlohmann::json>> send(http::Method method, std::string path, nlohmann::json body,
                                    SendManner manner = {}, Refused* refused = nullptr);
  /// Every page in order. An error, also one returned by `page`, ends it: the listing is incomplete
  /// then. So it is when an answer is not a plain 200, a next page is elsewhere or asks for
  /// something else, a page or a cursor comes twice, or empty pages do not end.
  using Page = std::function<Result<void>(nlohmann::json const&)>;
  Task<Result<void>> pages(std::string path, Page page);
  /// The same with bodies as they came. After a 504 or a page beyond the size of answers, halves
  /// `max` and begins again from the first page: what came before comes again. Gives the `max` it
  /// ended with.
  using RawPage = std::function<Task<Result<PageSeen>>(std::string body, bool first)>;
  Task<Result<int>> raw_pages(PagedQuery query, RawPage page);

  /// With a token that is not in the vault yet: a login being checked. Waits a few seconds at most.
  Task<Result<nlohmann::json>> get_with(Secret bearer, std::string path);
  Task<Result<Person>> people_me(Secret bearer);
  Task<Result<std::vector<Role>>> roles(Secret bearer);

  Task<Result<std::vector<Role>>> roles();
  Task<Result<Person>> people_me();
  /// The organisation of that id with its call platform; with an empty id the only one the token
  /// sees.
  Task<Result<Organization>> organization(std::string org_id);

  WebexCounters const& counters() const { return counters_; }
  std::string const& identity() const { return settings_.identity; }
  /// "Webex asks for 12 s of quiet", while requests of this identity wait for that; else nothing.
  std::string waiting_for() const;

 private:
  struct Call;
  Task<Result<void>> chain(PagedQuery const& query, RawPage const& page, bool& too_long);
  Task<Result<http::ClientResponse>> get_page(std::string url, bool may_shrink, Refused& refused);
  Task<Result<http::ClientResponse>> answer_to(Call& call);
  Task<Result<http::ClientResponse>> exchange(Call& call);
  Task<Result<http::ClientResponse>> attempt(Call& call, Refused& refused);
  Task<Result<nlohmann::json>> fetch(Call& call);
  bool may_go_again(Call const& call, Error const& error) const;
  http::ClientRequest request(Call const& call, Secret const& token) const;

  Ports ports_;
  WebexSettings settings_;
  std::shared_ptr<RateBuckets> buckets_;
  WebexCounters counters_;
};

}  // namespace wardroom::webex
