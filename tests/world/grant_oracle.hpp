/// What the daemon can know of one identity's grant, told by what reached it: the truth to hold its
/// vault against. Several states are possible where a crash hides which one its disk kept.
#pragma once
#include "base/units.hpp"

#include <optional>
#include <string>
#include <vector>

namespace wardroom::world {

class GrantOracle {
 public:
  /// As the vault's Grant; tokens are those of the simulator.
  struct State {
    bool there = false;
    std::string refresh{}, previous{}, access{}, seed{};
    bool retired = false;
    bool operator==(State const&) const = default;
    bool alive() const { return there && !retired; }
  };
  /// What an answer of the token endpoint gave.
  struct Given {
    std::string access{};
    std::optional<std::string> refresh{};
  };

  /// A life of the daemon begins, with this refresh token in its file; empty = it has none.
  void started(std::string const& seed, Uptime now);
  /// It is over, in whatever way: only what was committed is left.
  void gone(Uptime now);

  /// A refresh request leaves. False when no possible state would send this token now.
  bool asks(std::string const& refresh, Uptime now);
  void delivered(std::string const& refresh, Given const& given, Uptime now);
  /// The server's word that this refresh token is finished arrived.
  void refused(std::string const& refresh, Uptime now);
  /// The first tokens of a login arrived. Whether the daemon takes them is its own decision.
  void login(Given const& given, Uptime now);
  /// The vault handed out this access token.
  void hands_out(std::string const& access);

  bool surely_alive() const;
  bool surely_dead() const;  ///< retired, or nobody has logged in
  bool may_be_retired() const;
  std::vector<State> const& possible() const { return memory_; }

 private:
  struct Kept {
    State state;
    Uptime since;
  };
  void put(State state, Uptime now);
  template <class Fits>
  bool narrow(Fits fits);
  void settle(Uptime now);

  std::vector<State> memory_{State{}};     ///< one of these is what the running daemon holds
  std::vector<Kept> disk_{{State{}, {}}};  ///< one of these is what a new life would find
  std::string refused_;                    ///< the last request was for it, and it is finished
  std::optional<Kept> login_;              ///< the last one in this life
  bool fresh_ = true;                      ///< nothing changed yet in this life
};

}  // namespace wardroom::world
