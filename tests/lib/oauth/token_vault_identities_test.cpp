// Identities of three kinds, and people's own grants beside them.
#include "base/encoding.hpp"
#include "vault_daemon.hpp"

namespace wardroom::oauth {
namespace {
using namespace std::chrono_literals;
using Daemon = VaultDaemon;

Daemon::Options with_service_app(std::string const& seed, test::FakeDisk disk = nullptr) {
  return {.disk = std::move(disk), .identities = {identity_of("admin"), service_app(seed)}};
}

TEST(Needs, that_a_reload_changes_are_held_against_what_was_granted_at_once) {
  Daemon d({.identities = {identity_of("admin", {"a", "b"})}});
  d.load();
  d.log_in();
  EXPECT_EQ(d.sign("admin").level, SignLevel::good) << d.sign("admin").sentence;
  int told = 0;
  d.vault.on_change([&](std::string_view) { ++told; });
  d.vault.set_needs("admin", {"a", "c"}, {{"c", "call_blocking"}});
  EXPECT_EQ(told, 1);
  EXPECT_NE(d.sign("admin").sentence.find("c (for call_blocking)"), std::string::npos);
  EXPECT_EQ(d.vault.identity("admin")->scopes, (std::vector<std::string>{"a", "c"}))
      << "the next login asks for them";
  d.vault.set_needs("admin", {"a", "c"}, {{"c", "call_blocking"}});
  EXPECT_EQ(told, 1) << "nothing changed";
  d.vault.set_needs("admin", {"a"}, {});
  EXPECT_EQ(d.sign("admin").level, SignLevel::good);
  d.vault.set_needs("nobody", {"a"}, {});
}

TEST(ServiceApp, begins_with_the_refresh_token_of_its_file_and_needs_nobody) {
  test::FakeDisk disk;
  {
    Daemon d(with_service_app("S1"));
    d.http.always("access_token", FakeHttpClient::reply(200, token("G1", 3600, "S2")));
    d.load();
    d.run();
    EXPECT_EQ(d.bearer("guests"), "G1");
    EXPECT_EQ(d.sent_refresh(0), "S1");
    EXPECT_EQ(d.http.count("access_token"), 1u);
    EXPECT_EQ(d.sign("guests").level, SignLevel::good) << d.sign("guests").sentence;
    EXPECT_EQ(d.view("guests").kind, IdentityKind::service_app);
    EXPECT_TRUE(d.view("guests").missing_scopes.empty()) << "the server said nothing of scopes";
    disk = d.database.disk();
  }
  Daemon d(with_service_app("S1", disk));
  d.load();
  EXPECT_EQ(d.bearer("guests"), "G1") << "the same file begins nothing anew";
  EXPECT_TRUE(d.http.requests.empty());
  std::string all;
  d.database.sql().query("SELECT seed FROM grants", {},
                         [&](store::Row const& row) { all += row.text(0); });
  EXPECT_EQ(all.size(), 32u) << "a digest, not the token";
}

TEST(ServiceApp, begins_anew_when_its_file_holds_another_token) {
  test::FakeDisk disk;
  {
    Daemon d(with_service_app("S1"));
    d.http.always("access_token", FakeHttpClient::reply(200, token("G1", 3600, "S2")));
    d.load();
    d.run();
    disk = d.database.disk();
  }
  Daemon d(with_service_app("T1", disk));
  d.http.always("access_token", FakeHttpClient::reply(200, token("G9", 3600, "T2")));
  d.load();
  EXPECT_EQ(d.bearer("guests"), "G1") << "the old token serves until the new one is there";
  d.run();
  EXPECT_EQ(d.bearer("guests"), "G9");
  EXPECT_EQ(d.sent_refresh(0), "T1");
  EXPECT_EQ(d.http.count("access_token"), 1u);
}

TEST(ServiceApp, goes_on_with_the_grant_it_has_when_the_token_of_its_file_is_refused) {
  test::FakeDisk disk;
  {
    Daemon d(with_service_app("S1"));
    d.http.always("access_token", FakeHttpClient::reply(200, token("G1", 3600, "S2")));
    d.load();
    d.run();
    disk = d.database.disk();
  }
  Daemon d(with_service_app("mistyped", disk));
  d.http.next("access_token", FakeHttpClient::reply(400, invalid_grant));
  d.http.next("access_token", FakeHttpClient::reply(200, token("G2", 3600, "S3")));
  d.load();
  d.run();
  EXPECT_EQ(d.bearer("guests"), "G2");
  EXPECT_EQ(d.sent_refresh(1), "S2");
  EXPECT_EQ(d.sign("guests").level, SignLevel::warning);
  EXPECT_NE(d.sign("guests").sentence.find("/etc/wardroom/guests.refresh"), std::string::npos);
}

TEST(ServiceApp, whose_grant_has_ended_asks_for_a_new_file_and_not_for_a_login) {
  Daemon d(with_service_app("S1"));
  d.http.always("access_token", FakeHttpClient::reply(400, invalid_grant));
  d.load();
  d.run();
  EXPECT_EQ(d.sign("guests").state, GrantState::needs_login);
  EXPECT_NE(d.sign("guests").remedy.find(
                "put a new refresh token of the service app into /etc/wardroom/guests.refresh"),
            std::string::npos);
  EXPECT_EQ(d.sign("guests").remedy.find("wardroomctl login"), std::string::npos);
  auto const got = d.now(d.vault.bearer("guests"));
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().what.find("guests.refresh"), std::string::npos);
  EXPECT_EQ(got.error().what.find("S1"), std::string::npos);
  EXPECT_EQ(d.http.count("access_token"), 1u) << "one file, one try";
  // Nor may a person take its place.
  auto grant = d.grant();
  grant.identity = "guests";
  EXPECT_EQ(d.now(d.vault.put(grant)).error().kind, ErrorKind::denied);
}

TEST(ServiceApp, without_a_file_says_what_is_missing) {
  Daemon d(with_service_app(""));
  d.load();
  EXPECT_EQ(d.sign("guests").state, GrantState::missing);
  EXPECT_NE(d.sign("guests").remedy.find("guests.refresh"), std::string::npos);
}

TEST(ServiceApp, begins_although_the_store_does_not_take_it_at_once) {
  Daemon d(with_service_app("S1"));
  d.http.always("access_token", FakeHttpClient::reply(200, token("G1", 3600, "S2")));
  d.database.fail_next_commit({ErrorKind::unavailable, "disk full"});
  d.load();
  d.run();
  d.clock.advance(3s);
  EXPECT_EQ(d.bearer("guests"), "G1");
  EXPECT_EQ(d.sign("guests").level, SignLevel::good) << d.sign("guests").sentence;
  Daemon next(with_service_app("S1", d.database.disk()));
  next.load();
  EXPECT_EQ(next.bearer("guests"), "G1");
}

TEST(GuestIssuer, signs_by_itself_and_never_needs_a_login) {
  auto guests = identity_of("guests");
  guests.kind = IdentityKind::guest_issuer;
  guests.issuer_id = "issuer";
  Daemon d({.identities = {guests}});
  d.load();
  d.run();
  EXPECT_EQ(d.sign("guests").state, GrantState::signs_by_itself);
  EXPECT_EQ(d.sign("guests").level, SignLevel::good);
  EXPECT_TRUE(d.sign("guests").remedy.empty());
  EXPECT_EQ(name(d.view("guests").state), "signs_by_itself");
  EXPECT_EQ(d.now(d.vault.bearer("guests")).error().kind, ErrorKind::denied);
  EXPECT_EQ(d.now(d.vault.renew_now("guests")).error().kind, ErrorKind::denied);
  auto grant = d.grant();
  grant.identity = "guests";
  EXPECT_EQ(d.now(d.vault.put(grant)).error().kind, ErrorKind::denied);
  d.clock.advance(24h);
  EXPECT_TRUE(d.http.requests.empty());
}

std::string const host = "person:0f1e2d3c-4b5a-4968-8777-aabbccddeeff";

Grant own_grant(Daemon const& d) {
  auto grant = d.grant(3600, "H1");
  grant.identity = host;
  grant.client = "admin";
  grant.access = Secret("host-access");
  grant.who.name = "Grace";
  return grant;
}

TEST(PersonsGrant, joins_by_login_is_renewed_by_the_client_it_came_by_and_leaves_by_logout) {
  test::FakeDisk disk;
  {
    Daemon d;
    EXPECT_EQ(d.now(d.vault.bearer(host)).error().kind, ErrorKind::not_found);
    ASSERT_TRUE(d.now(d.vault.put(own_grant(d))));
    EXPECT_EQ(d.bearer(host), "host-access");
    EXPECT_EQ(d.view(host).client, "admin");
    disk = d.database.disk();
  }
  Daemon d(disk, some_day + 2h);
  d.load();
  d.http.always("access_token", FakeHttpClient::reply(200, token("host-2", 3600, "H2")));
  EXPECT_EQ(d.bearer(host), "host-2");
  EXPECT_EQ(*http::find(*http::parse_query(d.http.last().body), "client_id"), "C-admin");
  ASSERT_TRUE(d.now(d.vault.remove(host)));
  EXPECT_EQ(d.bearer(host), "error: unauthorized");
  for (auto const& sign : d.vault.signs()) EXPECT_NE(sign.identity, host);
  for (auto const& figures : d.vault.figures()) EXPECT_NE(figures.identity, host);
  Daemon next(d.database.disk());
  next.load();
  EXPECT_EQ(next.bearer(host), "error: not_found");
}

TEST(PersonsGrant, that_comes_by_another_client_is_renewed_by_that_one) {
  Daemon d({.identities = {identity_of("admin"), identity_of("meetings")}});
  ASSERT_TRUE(d.now(d.vault.put(own_grant(d))));
  auto grant = own_grant(d);
  grant.client = "meetings";
  ASSERT_TRUE(d.now(d.vault.put(grant)));
  d.http.always("access_token", FakeHttpClient::reply(200, token("host-2", 3600, "H2")));
  ASSERT_TRUE(d.now(d.vault.renew_now(host)));
  EXPECT_EQ(*http::find(*http::parse_query(d.http.last().body), "client_id"), "C-meetings");
  grant.client = "gone";
  EXPECT_EQ(d.now(d.vault.put(grant)).error().kind, ErrorKind::not_found);
}

TEST(PersonsGrant, that_ends_warns_and_does_not_alarm) {
  Daemon d;
  ASSERT_TRUE(d.now(d.vault.put(own_grant(d))));
  d.http.always("access_token", FakeHttpClient::reply(400, invalid_grant));
  (void)d.now(d.vault.renew_now(host));
  EXPECT_EQ(d.sign(host).state, GrantState::needs_login);
  EXPECT_EQ(d.sign(host).level, SignLevel::warning);
  EXPECT_NE(d.sign(host).remedy.find("sign in"), std::string::npos);
}

TEST(PersonsGrant, of_an_identity_that_is_not_configured_any_more_is_kept_and_used_again_later) {
  test::FakeDisk disk;
  {
    Daemon d;
    ASSERT_TRUE(d.now(d.vault.put(own_grant(d))));
    disk = d.database.disk();
  }
  {
    Daemon d({.disk = disk, .identities = {identity_of("other")}});
    d.load();
    EXPECT_EQ(d.bearer(host), "error: not_found");
    for (auto const& sign : d.vault.signs()) EXPECT_NE(sign.identity, host);
    auto orphan = own_grant(d);
    auto const refused = d.now(d.vault.put(orphan));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().what.find("admin"), std::string::npos);
  }
  Daemon d(disk);
  d.load();
  EXPECT_EQ(d.bearer(host), "host-access");
}

