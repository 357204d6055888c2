/// The whole feature with its real parser and API client among simulated meeting servers, on
/// virtual time, watched by somebody who knows who is really there: promise B1.
///
/// What is told: a person counts from the moment every record about them was acknowledged; until
/// then nobody could know. From then on no screen of their conference may say less for longer than
/// a second, and none may fall below it at all.
#pragma once
#include "cisco/cms/cms_api.hpp"
#include "features/security_notices/security_notices.hpp"
#include "sim/cms_sim.hpp"
#include "support/banner_truth.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/random_runs.hpp"
#include "support/sim_network.hpp"

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace wardroom::security_notices::test {

class BannerWorld {
 public:
  /// 1 to 4 bridges, by the seed.
  explicit BannerWorld(std::uint64_t seed);
  ~BannerWorld();

  /// People come, go and move, records travel, things break; then all comes to rest and every
  /// screen must say what is true. False once something was wrong; `trouble` tells it.
  bool play(int acts);
  std::string const& trouble() const { return trouble_; }
  std::string trace() const;

  struct Figures {
    std::uint64_t acts = 0, posts = 0, faults = 0, restarts = 0, bridge_restarts = 0;
    std::uint64_t looks = 0, notices = 0, falls = 0, told = 0;
  };
  Figures const& figures() const { return figures_; }

 private:
  struct Daemon;
  struct Screen {
    int level = 0;
    std::optional<Uptime> below_since{};
  };
  using Instance = wardroom::test::BannerTruth::Instance;

  void start();
  void stop();
  void act();
  char const* some_address();
  void spoil();
  void mend();
  void deliver(std::size_t bridge);
  void advance(BootClock::duration by);
  void learn();
  void look();
  bool rest();
  std::string believed() const;
  int screen_of(std::size_t bridge, std::string const& call) const;
  void fail(std::string what);
  void note(std::string what);
  Uptime excused_until(std::size_t bridge) const;

  wardroom::test::Dice throws_;
  boost::asio::io_context io_{1};
  wardroom::test::FakeClock clock_{io_};
  SeededRandom dice_;
  sim::Faults faults_;
  sim::CmsSim cms_{clock_, dice_, faults_};
  sim::CmsDomains domains_{{"secure.example"}, {"staff.example", "*.staff.example"}};
  wardroom::test::SimNetwork net_{io_.get_executor(), clock_, dice_};
  SecurityNoticesSettings settings_;
  wardroom::test::FakeDisk disk_;
  std::unique_ptr<Daemon> daemon_;
  std::size_t bridges_ = 1;
  std::vector<std::shared_ptr<sim::CmsReceiver>> receivers_;
  std::vector<bool> posting_;
  wardroom::test::BannerTruth truth_{cms_, clock_};
  std::map<Instance, Screen> screens_;
  std::vector<Uptime> spoiled_until_;
  Uptime up_since_{};
  std::string trouble_;
  std::vector<std::string> trace_;
  Figures figures_;
};

}  // namespace wardroom::security_notices::test
