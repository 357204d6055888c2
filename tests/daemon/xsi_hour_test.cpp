// M1: an hour of mixed faults at sixty times the speed. The daemon's own parts, with real sockets,
// in this process; the simulator in another. Memory, descriptors, tasks and timers must stay flat.
#include "cisco/webex/webex_directory.hpp"
#include "cisco/xsi/xsi_directory.hpp"
#include "cisco/xsi/xsi_session.hpp"
#include "features/call_blocking/call_blocking.hpp"
#include "http/curl_client.hpp"
#include "http/lane_client.hpp"
#include "organisation_of_webex.hpp"
#include "people/migrations.hpp"
#include "support/flatness.hpp"
#include "support/random_runs.hpp"
#include "support/run_task.hpp"
#include "support/scaled_clock.hpp"
#include "support/site.hpp"
#include "support/temp_database.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <malloc.h>
#include <unistd.h>
#if __has_feature(address_sanitizer)
#include <sanitizer/allocator_interface.h>
#endif

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr int speed = 60;
constexpr GeoPoint abroad{47.0, 16.5}, at_home{48.5, 16.5};

/// Gives requests a sixtieth of their time, but never less than a busy machine needs.
class HastyClient final : public http::Client {
 public:
  explicit HastyClient(http::Client& inner) : inner_(inner) {}
  Task<Result<http::ClientResponse>> send(http::ClientRequest request) override {
    return inner_.send(hasty(std::move(request)));
  }
  Task<Result<void>> stream(http::ClientRequest request, http::StreamSink& sink) override {
    return inner_.stream(hasty(std::move(request)), sink);
  }

 private:
  static http::ClientRequest hasty(http::ClientRequest request) {
    request.timeout = std::max<Milliseconds>(request.timeout / speed, 700ms);
    request.connect_timeout = std::max<Milliseconds>(request.connect_timeout / speed, 700ms);
    return request;
  }
  http::Client& inner_;
};

/// A login at the simulator, renewed when somebody finds its token refused.
class LoginTokens final : public oauth::AccessTokens {
 public:
  LoginTokens(http::Client& client, Clock& clock, std::string api)
      : client_(client), clock_(clock), api_(std::move(api)) {}

  void log_in() {
    auto const redirect = "http://127.0.0.1:8480/oauth/callback";
    auto const answer = http(
        {.url = api_ + "/authorize?" +
                http::to_query(
                    {{"response_type", "code"},
                     {"client_id", "C-wardroom-demo"},
                     {"redirect_uri", redirect},
                     {"scope",
                      "spark:people_read spark-admin:people_read spark-admin:roles_read "
                      "spark-admin:organizations_read spark-admin:locations_read spark-admin:xsi "
                      "spark:xsi"},
                     {"login_hint", "ada@acme.example"}})});
    auto const found = answer.headers.find("location");
    if (found == answer.headers.end()) throw std::runtime_error("no login: " + answer.body);
    auto code = found->second.substr(found->second.find("code=") + 5);
    code.resize(std::min(code.size(), code.find('&')));
    auto const tokens = http(
        {.method = "POST",
         .url = api_ + "/access_token",
         .body = form(
             {{"grant_type", "authorization_code"}, {"code", code}, {"redirect_uri", redirect}}),
         .headers = {"Content-Type: application/x-www-form-urlencoded"}});
    take(tokens.json());
  }
  Task<Result<Secret>> bearer(std::string) override {
    while (renewing_) co_await clock_.sleep_for(100ms);
    co_return Secret(access_);
  }
  Task<Result<Secret>> replace(std::string identity, Secret used) override {
    if (renewing_ || used.reveal() != access_) co_return co_await bearer(std::move(identity));
    renewing_ = true;
    struct Done {
      bool& flag;
      ~Done() { flag = false; }
    } const done{renewing_};
    http::ClientRequest request;
    request.method = http::Method::post;
    request.url = api_ + "/access_token";
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.body = form({{"grant_type", "refresh_token"}, {"refresh_token", refresh_}});
    auto const answer = co_await client_.send(std::move(request));
    if (!answer) co_return std::unexpected(answer.error());
    if (answer->status != 200)
      co_return failure(ErrorKind::unauthorized, "the simulator renews no token");
    take(json::parse(answer->body));
    ++renewals;
    co_return Secret(access_);
  }
  std::uint64_t renewals = 0;

