// A renewed grant that cannot be committed: kept, sealed beside the store, and committed later.
#include "vault_daemon.hpp"

#include <fstream>
#include <sys/stat.h>

namespace wardroom::oauth {
namespace {
using namespace std::chrono_literals;
using Daemon = VaultDaemon;

Error const disk_full{ErrorKind::unavailable, "disk full", std::nullopt};

std::string read_all(std::string const& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write_all(std::string const& path, std::string const& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
}

/// A daemon that renewed to A2/R2 and could not commit it.
struct Uncommitted {
  ScratchFolder folder;
  std::unique_ptr<Daemon> d;
  RescueFiles files;

  Uncommitted() : d(start()), files(folder.path(), d->sealer) {
    d->log_in(100);
    d->http.next("access_token", [this](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
      d->mortal.die();  // from now on no commit works
      co_return http::ClientResponse{200, {}, token("A2-canary", 100, "R2-canary"), ""};
    });
    EXPECT_TRUE(d->now(d->vault.renew_now("admin")));
  }
  std::unique_ptr<Daemon> start(test::FakeDisk disk = nullptr, char key_fill = 'k') const {
    return std::make_unique<Daemon>(Daemon::Options{.disk = std::move(disk),
                                                    .key_fill = key_fill,
                                                    .identities = {identity_of("admin")},
                                                    .rescue_folder = folder.path()});
  }
  std::string file() const { return files.path("admin"); }
  std::unique_ptr<Daemon> restart(char key_fill = 'k') {
    auto disk = d->database.disk();
    d.reset();
    return start(std::move(disk), key_fill);
  }
};

TEST(Rescue, uses_a_renewed_token_that_cannot_be_stored_and_stores_it_later) {
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

TEST(Rescue, a_file_of_its_own_holds_the_grant_sealed_until_the_commit_and_goes_after_it) {
  ScratchFolder folder;
  Daemon d({.identities = {identity_of("admin")}, .rescue_folder = folder.path()});
  RescueFiles const files(folder.path(), d.sealer);
  d.log_in(100);
  d.http.next("access_token", [&](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
    d.database.fail_next_commit(disk_full);
    co_return http::ClientResponse{200, {}, token("A2-canary", 100, "R2-canary"), ""};
  });
  ASSERT_TRUE(d.now(d.vault.renew_now("admin")));
  auto const file = files.path("admin");
  EXPECT_EQ(file.find("admin"), std::string::npos) << "a digest, not the name";
  struct stat about{};
  ASSERT_EQ(::stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  EXPECT_EQ(folder.files(), 1u) << "nothing half-written beside it";
  EXPECT_EQ(read_all(file).find("canary"), std::string::npos);
  EXPECT_EQ(d.sign().level, SignLevel::bad);
  EXPECT_NE(d.sign().sentence.find(file), std::string::npos);
  EXPECT_EQ(d.figures().rescues, 1u);
  d.clock.advance(2s);
  EXPECT_EQ(d.sign().level, SignLevel::good);
  EXPECT_EQ(folder.files(), 0u);
}

TEST(Rescue, T2_a_death_before_the_commit_is_survived_by_the_file) {
  Uncommitted before;
  EXPECT_EQ(before.d->bearer(), "A2-canary");
  auto d = before.restart();
  d->load();
  EXPECT_EQ(d->bearer(), "A2-canary");
  EXPECT_EQ(d->sign().level, SignLevel::good) << d->sign().sentence;
  EXPECT_EQ(before.folder.files(), 0u) << "committed, so removed";
  Daemon next(d->database.disk());
  next.load();
  EXPECT_EQ(next.bearer(), "A2-canary");
  d->http.always("access_token", FakeHttpClient::reply(200, token("A3", 100, "R3")));
  d->clock.advance(2min);
  EXPECT_EQ(d->bearer(), "A3");
  EXPECT_EQ(d->sent_refresh(0), "R2-canary");
}

TEST(Rescue, is_kept_when_the_next_start_cannot_commit_it_either) {
  Uncommitted before;
  auto d = before.restart();
  d->mortal.die();
  d->load();
  EXPECT_EQ(d->bearer(), "A2-canary");
  EXPECT_EQ(d->sign().level, SignLevel::bad);
  EXPECT_EQ(before.folder.files(), 1u);
}

TEST(Rescue, a_file_that_is_not_newer_than_the_store_is_removed) {
  Uncommitted before;
  auto const bytes = read_all(before.file());
  auto d = before.restart();
  d->load();
  d->log_in(3600, "R9");
  write_all(before.file(), bytes);  // as if its removal had failed
  auto disk = d->database.disk();
  d.reset();
  d = before.start(disk);
  d->load();
  EXPECT_EQ(d->bearer(), "A1") << "the login";
  EXPECT_EQ(before.folder.files(), 0u);
}

TEST(Rescue, a_damaged_file_is_removed_and_the_stored_grant_used) {
  for (std::size_t const cut : {0u, 10u, 30u, 60u}) {
    Uncommitted before;
    auto bytes = read_all(before.file());
    if (cut == 60u)
      bytes[bytes.size() - 3] = static_cast<char>(bytes[bytes.size() - 3] ^ 1);
    else
      bytes.resize(cut);
    write_all(before.file(), bytes);
    auto d = before.restart();
    d->load();
    EXPECT_EQ(d->bearer(), "A1");
    EXPECT_EQ(before.folder.files(), 0u);
  }
}

TEST(Rescue, a_file_of_another_master_key_is_left_for_when_that_key_comes_back) {
  Uncommitted before;
  ScratchFolder other;
  Daemon d({.key_fill = 'x', .identities = {identity_of("admin")}, .rescue_folder = other.path()});
  RescueFiles const files(other.path(), d.sealer);
  d.log_in();
  write_all(files.path("admin"), read_all(before.file()));
  d.load();
  EXPECT_EQ(d.bearer(), "A1");
  EXPECT_EQ(other.files(), 1u);
  EXPECT_EQ(files.read("admin").error().kind, ErrorKind::denied);
  // While the old key is still configured, it opens.
  crypto::Sealer both(d.key, d.random);
  both.also_open(before.d->key);
  RescueFiles const with_old_key(other.path(), both);
  auto const opened = with_old_key.read("admin");
  ASSERT_TRUE(opened) << opened.error().what;
  EXPECT_EQ(opened->access.reveal(), "A2-canary");
}

TEST(Rescue, of_another_identity_is_not_taken_for_this_one) {
  Uncommitted before;
  write_all(before.files.path("guests"), read_all(before.file()));
  auto const got = before.files.read("guests");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::malformed);
  EXPECT_EQ(before.files.strangers({"admin"}).size(), 1u);
}

TEST(Rescue, does_not_bring_a_login_back_after_a_logout) {
  ScratchFolder folder;
  Daemon d({.identities = {identity_of("admin")}, .rescue_folder = folder.path()});
  RescueFiles const files(folder.path(), d.sealer);
  d.log_in(100);
  ASSERT_TRUE(files.keep(d.grant()));
  ASSERT_TRUE(d.now(d.vault.remove("admin")));
  EXPECT_EQ(folder.files(), 0u);
  // Not even when it could not be removed then.
  auto grant = d.grant();
  grant.generation = 7;
  ASSERT_TRUE(files.keep(grant));
  Daemon next({.disk = d.database.disk(),
               .identities = {identity_of("admin")},
               .rescue_folder = folder.path()});
  next.load();
  EXPECT_EQ(next.bearer(), "error: unauthorized");
  EXPECT_EQ(folder.files(), 0u);
}

TEST(Rescue, stays_when_a_logout_fails_because_the_store_takes_nothing) {
  Uncommitted before;
  ASSERT_EQ(before.folder.files(), 1u);
  EXPECT_FALSE(before.d->now(before.d->vault.remove("admin")));
  EXPECT_EQ(before.folder.files(), 1u) << "the only copy beside memory";
  auto d = before.restart();
  d->load();
  EXPECT_EQ(d->bearer(), "A2-canary");
}

TEST(Rescue, holds_the_whole_grant_whatever_its_texts_are) {
  ScratchFolder folder;
  Daemon d;
  RescueFiles const files(folder.path(), d.sealer);
  auto grant = d.grant();
  grant.generation = 12;
  grant.access = Secret("quote \" backslash \\ line \n tab \t nul-free \x01 ü");
  grant.previous_refresh = Secret(std::string(9000, 'p'));
  grant.client = "admin";
  grant.seed = "digest";
  ASSERT_TRUE(files.keep(grant));
  auto const back = files.read("admin");
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_TRUE(same(back->access, grant.access));
  EXPECT_TRUE(same(back->refresh, grant.refresh));
  EXPECT_TRUE(same(back->previous_refresh, grant.previous_refresh));
  EXPECT_EQ(back->scopes, grant.scopes);
  EXPECT_EQ(back->issued_at, grant.issued_at);
  EXPECT_EQ(back->access_expires_at, grant.access_expires_at);
  EXPECT_EQ(back->refresh_expires_at, grant.refresh_expires_at);
  EXPECT_EQ(back->who, grant.who);
  EXPECT_EQ(back->generation, 12u);
  EXPECT_EQ(back->client, "admin");
  EXPECT_EQ(back->seed, "digest");
}

TEST(Rescue, a_folder_that_is_not_there_leaves_the_grant_in_memory_and_says_so) {
  Daemon d({.identities = {identity_of("admin")}, .rescue_folder = "/nowhere/at/all"});
  d.load();
  d.log_in(100);
  d.http.next("access_token", [&](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
    d.database.fail_next_commit(disk_full);
    co_return http::ClientResponse{200, {}, token("A2", 100, "R2"), ""};
  });
  ASSERT_TRUE(d.now(d.vault.renew_now("admin")));
  EXPECT_EQ(d.bearer(), "A2");
  EXPECT_NE(d.sign().sentence.find("in memory only"), std::string::npos) << d.sign().sentence;
  d.clock.advance(2s);
  EXPECT_EQ(d.sign().level, SignLevel::good);
}

TEST(Rescue, a_renewal_while_the_store_refuses_everything_keeps_the_newest_grant) {
  ScratchFolder folder;
  Daemon d({.identities = {identity_of("admin")}, .rescue_folder = folder.path()});
  d.log_in(100);
  int version = 1;
  d.http.always("access_token", [&](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
    if (++version == 2) d.mortal.die();
    auto const n = std::to_string(version);
    co_return http::ClientResponse{200, {}, token("A" + n, 100, "R" + n), ""};
  });
  d.run();
  d.clock.advance(10min);
  EXPECT_GE(version, 5) << "access ends, so it is renewed without the store";
  EXPECT_LE(version, 14);
  auto const newest = d.bearer();
  EXPECT_EQ(newest, "A" + std::to_string(version));
  Daemon next({.disk = d.database.disk(),
               .now = d.clock.now(),
               .identities = {identity_of("admin")},
               .rescue_folder = folder.path()});
  next.load();
  EXPECT_EQ(next.bearer(), newest);
}

}  // namespace
}  // namespace wardroom::oauth
