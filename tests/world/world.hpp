/// The daemon, its neighbours, their network, its disk and its clock in one process on virtual
/// time, every choice drawn from one seed.
///
///   prepare ─► daemon starts ─► acts and faults for an hour ─► heal ─► rest ─► finish ─► stop
///
/// A step = one handler of the daemon or of the world, or the next moment something is due. Parts
/// look after each moment in which anything ran. The first broken promise ends the world.
#pragma once
#include "base/log.hpp"
#include "chance.hpp"
#include "part.hpp"
#include "runtime/task_group.hpp"
#include "sim/platform.hpp"
#include "support/fake_clock.hpp"
#include "support/memory_disk.hpp"
#include "support/sim_network.hpp"
#include "trace.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::world {

class Incarnation;
class DoorNetwork;

/// What became of a request to the daemon.
struct Answered {
  int status = 0;  ///< 0 = no answer came: refused, cut, timed out or the daemon died
  std::string body{};
  nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
};

struct WorldOptions {
  std::uint64_t seed = 1;
  Milliseconds length{3'600'000};    ///< of acts and faults; healing and rest come on top
  std::size_t most_acts = SIZE_MAX;  ///< acts and faults beyond it do not happen: a shorter prefix
  std::string folder{};              ///< for keys, lock and sockets' names; private, exists
  std::size_t keep_lines = 400;      ///< of the trace; 0 = all
};

struct Violation {
  std::string promise;  ///< "X1", "B2", …
  std::string sentence;
  Milliseconds at{0};
  std::size_t act = 0;  ///< the number of the last act or fault before it
};

class World {
 public:
  explicit World(WorldOptions options);
  ~World();
  World(World const&) = delete;
  World& operator=(World const&) = delete;

  /// To its end, or to the first broken promise.
  std::optional<Violation> const& run();
  std::optional<Violation> const& violation() const { return violation_; }
  Trace& trace() { return trace_; }
  std::uint64_t seed() const { return options_.seed; }
  /// Acts and faults that happened.
  std::size_t acts() const { return acts_; }
  struct Figures {
    std::uint64_t steps = 0, starts = 0, crashes = 0, stops = 0, reloads = 0, faults = 0;
    Milliseconds virtual_time{0};
  };
  Figures const& figures() const { return figures_; }

  // --- for parts -------------------------------------------------------------------------------
  /// A promise is broken. The first one counts; the world ends at the end of this step.
  void fail(std::string_view promise, std::string sentence);
  void note(std::string_view who, std::string_view what);

  /// Time of the world and of all neighbours; the daemon's wall clock may be beside it.
  test::FakeClock& clock() { return clock_; }
  Uptime now() const { return clock_.uptime(); }
  Milliseconds since_start() const;
  boost::asio::io_context& io() { return io_; }
  /// For tasks of neighbours and people; ended with the world.
  TaskGroup& tasks() { return tasks_; }
  /// A stream of its own for this purpose and this seed.
  Chance chance(std::string_view purpose) const { return {options_.seed, purpose}; }
  /// Swarm mode: whether this seed has that kind of act or fault at all. Each purpose is drawn for
  /// itself; `per_mille` = how many seeds have it.
  bool has(std::string_view purpose, unsigned per_mille = 500) const;

  /// Where the daemon listens for browsers and bridges.
  static constexpr std::string_view public_url = "http://127.0.0.1:8480";
  static constexpr std::string_view webex = "https://webexapis.example";
  static constexpr std::size_t people = 24;
  /// For files the configuration names: private, and kept over crashes.
  std::string const& folder() const { return options_.folder; }

  sim::Platform& platform() { return platform_; }
  /// From the daemon to its neighbours. Another one for each start of the daemon, with the same
  /// hosts and the same ways: do not keep it.
  test::SimNetwork& net();
  /// Serves an origin in this and all later networks. Before the first start.
  void serve(std::string origin, test::SimNetwork::Server server);
  /// Changes the way to an origin, now and for later lives of the daemon.
  void change_way(std::string const& origin, std::function<void(test::Way&)> const& change);
  std::vector<std::string> origins() const;
  /// An answer in place of the neighbour's; those that were registered first are asked first.
  void meddle(test::SimNetwork::Meddler meddler) { meddlers_.push_back(std::move(meddler)); }
  /// What DNS says to a question for SRV records: by name; without an entry there are none.
  std::map<std::string, xsi::SrvAnswer>& srv_records() { return srv_records_; }
  Result<xsi::SrvAnswer> srv_answer(std::string const& name) const;
  /// Hears of every request of the daemon when it leaves, and of what became of it.
  struct Sent {
    std::uint64_t number = 0;  ///< counts requests
    std::string origin{}, path{}, query{}, body{};
    http::Method method{};
    int status = 0;  ///< in `answered`: 0 = no answer came
  };
  struct Watcher {
    std::function<void(Sent const&)> left{};      ///< the daemon sends it
    std::function<void(Sent const&)> arrived{};   ///< the neighbour sees it, just before it does
    std::function<void(Sent const&)> answered{};  ///< the daemon has the answer
  };
  void watch(Watcher watcher) { watchers_.push_back(std::move(watcher)); }
  // By the life of the daemon, of its requests.
  Sent request_left(http::ClientRequest& request);
  void request_answered(Sent const& sent);

