/// Watches the way between the daemon and the token endpoint for the promises about grants: T1 one
/// refresh at a time and no refresh token used again, T2 no grant lost and no storm of renewals.
#pragma once
#include "grant_oracle.hpp"
#include "sim/oauth_sim.hpp"
#include "world.hpp"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::world {

class TokenWatch {
 public:
  struct Identity {
    std::string name, client_id;
    std::string seed{};  ///< what the daemon's file of this service app holds; else empty
    GrantOracle oracle{};
    bool lost_an_answer = false;  ///< the platform gave new tokens that never arrived
    Uptime logged_in_at{};
    // Of this life of the daemon:
    std::size_t under_way = 0;
    Uptime not_before{};      ///< after a failure
    bool second_try = false;  ///< the newest token was refused: the one before may follow at once
    std::optional<Uptime> renewed_at{};
    Milliseconds least_pause{0};
    std::deque<Uptime> early{};  ///< renewals nearer to the last one than that
    // Access tokens that were replaced, and since when that is certain.
    std::map<std::string, Uptime, std::less<>> replaced{};
  };

  TokenWatch(World& world, std::vector<Identity> identities);

  std::vector<Identity>& identities() { return identities_; }
  Identity& identity(std::string_view name);
  /// What answers to refreshes consist of; those to a login are whole.
  void set_fields(std::string fields) { fields_ = std::move(fields); }
  /// Of every 429 of the token endpoint.
  void set_retry_after(Milliseconds wait) { retry_after_ = wait; }
  void started();
  void gone();
  /// Whatever the daemon may hold for that identity, its bearer token is good at this moment.
  bool surely_works(Identity const& identity);

 private:
  /// A request to the token endpoint under way.
  struct Asked {
    std::size_t identity = 0;
    std::string refresh{};  ///< empty = a code
    std::optional<sim::TokenBook::Outcome> outcome{};
    bool with_refresh = true;  ///< the answer tells the refresh token
  };

  Identity* by_client(std::string_view client_id);
  void left(World::Sent const& sent);
  void arrived(World::Sent const& sent);
  void answered(World::Sent const& sent);
  void outcome(sim::Request const& request, sim::TokenBook::Outcome const& outcome);
  void bearer(sim::Request const& request);
  void check_pace(Identity& identity);
  void check_storm(Identity& identity);
  void took(Identity& identity, Asked const& asked);
  void failed(Identity& identity, Asked const& asked, int status);
  void forget_pace(Identity& identity);
  void note_replaced(Identity& identity, std::vector<GrantOracle::State> const& before);

  World& world_;
  std::vector<Identity> identities_;
  std::map<std::uint64_t, Asked> asked_;
  std::string fields_ = "all";
  Milliseconds retry_after_{0};
  std::uint64_t arriving_ = 0;  ///< the request that the platform sees now
};

}  // namespace wardroom::world
