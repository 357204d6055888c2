// T1: however many want a token at once, a grant is renewed once at a time.
#include "token_server.hpp"
#include "vault_daemon.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace wardroom::oauth {
namespace {
using namespace std::chrono_literals;
using Daemon = VaultDaemon;
using test::Mishap;
using test::Rotation;

TEST(TokenVault, T1_a_hundred_users_of_an_expired_token_cause_one_renewal) {
  Daemon d;
  d.log_in(60);
  d.clock.advance(2min);
  d.http.always(
      "access_token",
      FakeHttpClient::after(d.clock, 200ms, FakeHttpClient::reply(200, token("A2", 3600, "R2"))));
  int served = 0;
  for (int i = 0; i < 100; ++i)
    test::start_task(d.io, [](TokenVault& vault, int& count) -> Task<void> {
      auto token = co_await vault.bearer("admin");
      if (token && token->reveal() == "A2") ++count;
    }(d.vault, served));
  d.clock.advance(1s);
  EXPECT_EQ(served, 100);
  EXPECT_EQ(d.http.count("access_token"), 1u);
}

/// One who wants a token: at some moment, perhaps after a 401, perhaps without the patience to
/// wait.
struct Caller {
  enum class End { waiting, token, error, cancelled };
  boost::asio::cancellation_signal signal;
  TimerHandle patience;
  End end = End::waiting;
  std::string token;
  Error error;

  void start(Daemon& d, Milliseconds wait, std::optional<Secret> refused) {
    auto task = [](Daemon& daemon, Milliseconds w,
                   std::optional<Secret> used) -> Task<Result<Secret>> {
      co_await daemon.clock.sleep_for(w);
      if (used) co_return co_await daemon.vault.replace("admin", *used);
      co_return co_await daemon.vault.bearer("admin");
    };
    boost::asio::co_spawn(d.io.get_executor(), task(d, wait, std::move(refused)),
                          boost::asio::bind_cancellation_slot(
                              signal.slot(), [this](std::exception_ptr e, Result<Secret> got) {
                                if (e) {
                                  end = End::cancelled;
                                } else if (got) {
                                  end = End::token;
                                  token = got->reveal();
                                } else {
                                  end = End::error;
                                  error = got.error();
                                }
                              }));
  }
  void lose_patience(Daemon& d, Milliseconds after) {
    patience =
        d.clock.after(after, [this] { signal.emit(boost::asio::cancellation_type::terminal); });
  }
};

/// Fifty storms over one grant of one server with habits of its own.
class Season {
 public:
  Season(test::Dice& dice, std::uint64_t number) : dice_(dice) {
    server_.habits.rotation =
        dice_.pick(std::array{Rotation::same, Rotation::rotate, Rotation::rotate_grace});
    server_.habits.family_revocation = true;
    server_.habits.kills_access = dice_.one_in(2);
    options_.dice = number;
    options_.identities = {identity_of("admin")};
    daemon_ = std::make_unique<Daemon>(options_, &way_);
    way_.use(daemon_->clock);
    way_.delay = [this] { return Milliseconds(dice_.below(900)); };
    way_.mishap = [this] { return mishap(); };
    log_in();
  }

  void storm() {
    auto& d = *daemon_;
    bool const by_401 = dice_.one_in(3);
    d.clock.advance(by_401 ? Milliseconds(16min) : Milliseconds(61min));
    if (by_401) server_.refuse_access();
    auto const before = server_.access();
    auto const asked = server_.requests;
    failing_ = dice_.one_in(4);
    failed_ = false;
    callers_.clear();
    for (int i = 0; i < 20; ++i) {
      auto& caller = *callers_.emplace_back(std::make_unique<Caller>());
      bool const refused = by_401 || dice_.one_in(4);
      caller.start(d, Milliseconds(dice_.below(400)),
                   refused ? std::optional<Secret>(Secret(before)) : std::nullopt);
      // Not at once: Asio throws out of the loop when a task is cancelled that has not begun.
      if (dice_.one_in(6)) caller.lose_patience(d, Milliseconds(1 + dice_.below(1500)));
    }
    d.clock.advance(10s);
    ASSERT_EQ(server_.overlaps, 0);
    if (!failed_) ASSERT_EQ(server_.requests - asked, 1) << "one renewal, not more";
    for (auto const& caller : callers_) judge(*caller, before);
    ASSERT_EQ(server_.reuses, 0);
    if (failed_) see_that_the_grant_lives(before);
  }

