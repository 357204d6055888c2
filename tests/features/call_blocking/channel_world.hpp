/// Call blocking with the real XSI session, call control and directories, over a network in memory
/// whose far end is the simulator: what the proofs about broken channels stand on. Virtual time.
#pragma once
#include "cisco/webex/webex_directory.hpp"
#include "cisco/xsi/xsi_directory.hpp"
#include "cisco/xsi/xsi_session.hpp"
#include "features/call_blocking/call_blocking.hpp"
#include "organisation_of_webex.hpp"
#include "people/migrations.hpp"
#include "sim/platform.hpp"
#include "store/migrations.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/run_task.hpp"
#include "support/sim_network.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace wardroom::call_blocking {

inline constexpr GeoPoint kAtHome{48.5, 16.5};
inline constexpr GeoPoint kAbroad{47.0, 16.5};

class ChannelWorld {
 public:
  static constexpr std::size_t xsps = 4;  ///< that exist; DNS names two of them at a time
  static std::string origin(std::size_t xsp) {
    return fmt::format("https://xsp{}.acme.example", xsp + 1);
  }

  explicit ChannelWorld(std::uint64_t seed, std::size_t people = 24)
      : dice(seed), sim_dice(seed + 1), platform(clock, sim_dice, seed, people) {
    serve();
    name_xsps({0, 1});
    wait(people_store.load());
    wait(fixes.load());
    wait(journal.load());
    feature = std::make_unique<CallBlocking>(
        CallBlocking::Ports{io.get_executor(), clock, dice, session, control, directory, calling,
                            roster, people_store, fixes, effects, database, journal, &sessions},
        settings());
    runner.spawn("call_blocking", [this] { return feature->run(); });
  }
  ~ChannelWorld() { stop(); }

  /// DNS names these from now on.
  void name_xsps(std::vector<std::size_t> which) {
    named = std::move(which);
    xsi::SrvAnswer answer{{}, std::chrono::seconds(60)};
    for (auto const xsp : named)
      answer.records.push_back({fmt::format("xsp{}.acme.example", xsp + 1), 443, 1, 50});
    dns.answer = std::move(answer);
  }
  test::Way& way(std::size_t xsp) { return net.way(origin(xsp)); }

  /// Until `condition`, looked at every 50 ms; false when `limit` passes first. `each` runs
  /// between.
  bool until(BootClock::duration limit, std::function<bool()> const& condition,
             std::function<void()> const& each = {}) {
    for (auto const end = clock.uptime() + limit; clock.uptime() < end;) {
      if (condition()) return true;
      clock.advance(Milliseconds(50));
      if (each) each();
    }
    return condition();
  }
  bool all_up() const {
    auto const& health = session.health();
    if (!health.subscribed || health.channels.size() != named.size()) return false;
    return std::ranges::all_of(health.channels, [](auto const& c) { return c.up; });
  }
  HealthColour channel_sign() const {
    for (auto const& sign : feature->health())
      if (sign.part == "call_blocking.channels") return sign.colour;
    return HealthColour::red;
  }

  PersonNo number(sim::Person const& person) const {
    return roster.find(people::RosterKey::of_uuid(person.uuid));
  }
  /// As often as it takes: the way back in wants confirmation.
  void put(sim::Person const& person, GeoPoint where) {
    auto const no = number(person);
    for (int i = 0; i < 3; ++i) {
      Fix const fix{where, {20}, clock.uptime(), clock.now()};
      feature->location_changed(no, fix);
      fixes.record(no, fix, {});
    }
  }

