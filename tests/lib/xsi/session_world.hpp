/// A session with virtual time and everything around it played by the test.
#pragma once
#include "cisco/xsi/xsi_session.hpp"
#include "fake_xsps.hpp"
#include "fixture_file.hpp"
#include "support/fake_clock.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace wardroom::test {

struct FakeTokens final : oauth::AccessTokens {
  Task<Result<Secret>> bearer(std::string) override {
    if (hangs) co_await hangs->sleep_for(std::chrono::hours(1));
    if (current.empty())
      co_return failure(ErrorKind::unauthorized, "nobody is logged in; run wardroomctl login");
    co_return Secret(current);
  }
  Task<Result<Secret>> replace(std::string, Secret used) override {
    if (used.reveal() == current) {
      ++replaced;
      if (!next.empty()) current = std::exchange(next, "");
    }
    co_return Secret(current);
  }
  std::optional<oauth::TokenLife> life(std::string_view) const override {
    if (current.empty() || !ends.contains(current)) return std::nullopt;
    return oauth::TokenLife{std::hash<std::string>{}(current), ends.at(current)};
  }
  std::map<std::string, Uptime> ends;
  std::string current = "token-1", next;
  int replaced = 0;
  Clock* hangs = nullptr;  ///< a renewal that does not end
};

struct FakeOrganisation final : xsi::XsiOrganisation {
  Task<Result<std::string>> org_uuid() override { co_return std::string("0f1e2d3c-org"); }
  Task<Result<xsi::XsiEndpoints>> endpoints() override {
    ++asked;
    if (delay.count() > 0) co_await clock->sleep_for(delay);
    if (error) co_return std::unexpected(*error);
    co_return known;
  }
  xsi::XsiEndpoints known{"https://api.example.net/actions", "https://api.example.net/events",
                          "https://api.example.net/async/events", "example.net"};
  std::optional<Error> error;
  int asked = 0;
  Clock* clock = nullptr;  ///< for `delay`
  Milliseconds delay{0};
};

struct FakeSrv final : xsi::SrvLookup {
  Task<Result<xsi::SrvAnswer>> lookup(std::string name) override {
    names.push_back(std::move(name));
    if (delay.count() > 0) co_await clock->sleep_for(delay);
    co_return answer;
  }
  Clock* clock = nullptr;  ///< for `delay`
  Milliseconds delay{0};
  std::vector<std::string> names;
  Result<xsi::SrvAnswer> answer = xsi::SrvAnswer{};
};

struct Listener final : CallEventSink {
  void on_call_event(CallEvent const& event) override { events.push_back(event); }
  void on_resync_needed(std::string_view why) override { resyncs.emplace_back(why); }
  void on_acknowledged(EventId const&, int status, BootClock::duration) override {
    answers.push_back(status);
  }
  void on_sight(bool sees, BootClock::duration blind, std::string_view why) override {
    sights.push_back({sees, std::chrono::duration<double>(blind).count(), std::string(why)});
  }
  struct Sight {
    bool sees;
    double blind;
    std::string why;
  };
  double told_blind() const {
    double sum = 0;
    for (auto const& sight : sights) sum += sight.blind;
    return sum;
  }
  std::vector<Sight> sights;
  std::vector<CallEvent> events;
  std::vector<std::string> resyncs;
  std::vector<int> answers;
};

inline xsi::XsiSettings two_xsps() {
  xsi::XsiSettings settings;
  settings.endpoints = {"http://xsp1", "http://xsp2"};
  settings.application_id = "wardroom-test";
  return settings;
}

class World {
 public:
  explicit World(xsi::XsiSettings settings = two_xsps())
      : session({io.get_executor(), clock, dice, net, net, tokens, organisation, srv,
                 [this](xsi::AckTarget const& target, bool open) {
                   auto const where = target.url + '|' + target.connect_to;
                   open ? void(warm.insert(where)) : void(warm.erase(where));
                 }},
                settings) {}
  ~World() { stop(); }

  void start() {
    running_ = true;
    boost::asio::co_spawn(
        io.get_executor(), session.run(sink),
        boost::asio::bind_cancellation_slot(stop_.slot(), [this](std::exception_ptr e) {
          running_ = false;
          failure = e;
        }));
    clock.advance(Milliseconds(100));
  }
  /// Polite first, as a task group does; answers how long it took.
  BootClock::duration stop() {
    auto const began = clock.uptime();
    if (running_) stop_.emit(boost::asio::cancellation_type::total);
    while (running_ && clock.uptime() < began + std::chrono::seconds(20))
      clock.advance(Milliseconds(1));
    clock.drain();
    return clock.uptime() - began;
  }
  bool running() const { return running_; }

  /// An event of the current subscription.
  std::string event(int number, std::string const& kind = "CallReceivedEvent",
                    std::string const& subscription = "sub-1") const {
    auto text = xsi_fixture("e01_call_received.xml");
    text =
        replaced(text, "0a1b2c3d-0001-4000-8000-000000000001", "event-" + std::to_string(number));
    text = replaced(text, "<xsi:sequenceNumber>41<",
                    "<xsi:sequenceNumber>" + std::to_string(number) + "<");
    text = replaced(text, "98b1c2d3-e4f5-4607-8899-a0b1c2d3e4f5", subscription);
    return replaced(text, "CallReceivedEvent", kind);
  }
  std::string terminated(std::string const& where, std::string const& reason) const {
    return replaced(replaced(xsi_fixture("channel_terminated.xml"),
                             "64d0a3b7-1c2d-4e5f-8a9b-0c1d2e3f4a5b", net.channel_of(where)),
                    "NonResponsiveChannel", reason);
  }
  static constexpr char const* heartbeat =
      "<ChannelHeartBeat xmlns='http://schema.broadsoft.com/xsi'/>";
  /// Seconds pass with a server heartbeat every 30 s on every open stream.
  void live(std::chrono::seconds time) {
    for (auto left = time; left.count() > 0; left -= std::chrono::seconds(30)) {
      clock.advance(std::min(left, std::chrono::seconds(30)));
      net.feed("xsp1", heartbeat);
      net.feed("xsp2", heartbeat);
    }
  }

  boost::asio::io_context io{1};
  FakeClock clock{io};
  SeededRandom dice{7};
  FakeXsps net{io.get_executor(), clock};
  FakeTokens tokens;
  FakeOrganisation organisation;
  FakeSrv srv;
  Listener sink;
  std::set<std::string> warm;  ///< where the lane keeps connections
  xsi::XsiSession session;
  std::exception_ptr failure;

 private:
  boost::asio::cancellation_signal stop_;
  bool running_ = false;
};

}  // namespace wardroom::test
