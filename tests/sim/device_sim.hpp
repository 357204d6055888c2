/// The device grant: a code on one machine, a person who types it in on another.
///
///   pending --approve--> approved --poll--> used        (400 invalid_grant from then on)
///   pending --deny-----> denied                         (400 access_denied)
///   any     --device_life_s--> expired                  (400 expired_token)
/// A poll sooner than the interval allows is answered slow_down, and the interval grows by 5 s.
/// Source: webex-rest.md 1.6.
#pragma once
#include "sim/oauth_sim.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <string_view>

namespace wardroom::sim {

class DeviceSim {
 public:
  DeviceSim(Organisation const& org, OauthSim& oauth, Clock& clock, Random& dice, Faults& faults);

  TokenAnswer authorize(Request const& request);  ///< POST /v1/device/authorize
  TokenAnswer token(Request const& request);      ///< POST /v1/device/token
  Answer page(Request const& request);            ///< GET and POST /verify

  /// What a person does with a code. Errors: not_found (code or person), conflict (too late).
  Result<void> approve(std::string_view user_code, std::string_view email);
  Result<void> deny(std::string_view user_code);

  nlohmann::json attempts() const;  ///< for GET /sim/state; no secrets
  nlohmann::json counters() const;

 private:
  enum class State { pending, approved, denied, used };
  struct Attempt {
    std::string user_code, complete, client_id;
    Scopes scopes;
    Uptime expires{};
    std::chrono::seconds interval{0};
    std::optional<Uptime> polled{};
    State state = State::pending;
    Person const* person = nullptr;
    int polls = 0;
  };

  TokenAnswer refuse(int status, std::string_view keyword, Request const& request);
  TokenAnswer pending(Request const& request);
  bool too_fast(Attempt& attempt);
  TokenAnswer outcome(Attempt& attempt, OauthClient const& client, Request const& request);
  Result<Attempt*> open_attempt(std::string_view user_code);
  Attempt* by_code(std::string_view user_code);
  std::string_view state_of(Attempt const& attempt) const;
  std::string fresh_user_code();

  Organisation const& org_;
  OauthSim& oauth_;
  Clock& clock_;
  Random& dice_;
  Faults& faults_;
  std::map<std::string, Attempt> attempts_;  // by device code
  std::uint64_t started_ = 0, polls_ = 0, slow_downs_ = 0;
};

}  // namespace wardroom::sim
