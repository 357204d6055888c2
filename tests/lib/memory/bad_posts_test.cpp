// R40: posts whose session is none cost no store access and no allocation, and what is remembered
// of their addresses has a fixed size. A program of its own, because it replaces operator new.
#include "base/encoding.hpp"
#include "failing_new.hpp"
#include "front/browser_session.hpp"
#include "people/migrations.hpp"
#include "people_sessions.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/run_task.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

namespace wardroom {
namespace {

class CountingDatabase final : public store::Database {
 public:
  CountingDatabase(boost::asio::io_context& io, Clock& clock, std::vector<store::Migration> steps)
      : io_(io), inner_(io, clock, std::move(steps)) {}
  using Database::read;
  using Database::write;
  void write(store::Unit unit, store::Committed then) override {
    ++accesses;
    inner_.write(std::move(unit), std::move(then));
  }
  std::size_t add_source(Source source) override { return inner_.add_source(std::move(source)); }
  void wake_source(std::size_t source) override {
    ++accesses;
    inner_.wake_source(source);
  }
  void read(store::Unit work, store::Committed then) override {
    ++accesses;
    inner_.read(std::move(work), std::move(then));
  }
  store::WriterHealth const& health() const override { return inner_.health(); }
  std::string address() const override { return inner_.address(); }
  void close() override { inner_.close(); }
  int accesses = 0;

 protected:
  Executor executor() const override { return io_.get_executor(); }

 private:
  boost::asio::io_context& io_;
  test::FakeDatabase inner_;
};

/// Keeps only the status of an answer.
class Statuses final : public http::Responder::Target {
 public:
  void respond(http::Response response) override { count(response.status); }
  void respond_wire(std::string_view wire) override {
    count((wire[9] - '0') * 100 + (wire[10] - '0') * 10 + (wire[11] - '0'));
    constant = wire;
  }
  std::shared_ptr<http::ResponseStream> start_stream(http::Response) override { return nullptr; }
  void count(int status) { ++seen.at(static_cast<std::size_t>(status)); }
  int of(int status) const { return seen.at(static_cast<std::size_t>(status)); }

  std::array<int, 600> seen{};
  std::string_view constant;
};

std::vector<store::Migration> steps() {
  return {people::migrations().begin(), people::migrations().end()};
}

struct Doors {
  boost::asio::io_context io;
  test::FakeClock clock{io};
  SeededRandom random{1};
  CountingDatabase database{io, clock, steps()};
  people::Roster roster;
  people::PeopleStore people{database, clock, roster};
  people::SessionStore store{database, clock};
  PeopleSessions keeper{people, store, clock, [](PersonNo, std::vector<std::string> const&) {}};
  front::BrowserSessions sessions{{database, keeper, clock, random}, "https://ward.test"};
  TaskGroup tasks{io.get_executor(),
                  [](std::string_view task, std::exception_ptr) { ADD_FAILURE() << task; }};
  http::Router router{tasks};
  std::shared_ptr<Statuses> answers = std::make_shared<Statuses>();
  int handled = 0;

  Doors() {
    router.set_common_headers({{"X-Frame-Options", "DENY"}, {"Cache-Control", "no-cache"}});
    sessions.guard(router);
    router.add({.method = http::Method::post,
                .pattern = "/api/v1/location",
                .audience = http::Audience::person,
                .body_limit = 4096,
                .json = true,
                .token = false,
                .failures_count = true},
               [this](http::ServerRequest&, http::Responder responder) {
                 ++handled;
                 responder.send_wire("HTTP/1.1 204 No Content\r\n\r\n");
               });
    match = router.match(http::Method::post, "/api/v1/location");
  }

  void post(std::string_view remote, http::Headers const& headers) {
    http::ServerRequest request;
    request.method = http::Method::post;
    request.path = "/api/v1/location";
    request.headers = &headers;
    request.remote = remote;
    router.dispatch(match, request, http::Responder(answers));
  }

