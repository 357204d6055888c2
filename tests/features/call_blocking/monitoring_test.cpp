/// The stream of call events dying and starting again, as health shows it.
#include "call_blocking_site.hpp"

namespace wardroom::call_blocking {
namespace {

using std::chrono::seconds;

/// Throws at its first run, then goes on for ever.
class DyingOnce final : public CallEvents {
 public:
  explicit DyingOnce(Clock& clock) : clock_(clock) {}
  int starts = 0;
  ChannelHealth told{.monitoring = true,
                     .channels = {{.host = "xsp1", .up = true, .state = "up"}},
                     .subscribed = true};
  Task<void> run(CallEventSink&) override {
    if (++starts == 1) throw std::runtime_error("a broken invariant");
    for (;;) co_await clock_.sleep_for(std::chrono::hours(1));
  }
  ChannelHealth const& health() const override { return told; }

 private:
  Clock& clock_;
};

struct Sink final : CallEventSink {
  int resyncs = 0;
  void on_call_event(CallEvent const&) override {}
  void on_resync_needed(std::string_view) override { ++resyncs; }
};

TEST(Monitoring, is_red_from_the_death_of_the_stream_until_it_runs_again) {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  SeededRandom dice{3};
  DyingOnce events(clock);
  Sink sink;
  Monitoring monitoring(io.get_executor(), clock, dice, events, sink);
  monitoring.start();
  clock.drain();
  EXPECT_EQ(monitoring.health()[0].colour, HealthColour::red);
  clock.advance(seconds(3));
  EXPECT_EQ(events.starts, 2);
  EXPECT_EQ(sink.resyncs, 1);
  EXPECT_EQ(monitoring.health()[0].colour, HealthColour::green) << monitoring.health()[0].sentence;
  test::start_task(io, monitoring.stop());
  clock.advance(seconds(4));
  EXPECT_FALSE(monitoring.on());
}

}  // namespace
}  // namespace wardroom::call_blocking
