// A renewed grant that cannot be committed: kept, sealed beside the store, and committed later.
#include "vault_daemon.hpp"

namespace wardroom::oauth {
namespace {
using namespace std::chrono_literals;
using Daemon = VaultDaemon;

TEST(TokenVault, uses_a_renewed_token_that_cannot_be_stored_and_stores_it_later) {
  Daemon d;
  d.log_in(100);
  d.http.next("access_token", [&](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
    d.database.fail_next_commit({ErrorKind::unavailable, "disk full"});
    co_return http::ClientResponse{200, {}, token("A2", 100, "R2"), ""};
  });
  d.run();
  d.clock.advance(45s);
  while (d.http.requests.empty()) d.clock.advance(100ms);
  EXPECT_EQ(d.bearer(), "A2");
  EXPECT_EQ(d.sign().level, SignLevel::bad);
  EXPECT_NE(d.sign().sentence.find("disk full"), std::string::npos);
  d.clock.advance(2s);
  EXPECT_EQ(d.sign().level, SignLevel::good);
  Daemon next(d.database.disk(), d.clock.now());
  ASSERT_TRUE(next.now(next.vault.load()));
  EXPECT_EQ(next.bearer(), "A2");
}

}  // namespace
}  // namespace wardroom::oauth