 private:
  static std::string form(http::QueryPairs pairs) {
    pairs.emplace_back("client_id", "C-wardroom-demo");
    pairs.emplace_back("client_secret", "demo-secret-not-for-production");
    return http::to_query(pairs);
  }
  void take(json const& told) {
    access_ = told.at("access_token").get<std::string>();
    refresh_ = told.at("refresh_token").get<std::string>();
  }
  http::Client& client_;
  Clock& clock_;
  std::string api_, access_, refresh_;
  bool renewing_ = false;
};

struct NoDns final : xsi::SrvLookup {
  Task<Result<xsi::SrvAnswer>> lookup(std::string) override { co_return xsi::SrvAnswer{}; }
};

/// Without what SQLite holds, which fills its cache of pages up to a limit of its own.
std::size_t heap_in_use() {
#if __has_feature(address_sanitizer)
  auto const all = __sanitizer_get_current_allocated_bytes();
#else
  auto const all = ::mallinfo2().uordblks;
#endif
  return all - static_cast<std::size_t>(::sqlite3_memory_used());
}
std::size_t resident() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}
std::size_t open_files() {
  auto const all = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

struct Figure {
  char const* name;
  double most_per_hour;  ///< more is a leak
  std::vector<FlatSample> samples{};
};

class FastHour {
 public:
  explicit FastHour(std::uint64_t seed) : chance_(seed), seeded_(seed) {
    tokens_.log_in();
    run_task(io_, people_.load());
    run_task(io_, fixes_.load());
    run_task(io_, journal_.load());
    feature_ = std::make_unique<call_blocking::CallBlocking>(
        call_blocking::CallBlocking::Ports{loop_, clock_, seeded_, session_, control_, directory_,
                                           calling_, roster_, people_, fixes_, effects_, *database_,
                                           journal_, &sessions_},
        settings());
    runner_.spawn("call_blocking", [this] { return feature_->run(); });
    runner_.spawn("storm", [this] { return storm(); });
  }
  ~FastHour() { stop(); }

  bool run(std::chrono::seconds limit) {
    auto const end = std::chrono::steady_clock::now() + limit;
    while (!over_ && std::chrono::steady_clock::now() < end) io_.run_one_for(50ms);
    return over_;
  }
  std::vector<Figure> const& figures() const { return figures_; }
  std::uint64_t breaks = 0, calls = 0;
  call_blocking::CallCounters const& counters() const { return feature_->counters(); }
  ChannelHealth const& health() const { return session_.health(); }
  std::uint64_t renewals() const { return tokens_.renewals; }

 private:
  static call_blocking::CallBlockingSettings settings() {
    using namespace call_blocking;
    CallBlockingSettings out;
    out.policy.mode = Mode::enforce;
    out.policy.timeout = 24h;
    Fence fence;
    fence.name = "home";
    fence.shape = Box{48, 49, 16, 17, false};
    seal(fence);
    out.policy.fences.push_back(std::move(fence));
    return out;
  }
  xsi::XsiSettings xsi_settings() const {
    xsi::XsiSettings out;
    out.srv = false;
    for (auto const& origin : site_.sim("/sim/state")["addresses"]["xsps"])
      out.endpoints.push_back(origin.get<std::string>());
    return out;
  }
  static std::vector<store::Migration> steps() {
    std::vector<store::Migration> out(people::migrations().begin(), people::migrations().end());
    for (auto const& step : call_blocking::call_blocking_migrations()) out.push_back(step);
    return out;
  }
  static void failed(std::string_view task, std::exception_ptr why) {
    ADD_FAILURE() << task << ": " << words_of(why);
  }

  void faults(json const& wish) {
    auto const answer = site_.sim_post("/sim/faults", wish);
    EXPECT_EQ(answer.status / 100, 2) << answer.body;
  }
  json break_something() {
    static std::vector<json> const ways{
        {{"cut_streams", "reset"}},
        {{"cut_streams", "fin"}},
        {{"cut_streams", "clean"}},
        {{"cut_streams", "silence"}},
        {{"cut_streams", {{"how", "reset"}, {"xsp", 0}}}},
        {{"cut_streams", {{"how", "silence"}, {"xsp", 1}}}},
        {{"terminate_channels", "Expired"}},
        {{"terminate_channels", "UnknownChannel"}},
        {{"drop_subscriptions", true}},
        {{"drop_subscriptions", false}},
        {{"expire_tokens", true}},
        {{"expire_tokens", true}, {"cut_streams", "fin"}},
        {{"xsp_down", 1}},
        {{"xsp_down", 2}},
        {{"xsp_down", 3}},
        {{"refuse_channel", 503}, {"cut_streams", "fin"}},
        {{"duplicate_events", 50}},
        {{"lose_events", 20}},
        {{"stream_chunk_bytes", 7}},
        {{"ack_black_hole", true}},
        {{"delete_without_release", true}},
        {{"stream_cut_at", 1500}, {"stream_cut_how", "reset"}, {"stream_cut_count", 4}},
        {{"answers", json::array({{{"door", "actions"}, {"status", 503}, {"count", 5}}})}},
        {{"answers",
          json::array(
              {{{"door", "actions"}, {"method", "DELETE"}, {"wire", "hang"}, {"count", 1}}})}},
        {{"answers",
          json::array({{{"door", "events"}, {"method", "PUT"}, {"status", 404}, {"count", 2}}})}},
        {{"answers",
          json::array(
              {{{"door", "events"}, {"method", "POST"}, {"wire", "reset"}, {"count", 5}}})}},
    };
    return ways[chance_.below(ways.size())];
  }
  void place_call() {
    auto const& from = emails_[chance_.below(emails_.size())];
    site_.sim_post("/sim/calls", {{"from", from},
                                  {"to", "+4420794600" + std::to_string(10 + calls % 90)},
                                  {"answer_after_s", 0.05},
                                  {"hang_up_after_s", 0.4}});
    ++calls;
  }

  /// A minute of ours = a second outside: breaks at its begin, heals in its middle, is looked at in
  /// its end.
  Task<void> storm() {
    constexpr int warm_up = 12, minutes = 72;
    while (!everything_up() || roster_.size() < 13) co_await clock_.sleep_for(3s);
    for (auto const& person : site_.sim("/sim/state")["people"])
      emails_.push_back(person["email"].get<std::string>());
    for (PersonNo no = 1; no <= roster_.size(); ++no)
      feature_->location_changed(
          no, {no % 2 == 0 ? abroad : at_home, {20}, clock_.uptime(), clock_.now()});
    auto next = clock_.uptime();
    for (int minute = 0; minute < minutes; ++minute) {
      faults(break_something());
      ++breaks;
      for (int i = 0; i < 3; ++i) {
        place_call();
        co_await clock_.sleep_until(next += 10s);
      }
      faults({{"reset", true},
              {"server_heartbeats", "echo"},
              {"ack_timeout_s", 1},
              {"orphan_grace_s", 1},
              {"release_delay_ms", 5}});
      for (int i = 0; i < 2; ++i) {
        place_call();
        co_await clock_.sleep_until(next += 10s);
      }
      co_await clock_.sleep_until(next += 10s);
      if (minute >= warm_up) sample((minute - warm_up) / 60.0);
    }
    over_ = true;
  }
  bool everything_up() const {
    auto const& health = session_.health();
    return health.subscribed && health.channels.size() == 2 &&
           std::ranges::all_of(health.channels, [](auto const& c) { return c.up; });
  }
  void sample(double hours) {
    auto const& health = session_.health();
    double const now[] = {
        double(heap_in_use()) / 1024,
        double(::sqlite3_memory_used()) / 1024,
        double(resident()) / 1024,
        double(open_files()),
        double(tasks_.running() + runner_.running() + lane_tasks_.running()),
        double(clock_.waiting()),
        double(client_.in_flight() + client_.queued() + lane_.counters().waiting),
        double(health.acks_waiting + health.events_waiting),
        double(feature_->ledger().size() + effects_.running()),
    };
    for (std::size_t i = 0; i < figures_.size(); ++i)
      figures_[i].samples.push_back({hours, now[i]});
  }

  void stop() {
    if (!feature_) return;
    bool done = false;
    auto work = [](FastHour& hour, bool& flag) -> Task<void> {
      co_await hour.runner_.stop(hour.clock_.real(), 5s);
      co_await hour.feature_->stop();
      co_await hour.tasks_.stop(hour.clock_.real(), 1s);
      co_await hour.lane_tasks_.stop(hour.clock_.real(), 0ms);
      flag = true;
    };
    start_task(io_, work(*this, done));
    auto const end = std::chrono::steady_clock::now() + 30s;
    while (!done && std::chrono::steady_clock::now() < end) io_.run_one_for(50ms);
    EXPECT_TRUE(done) << "the daemon's parts did not stop";
    feature_.reset();
    database_->close();
    io_.restart();
    io_.poll();
  }

  Site site_{"  mode: enforce"};  // only its simulator: the daemon's parts are here
  TempDirectory folder_;
  Dice chance_;
  SeededRandom seeded_;
  boost::asio::io_context io_{1};
  Executor loop_ = io_.get_executor();
  ScaledClock clock_{loop_, speed};
  TaskGroup tasks_{loop_, failed}, lane_tasks_{loop_, failed}, runner_{loop_, failed};
  http::CurlClient client_{loop_, clock_.real(), {}};
  http::LaneClient lane_{loop_, clock_.real(), lane_tasks_, {}};
  HastyClient hasty_{client_}, hasty_lane_{lane_};
  LoginTokens tokens_{hasty_, clock_, site_.sim_url() + "/v1"};
  webex::WebexApi api_{{hasty_, tokens_, clock_, seeded_}, {.base_url = site_.sim_url() + "/v1"}};
  webex::WebexDirectory directory_{api_, {}};
  OrganisationOfWebex organisation_{
      api_, [id = site_.sim("/sim/state")["organisation"]["id"].get<std::string>()] { return id; }};
  NoDns dns_;
  xsi::XsiSession session_{
      {loop_, clock_, seeded_, hasty_, hasty_lane_, tokens_, organisation_, dns_,
       [this](auto const& target, bool open) {
         if (!open) return lane_.cool(target.url, target.connect_to);
         EXPECT_TRUE(lane_.warm(target.url, 4, target.connect_to));
       }},
      xsi_settings()};
  xsi::XsiCallControl control_{{clock_, seeded_, hasty_, hasty_lane_, tokens_, organisation_},
                               xsi_settings()};
  xsi::XsiDirectory calling_{{clock_, seeded_, hasty_, tokens_, organisation_}, xsi_settings()};
  std::unique_ptr<store::SqliteDatabase> database_ =
      open_store(loop_, clock_.real(), folder_ / "wardroom.db", steps());
  store::Journal journal_{*database_, clock_};
  people::Roster roster_;
  people::PeopleStore people_{*database_, clock_, roster_};
  people::SessionStore sessions_{*database_, clock_};
  people::FixLog fixes_{loop_, *database_, clock_, roster_, {.boot_id = "boot"}};
  Effects effects_{loop_, clock_, tasks_};
  std::unique_ptr<call_blocking::CallBlocking> feature_;
  std::vector<std::string> emails_;
  std::vector<Figure> figures_{{"heap in use without SQLite, KiB", 1024},
                               {"SQLite, KiB", 4096},
                               {"resident, KiB", 1e9},
                               {"open files", 20},
                               {"tasks", 20},
                               {"timers and sleepers", 20},
                               {"requests under way", 20},
                               {"events and acknowledgements waiting", 20},
                               {"calls and effects", 20}};
  bool over_ = false;
};

TEST(Flatness, finds_a_leak_of_one_a_minute_under_noise_and_spikes) {
  Dice dice(random_seed());
  std::vector<FlatSample> flat, leaking;
  for (int minute = 0; minute < 60; ++minute) {
    auto value = 40.0 + double(dice.below(9));
    if (dice.one_in(5)) value += double(dice.below(60));  // a break at the wrong moment
    flat.push_back({minute / 60.0, value});
    leaking.push_back({minute / 60.0, value + minute});
  }
  EXPECT_LT(std::abs(slope_per_hour(flat)), 20);
  EXPECT_GT(slope_per_hour(leaking), 20);
}

TEST(FastHour, M1_memory_files_tasks_and_timers_stay_flat_in_an_hour_of_mixed_faults) {
  FastHour hour(random_seed());
  ASSERT_TRUE(hour.run(180s)) << "the hour did not pass";
  fmt::print(
      "{} breaks, {} calls, {} released, {} releases failed, {} reconnects, {} resyncs, "
      "{} renewals of the token, {} events\n",
      hour.breaks, hour.calls, hour.counters().rejected, hour.counters().reject_failed,
      hour.health().reconnects, hour.health().resyncs, hour.renewals(), hour.health().events);
  for (auto const& figure : hour.figures()) {
    auto const& s = figure.samples;
    auto const [least, most] = std::ranges::minmax_element(s, {}, &FlatSample::value);
    auto const slope = slope_per_hour(s);
    fmt::print("{:36} first {:9.0f}  last {:9.0f}  least {:9.0f}  most {:9.0f}  {:+9.1f} an hour\n",
               figure.name, s.front().value, s.back().value, least->value, most->value, slope);
    EXPECT_LT(slope, figure.most_per_hour) << figure.name;
  }
  EXPECT_GT(hour.counters().rejected, 50) << "the storm must not have stopped the work";
}

}  // namespace
}  // namespace wardroom::test