  http::Router::Match match;
};

http::Headers with_cookie(std::string value) {
  return {{"Host", "ward.test"},
          {"Origin", "https://ward.test"},
          {"Content-Type", "application/json"},
          {"Cookie", "theme=dark; __Host-wardroom_person=" + std::move(value)}};
}

TEST(BadPosts, cost_no_store_access_and_no_allocation) {
  Doors doors;
  auto const token = doors.random.token();
  ASSERT_TRUE(test::run_task(
      doors.io, doors.keeper.open({.id = PersonId("p"), .uuid = "u-1", .display_name = "Ann"},
                                  sha256(token), {}, {})));
  std::vector<http::Headers> bad;
  for (int i = 0; i < 1'000; ++i) bad.push_back(with_cookie(doors.random.token()));  // guesses
  for (auto const* malformed :
       {"", "x", "=", "\"\"", ";;;;", "a b", "../../etc/passwd", "' OR 1=1 --", "\xff\xfe\x80"})
    bad.push_back(with_cookie(malformed));
  bad.push_back(with_cookie(std::string(7'000, 'A')));
  bad.push_back(with_cookie(token + "A"));
  bad.push_back(with_cookie(token.substr(1)));
  bad.push_back({{"Cookie", "wardroom_person=" + token}});  // the name of a site without TLS
  bad.push_back({{"Cookie", "__Host-wardroom_admin=" + token}});
  bad.push_back({{"Cookie", ""}, {"cookie", ";"}, {"COOKIE", "=;=;="}});
  bad.push_back({});
  std::vector<std::string> addresses;
  for (int i = 0; i < 500; ++i)
    addresses.push_back(i % 2 ? fmt::format("192.0.2.{}", i % 250)
                              : fmt::format("2001:db8:aaaa:{:x}:bbbb:cccc:dddd:eeee", i));
  doors.database.accesses = 0;
  bool allocated = false;
  {
    test::FailingNew const first(1, false);
    for (std::size_t i = 0; i < 100'000; ++i)
      doors.post(addresses[i % addresses.size()], bad[i % bad.size()]);
    allocated = first.reached();
  }
  EXPECT_FALSE(allocated);
  EXPECT_EQ(doors.database.accesses, 0);
  EXPECT_EQ(doors.handled, 0);
  EXPECT_EQ(doors.answers->of(401) + doors.answers->of(429), 100'000);
  EXPECT_GT(doors.answers->of(401), 20'000);
  EXPECT_GT(doors.answers->of(429), 50'000) << "each address may fail 60 times at once";
}

TEST(BadPosts, of_one_address_are_told_to_wait_while_good_ones_beside_them_pass) {
  Doors doors;
  std::vector<http::Headers> good;
  for (int i = 0; i < 100; ++i) {
    auto const token = doors.random.token();
    ASSERT_TRUE(test::run_task(doors.io, doors.keeper.open({.id = PersonId(fmt::format("p{}", i)),
                                                            .uuid = fmt::format("u-{}", i)},
                                                           sha256(token), {}, {})));
    good.push_back(with_cookie(token));
  }
  auto const bad = with_cookie(doors.random.token());
  for (int i = 0; i < 1'000; ++i) doors.post("192.0.2.7", bad);
  EXPECT_EQ(doors.answers->of(401), 60);
  EXPECT_EQ(doors.answers->of(429), 940);
  EXPECT_NE(doors.answers->constant.find("Retry-After: 1\r\n"), std::string_view::npos);
  EXPECT_NE(doors.answers->constant.find("X-Frame-Options: DENY\r\n"), std::string_view::npos);
  EXPECT_EQ(doors.answers->constant.find("no-cache"), std::string_view::npos) << "it has its own";
  // An office of 10,000 behind that very address: 333 a second, for half a minute.
  for (int i = 0; i < 10'000; ++i) {
    doors.post("192.0.2.7", good[static_cast<std::size_t>(i) % good.size()]);
    if (i % 333 == 0) doors.clock.advance(std::chrono::seconds(1));
  }
  EXPECT_EQ(doors.answers->of(204), 10'000);
  EXPECT_EQ(doors.handled, 10'000);
}

TEST(BadPosts, of_many_addresses_are_remembered_in_a_fixed_size) {
  Doors doors;
  auto const before = doors.router.failures().memory();
  EXPECT_LE(before, 256u * 1024);
  auto const bad = with_cookie(doors.random.token());
  std::array<char, 64> text{};
  bool allocated = false;
  {
    test::FailingNew const first(1, false);
    for (unsigned i = 0; i < 300'000; ++i) {
      auto const end =
          fmt::format_to_n(text.data(), text.size(), "10.{}.{}.{}", i >> 16, i >> 8 & 255, i & 255);
      doors.post({text.data(), end.size}, bad);
    }
    allocated = first.reached();
  }
  EXPECT_FALSE(allocated);
  EXPECT_EQ(doors.router.failures().memory(), before);
  EXPECT_EQ(doors.answers->of(401) + doors.answers->of(429), 300'000);
  EXPECT_GT(doors.answers->of(401), 297'000) << "each of them has failed once only";
}

TEST(BadPosts, from_another_site_are_limited_too) {
  Doors doors;
  auto headers = with_cookie(doors.random.token());
  headers.set("Origin", "https://evil.example");
  for (int i = 0; i < 100; ++i) doors.post("192.0.2.7", headers);
  EXPECT_EQ(doors.answers->of(403), 60);
  EXPECT_EQ(doors.answers->of(429), 40);
}

}  // namespace
}  // namespace wardroom
