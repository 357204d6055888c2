// T2: no crash and no clock loses a grant.
#include "vault_daemon.hpp"

namespace wardroom::oauth {
namespace {
using namespace std::chrono_literals;
using Daemon = VaultDaemon;

TEST(TokenVault, T2_a_crash_inside_the_renewal_loses_no_grant) {
  // The server rotates, but takes the one before the last as well, as long as the newest was not
  // used.
  for (std::string const when : {"before the answer", "before the commit", "after the commit"}) {
    test::FakeDisk disk;
    Instant now;
    {
      Daemon d;
      d.log_in(100);
      if (when == "before the answer")
        d.http.always("access_token", FakeHttpClient::hang(d.clock));
      else
        d.http.always(
            "access_token", [&](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
              if (when == "before the commit")
                d.database.fail_next_commit({ErrorKind::unavailable, "the plug is pulled"});
              co_return http::ClientResponse{200, {}, token("A2", 100, "R2"), ""};
            });
      d.run();
      d.clock.advance(44s);
      while (d.http.requests.empty()) d.clock.advance(100ms);
      disk = d.database.disk();
      now = d.clock.now();
    }
    Daemon d(disk, now + 1s);
    ASSERT_TRUE(d.now(d.vault.load()));
    EXPECT_EQ(d.vault.grants().front().state, GrantState::valid) << when;
    d.http.always("access_token", FakeHttpClient::reply(200, token("A9", 100, "R9")));
    d.run();
    d.clock.advance(1s);
    bool const committed = when == "after the commit";
    EXPECT_EQ(d.http.count("access_token"), committed ? 0u : 1u) << when;
    EXPECT_EQ(d.bearer(), committed ? "A2" : "A9") << when;
  }
}

TEST(TokenVault, T2_clock_jumps_drop_no_grant) {
  using std::chrono::years;
  for (auto jump : {Milliseconds(1h), Milliseconds(-1h), Milliseconds(years(1)),
                    Milliseconds(years(-1)), Milliseconds(years(12))}) {
    test::FakeDisk disk;
    Instant now;
    {
      Daemon d;
      d.log_in(3600);
      d.run();
      d.clock.jump_wall(jump);
      d.clock.advance(1min);
      EXPECT_EQ(d.bearer(), "A1") << "a running daemon does not look at the wall";
      EXPECT_TRUE(d.http.requests.empty());
      disk = d.database.disk();
      now = d.clock.now();
    }
    Daemon d(disk, now);
    ASSERT_TRUE(d.now(d.vault.load()));
    d.http.always("access_token", FakeHttpClient::reply(200, token("A2", 3600, "R2")));
    auto const got = d.bearer();
    EXPECT_TRUE(got == "A1" || got == "A2") << got;
    EXPECT_NE(d.vault.grants().front().state, GrantState::needs_login);
  }
}

}  // namespace
}  // namespace wardroom::oauth
