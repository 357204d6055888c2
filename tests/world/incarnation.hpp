/// One life of the daemon in a world: the whole `App` on a machine of its own, with a loop, a
/// clock, a disk and a network that go down with it.
#pragma once
#include "chance.hpp"
#include "outside.hpp"
#include "support/fake_clock.hpp"
#include "support/memory_disk.hpp"
#include "support/memory_door.hpp"
#include "support/sim_network.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace wardroom {
class App;
}

namespace wardroom::world {

class World;

/// What a stop may take (G2).
inline constexpr Milliseconds stop_within{5'000};

class Incarnation final : public Outside {
 public:
  /// `number` counts the lives in this world. The disk is as the life before has left it.
  Incarnation(World& world, unsigned number, std::unique_ptr<test::MemoryDisk> disk);
  ~Incarnation() override;

  /// Constructs the daemon from the configuration file and begins its start. An exit code when it
  /// refused, as a process would have ended.
  std::optional<int> begin();
  /// One handler; false when none is ready.
  bool run_one();
  /// Handlers until none is ready, or until interrupt() or its end; whether there were any.
  bool run_ready();
  void interrupt() { io_.stop(); }
  test::FakeClock& clock_of_it() { return clock_; }
  test::SimNetwork& net() { return net_; }
  std::size_t running_tasks() const;
  test::MemoryDisk& disk() { return *disk_; }
  bool ready() const;
  /// It has ended by itself, or after terminate().
  std::optional<int> ended_with() const { return ended_with_; }
  /// As TERM.
  void terminate();
  /// It dies where it is: nothing it does from now on reaches anybody, and what its disk holds is
  /// drawn from what was not synced. Destroy it afterwards. Returns what is left of the disk.
  std::unique_ptr<test::MemoryDisk> die(Chance& dice);
  /// After an orderly end: the disk as it is.
  std::unique_ptr<test::MemoryDisk> leave() { return std::move(disk_); }
  /// It did not come to its end: its tasks still stand on this, which must not be destroyed.
  bool stuck() const { return stuck_; }
  void jump_wall_clock(Milliseconds by) { clock_.jump_wall(by); }

  Executor loop() override { return io_.get_executor(); }
  Clock& clock() override { return clock_; }
  Random& random() override { return dice_.port(); }
  std::size_t helper_threads() const override { return 0; }
  std::string boot_id() const override { return "boot of the world"; }
  std::string host_name() const override { return "machine"; }
  Result<std::unique_ptr<store::Database>> open_store(store::StoreSettings settings,
                                                      std::vector<store::Migration> steps,
                                                      store::Admit const& admit) override;
  std::unique_ptr<http::Client> http_client(http::CurlClient::Options options) override;
  std::unique_ptr<http::WarmClient> lane(TaskGroup& tasks,
                                         http::LaneClient::Options options) override;
  std::unique_ptr<xsi::SrvLookup> srv_lookup(std::vector<std::string> servers) override;
  std::unique_ptr<mail::Mailer> mailer(mail::SmtpSettings settings) override;
  std::unique_ptr<http::Door> door(std::string_view name, http::Router& router,
                                   http::DoorOptions options) override;
  void hear_signals(std::function<void()> stop, std::function<void()> reload) override;
  void ignore_signals() override { stop_ = {}; }
  void ended() override;

 private:
  class Lane;

  void wind_down();

  World& world_;
  boost::asio::io_context io_{1};
  test::FakeClock clock_;
  Chance dice_, net_dice_;
  std::unique_ptr<test::MemoryDisk> disk_;
  TimerHandle slow_batch_;
  test::SimNetwork net_{io_.get_executor(), clock_, net_dice_.port()};
  std::function<void()> stop_;
  std::unique_ptr<App> app_;
  std::optional<int> ended_with_;
  bool over_ = false, stuck_ = false;
};

}  // namespace wardroom::world