 private:
  void judge(Caller const& caller, std::string const& before) const {
    ASSERT_NE(caller.end, Caller::End::waiting) << "nobody may be forgotten";
    if (caller.end == Caller::End::token) {
      ASSERT_NE(caller.token, before) << "the ended token is of no use to anybody";
      ASSERT_EQ(caller.token, server_.access()) << "only the newest";
    }
    if (caller.end == Caller::End::error) {
      ASSERT_TRUE(failed_) << caller.error.what;
      ASSERT_NE(caller.error.what.find("admin"), std::string::npos) << caller.error.what;
    }
  }
  Mishap mishap() {
    if (!failing_ || dice_.one_in(3)) return Mishap::none;
    failed_ = true;
    // A server that rotates without grace ends the grant when its answer is lost: see T2.
    bool const may_lose = server_.habits.rotation != Rotation::rotate;
    if (may_lose && dice_.one_in(3)) return Mishap::lost_answer;
    return dice_.one_in(2) ? Mishap::refused_503 : Mishap::no_answer;
  }
  /// Once the pauses after a failure have passed.
  void see_that_the_grant_lives(std::string const& before) {
    failing_ = false;
    daemon_->clock.advance(16min);
    Caller caller;
    caller.start(*daemon_, 0ms, Secret(before));
    daemon_->clock.advance(5s);
    ASSERT_EQ(caller.end, Caller::End::token) << caller.error.what;
    ASSERT_EQ(caller.token, server_.access());
  }
  void log_in() {
    auto& d = *daemon_;
    auto grant = d.grant(3600, server_.begin(d.clock.now()));
    grant.access = Secret(server_.access());
    ASSERT_TRUE(d.now(d.vault.put(grant)));
  }

  test::Dice& dice_;
  test::TokenServer server_;
  test::WayToTokenServer way_{server_};
  Daemon::Options options_;
  std::vector<std::unique_ptr<Caller>> callers_;  ///< outlive the daemon, should one still wait
  std::unique_ptr<Daemon> daemon_;
  bool failing_ = false, failed_ = false;
};

TEST(TokenVault, T1_storms_of_twenty_users_of_an_ended_token_cause_one_renewal_each) {
  auto const storms = test::count(10'000);
  constexpr std::size_t in_a_season = 50;
  test::Dice dice;
  for (std::size_t begun = 0; begun < storms; begun += in_a_season) {
    Season season(dice, begun);
    for (std::size_t i = begun; i < std::min(begun + in_a_season, storms); ++i) {
      season.storm();
      ASSERT_FALSE(testing::Test::HasFailure()) << "storm " << i;
    }
  }
}

TEST(TokenVault, T1_timers_users_and_401s_at_random_never_overlap_two_renewals) {
  test::Dice dice(1);
  for (int storm = 0; storm < 60; ++storm) {
    Daemon d;
    d.log_in(60);
    d.run();
    int version = 1;
    d.http.always("access_token", [&](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
      co_await d.clock.sleep_for(Milliseconds(dice.below(900)));
      if (dice.one_in(4)) co_return failure(ErrorKind::unavailable, "down");
      ++version;
      co_return http::ClientResponse{
          200, {}, token("A" + std::to_string(version), 60, "R" + std::to_string(version)), ""};
    });
    int ended = 0;
    for (int i = 0; i < 20; ++i)
      test::start_task(
          d.io, [](Daemon& daemon, Milliseconds wait, bool refused, int& count) -> Task<void> {
            co_await daemon.clock.sleep_for(wait);
            auto token = co_await daemon.vault.bearer("admin");
            if (token && refused) co_await daemon.vault.replace("admin", *token);
            ++count;
          }(d, Milliseconds(55'000 + dice.below(10'000)), dice.one_in(3), ended));
    d.clock.advance(2min);
    ASSERT_EQ(ended, 20) << "storm " << storm;
    ASSERT_EQ(d.http.most_in_flight, 1) << "storm " << storm;
  }
}

}  // namespace
}  // namespace wardroom::oauth
