/// The platform's token endpoint and the daemon's grants: `admin`, a person's login, and `guests`,
/// a service app that begins with a refresh token from a file. Promises T1 and T2.
#pragma once
#include "part.hpp"
#include "token_faults.hpp"
#include "token_watch.hpp"
#include "world.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace wardroom::world {

class TokensPart final : public Part {
 public:
  explicit TokensPart(World& world);

  std::string_view name() const override { return "tokens"; }
  void prepare() override;
  std::string configuration() override;
  void daemon_started() override { watch_.started(); }
  void daemon_gone(bool) override;
  unsigned weight() const override { return 2; }
  void act(Chance& chance) override;
  unsigned fault_weight() const override { return 3; }
  void fault(Chance& chance) override { faults_.strike(chance); }
  void heal() override;
  bool settled() override;
  void finish() override;

  // --- for other parts -------------------------------------------------------------------------
  /// Nobody is logged in as that identity, or the daemon knows that its grant has ended.
  bool needs_login(std::string_view identity);
  /// Requests with the bearer tokens of that identity can work now.
  bool usable(std::string_view identity);

 private:
  using Identity = TokenWatch::Identity;

  void write_secret(std::string const& file, std::string const& text) const;
  void ask_for_renewal(Chance& chance);
  void look_at_grants();
  void judge(Answered const& answer, std::vector<bool> const& was_alive);
  bool shows_truth(Identity const& identity, nlohmann::json const& grant);
  void give_seed(bool good, Chance& chance);

  World& world_;
  TokenFaults faults_;
  TokenWatch watch_;
  bool const guests_;
  std::string good_seed_;
  std::optional<bool> settled_;  ///< what `token show` said last
  std::string unsettled_;        ///< which of them is not as it must be
  bool asking_ = false;
  unsigned looks_ = 0;
};

}  // namespace wardroom::world