TEST(GrantStore, rows_from_before_clients_and_seeds_keep_working) {
  test::FakeDisk disk;
  {
    Daemon d({.steps = {grants_migration}});
    Grant const grant = d.grant();
    crypto::Cell const access{"grants", "admin", "access", 1},
        refresh{"grants", "admin", "refresh", 1},
        previous{"grants", "admin", "previous_refresh", 1};
    d.database.sql().run(
        "INSERT INTO grants VALUES ('admin', 1, 0, $1, $2, $3, 'a b', $4, $5, NULL, 'id', 'Ada', "
        "'ada@acme.example', 'org', '')",
        {store::Blob{d.sealer.seal(grant.access, access)},
         store::Blob{d.sealer.seal(grant.refresh, refresh)},
         store::Blob{d.sealer.seal(Secret(), previous)}, unix_ms(grant.issued_at),
         unix_ms(grant.access_expires_at)});
    disk = d.database.disk();
  }
  Daemon d(disk);
  d.load();
  EXPECT_EQ(d.bearer(), "A1");
  EXPECT_EQ(d.view().client, "");
  d.http.always("access_token", FakeHttpClient::reply(200, token("A2", 3600, "R2")));
  ASSERT_TRUE(d.now(d.vault.renew_now("admin")));
  Daemon next(d.database.disk());
  next.load();
  EXPECT_EQ(next.bearer(), "A2");
}

}  // namespace
}  // namespace wardroom::oauth