  void stop() {
    if (!feature) return;
    bool done = false;
    auto work = [](ChannelWorld& world, bool& flag) -> Task<void> {
      co_await world.runner.stop(world.clock, std::chrono::seconds(5));
      co_await world.feature->stop();
      co_await world.tasks.stop(world.clock, std::chrono::seconds(1));
      flag = true;
    };
    test::start_task(io, work(*this, done));
    for (int i = 0; i < 1000 && !done; ++i) clock.advance(Milliseconds(20));
    EXPECT_TRUE(done) << "the feature did not stop";
    feature.reset();
  }

  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  SeededRandom dice, sim_dice;
  sim::Platform platform;
  test::SimNetwork net{io.get_executor(), clock, dice};
  test::SimDns dns;
  test::SimTokens tokens{platform.oauth.book(), clock, first_token()};
  webex::WebexApi api{{net, tokens, clock, dice}, {.base_url = "https://webexapis.example/v1"}};
  webex::WebexDirectory directory{api, {}};
  OrganisationOfWebex organisation{api, [this] { return platform.org.id(); }};
  xsi::XsiSession session{{io.get_executor(), clock, dice, net, net, tokens, organisation, dns},
                          xsi_settings()};
  xsi::XsiCallControl control{{clock, dice, net, net, tokens, organisation}, xsi_settings()};
  xsi::XsiDirectory calling{{clock, dice, net, tokens, organisation}, xsi_settings()};
  test::FakeDatabase database{io, clock, steps()};
  store::Journal journal{database, clock};
  people::Roster roster;
  people::PeopleStore people_store{database, clock, roster};
  people::SessionStore sessions{database, clock};
  people::FixLog fixes{io.get_executor(), database, clock, roster, {.boot_id = "boot"}};
  TaskGroup tasks{io.get_executor(), failed};
  Effects effects{io.get_executor(), clock, tasks};
  TaskGroup runner{io.get_executor(), failed};
  std::unique_ptr<CallBlocking> feature;
  std::vector<std::size_t> named;

 private:
  static void failed(std::string_view task, std::exception_ptr why) {
    ADD_FAILURE() << task << ": " << words_of(why);
  }
  static std::vector<store::Migration> steps() {
    std::vector<store::Migration> out(people::migrations().begin(), people::migrations().end());
    for (auto const& step : call_blocking_migrations()) out.push_back(step);
    return out;
  }
  /// A box around home for everybody; whoever never told a place may not call.
  static CallBlockingSettings settings() {
    CallBlockingSettings out;
    out.policy.mode = Mode::enforce;
    out.policy.timeout = std::chrono::hours(24);
    Fence fence;
    fence.name = "home";
    fence.shape = Box{48, 49, 16, 17, false};
    seal(fence);
    out.policy.fences.push_back(std::move(fence));
    return out;
  }
  static xsi::XsiSettings xsi_settings() {
    xsi::XsiSettings out;
    out.application_id = "wardroom-proof";
    return out;
  }
  sim::Issued first_token() {
    return *platform.oauth.book().open(
        "C-wardroom-demo", sim::GrantKind::integration, platform.org.people().front(),
        sim::split_scopes("spark:people_read spark-admin:people_read spark-admin:roles_read "
                          "spark-admin:organizations_read spark-admin:locations_read "
                          "spark-admin:xsi spark:xsi"));
  }
  void serve() {
    net.serve("https://webexapis.example",
              [this](sim::Request r) { return platform.webex.handle(std::move(r)); });
    for (std::size_t i = 0; i < xsps; ++i)
      net.serve(origin(i),
                [this, i](sim::Request r) { return platform.xsi_door.handle(i, std::move(r)); });
    // The name for everything but channels: a balancer in front of the XSPs in service.
    net.serve("https://api.acme.example", [this](sim::Request r) {
      for (auto const xsp : named)
        if (!way(xsp).refused && !way(xsp).lost) return platform.xsi_door.handle(xsp, std::move(r));
      sim::Answer none;
      none.response.status = 503;
      return none;
    });
    platform.publish_xsi("https://api.acme.example", "acme.example");
  }
  template <class T>
  void wait(Task<T> task) {
    test::run_task(io, std::move(task));
  }
};

}  // namespace wardroom::call_blocking