  /// From people and bridges to the daemon and to neighbours: what browsers and CMS post with.
  http::Client& visitors();
  DoorNetwork& doors();

  /// The daemon runs, and has said that it is ready.
  bool up() const;
  bool running() const { return daemon_ != nullptr; }
  /// Null while none runs. For counting what it holds.
  Incarnation* life() { return daemon_.get(); }
  /// Since when it is ready; nothing when it is not.
  std::optional<Uptime> up_since() const { return up_since_; }
  /// So many handlers later the daemon dies as by SIGKILL or a power cut, wherever it is then, and
  /// starts again `down` later. Unsynced writes are lost or torn.
  void crash_after(std::uint64_t handlers, Milliseconds down);
  /// As TERM, and a start afterwards. Takes effect once.
  void restart(Milliseconds down);
  /// Writes what the parts want configured and has it read (as `wardroomctl reload`); parts hear of
  /// the answer by reloaded().
  void reload();
  /// One is under way, or was not answered and may be.
  bool reloading() const { return reloading_ || now() < reload_in_doubt_; }
  /// What the last reload was answered.
  Answered const& reload_answer() const { return reload_answer_; }
  /// The daemon's wall clock jumps; over restarts too.
  void jump_wall_clock(Milliseconds by);
  /// Of the daemon that runs, or as the last one has left it. Another one after each crash.
  test::MemoryDisk& disk();

  /// A verb over the control socket, as root: asks now, `then` hears the answer. A verb that
  /// changes something is a POST with a JSON body, others GET ("/v1/status").
  void control(http::Method method, std::string path, std::string body,
               std::function<void(Answered)> then);
  /// The same, and time goes on until the answer is there. In finish() only.
  Answered ask(http::Method method, std::string path, std::string body = {});
  /// Hears of every verb twice: as it is asked (null), and as it is answered.
  using VerbEar =
      std::function<void(std::string const& path, std::string const& body, Answered const*)>;
  void hear_verbs(VerbEar ear) { verb_ears_.push_back(std::move(ear)); }
  /// Hears every line of the daemon's log, from warning on and what is always logged.
  void hear_log(std::function<void(std::string_view message)> ear) {
    log_ears_.push_back(std::move(ear));
  }

  /// All is healed: nothing breaks any more and nobody acts.
  bool healed() const { return healed_; }
  /// Of settled(), at the end.
  static constexpr Milliseconds patience{30 * 60'000};

  template <class T>
  T& part() {
    for (auto const& one : parts_)
      if (auto* found = dynamic_cast<T*>(one.part.get())) return *found;
    throw std::logic_error("this world has no such part");
  }

 private:
  friend class Incarnation;
  struct Hosted {
    std::string origin;
    test::SimNetwork::Server server;
    test::Way way{};
  };
  struct Seat {
    std::unique_ptr<Part> part;
    Chance acts, faults;
  };

  void note_log(log::Level level, std::string_view message, log::Fields fields);
  void begin();
  void hours();
  void heal();
  void rest();
  void finish();
  void last_stop();

  void start_daemon();
  void connect(Incarnation& life);
  void crash();
  std::unique_ptr<test::MemoryDisk> kill();
  void gone(bool crashed, Milliseconds down);
  void start_in(Milliseconds wait);
  void watch_life();
  void plan_next_act();
  void act();
  Seat* drawn(bool fault);
  bool advance_until(Uptime target);
  bool run_ready();
  void look();
  void write_configuration();
  std::optional<sim::Answer> arrive(sim::Request const& request);

  WorldOptions options_;
  Trace trace_;
  boost::asio::io_context io_{1};
  test::FakeClock clock_{io_};
  TaskGroup tasks_;
  Chance act_dice_, core_dice_, door_dice_, sim_dice_;
  sim::Platform platform_;
  std::vector<Seat> parts_;
  std::vector<Hosted> hosts_;
  std::vector<test::SimNetwork::Meddler> meddlers_;
  std::map<std::string, xsi::SrvAnswer> srv_records_;
  std::vector<Watcher> watchers_;
  std::vector<VerbEar> verb_ears_;
  std::vector<std::function<void(std::string_view)>> log_ears_;
  std::unique_ptr<DoorNetwork> doors_;
  std::unique_ptr<test::MemoryDisk> disk_;  ///< while no daemon runs
  std::unique_ptr<Incarnation> daemon_;
  std::optional<Uptime> up_since_, stopping_since_;
  std::optional<std::uint64_t> crash_in_;
  Milliseconds down_{0}, skew_{0}, mean_pause_{10'000};
  unsigned fault_share_ = 0;  ///< of a thousand acts
  TimerHandle next_act_, next_start_;
  bool reloading_ = false, reload_again_ = false;
  Uptime reload_in_doubt_{};
  bool healed_ = false, over_ = false, deaf_ = false;
  std::size_t acts_ = 0;
  Uptime began_{};
  std::map<std::string, Uptime> said_;  ///< by the daemon's log
  std::map<std::uint64_t, Sent> under_way_;
  std::uint64_t requests_ = 0;
  Answered reload_answer_;
  std::optional<Violation> violation_;
  Figures figures_;
  unsigned refused_ = 0;  ///< starts, one after the other
};

/// All parts there are, in their order.
std::vector<std::unique_ptr<Part>> all_parts(World& world);

}  // namespace wardroom::world
