// What is sent again and when: by method, by what can have happened, by what Retry-After says.
#include "api_kit.hpp"

namespace wardroom::webex {
namespace {
using namespace std::chrono_literals;
using http::Method;
using nlohmann::json;
using test::FakeHttpClient;

/// No byte of the request left this machine.
FakeHttpClient::Answer no_connection() {
  return [](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
    Error error{ErrorKind::unavailable, "no connection: Connection refused"};
    error.not_done = true;
    co_return std::unexpected(std::move(error));
  };
}
FakeHttpClient::Answer lost() { return FakeHttpClient::fail(ErrorKind::unavailable); }
FakeHttpClient::Answer late() { return FakeHttpClient::fail(ErrorKind::timed_out); }
FakeHttpClient::Answer status(int code, http::Headers headers = {}) {
  return FakeHttpClient::reply(code, "", std::move(headers));
}

struct Repeats : Api {
  /// How often a request goes out when it first meets `trouble` and then nothing but success.
  std::size_t sends(Method method, FakeHttpClient::Answer trouble, SendManner manner = {}) {
    auto const before = http.requests.size();
    http.next("/x", std::move(trouble));
    http.always("/x", FakeHttpClient::reply(200, "{}"));
    auto const answer = method == Method::get ? run(api.get("/x"))
                                              : run(api.send(method, "/x", json{{"a", 1}}, manner));
    auto const times = http.requests.size() - before;
    EXPECT_EQ(answer.has_value(), times > 1);
    clock.advance(10min);  // what was paused is open again
    return times;
  }
};

TEST_F(Repeats, a_get_is_sent_again_after_any_passing_trouble) {
  for (auto const& trouble : {no_connection(), lost(), late(), status(429), status(423),
                              status(500), status(502), status(503), status(504)})
    EXPECT_EQ(sends(Method::get, trouble), 2u);
}

TEST_F(Repeats, a_post_is_sent_again_only_when_nothing_can_have_happened) {
  for (bool const idempotent : {false, true}) {
    SendManner const manner{.idempotent = idempotent};
    EXPECT_EQ(sends(Method::post, no_connection(), manner), 2u);
    EXPECT_EQ(sends(Method::post, status(429), manner), 2u);
    for (auto const& trouble : {lost(), late(), status(423), status(500), status(502), status(503),
                                status(503, {{"Retry-After", "1"}}), status(504)})
      EXPECT_EQ(sends(Method::post, trouble, manner), 1u);
  }
}

TEST_F(Repeats, a_put_or_delete_is_sent_again_when_its_caller_says_that_it_may) {
  for (auto const method : {Method::put, Method::delete_}) {
    for (auto const& trouble : {lost(), late(), status(423), status(500), status(503)}) {
      EXPECT_EQ(sends(method, trouble), 1u);
      EXPECT_EQ(sends(method, trouble, {.idempotent = true}), 2u);
    }
    EXPECT_EQ(sends(method, no_connection()), 2u);
    EXPECT_EQ(sends(method, status(429)), 2u);
  }
  EXPECT_TRUE(http.last().url.ends_with("/x"));
}

TEST_F(Repeats, nothing_is_sent_again_after_a_final_answer) {
  for (int const code : {400, 403, 404, 405, 409, 410, 415, 451, 302})
    for (auto const method : {Method::get, Method::put, Method::delete_})
      EXPECT_EQ(sends(method, status(code), {.idempotent = true}), 1u) << code;
}

TEST_F(Repeats, the_error_says_whether_the_request_can_have_had_an_effect) {
  auto const last_error = [this](FakeHttpClient::Answer trouble) {
    http.always("/x", std::move(trouble));
    auto const answer = run(api.send(Method::post, "/x", json{{"a", 1}}));
    clock.advance(10min);
    return answer.error();
  };
  EXPECT_TRUE(last_error(no_connection()).not_done);
  EXPECT_TRUE(last_error(status(429)).not_done);
  EXPECT_FALSE(last_error(lost()).not_done);
  EXPECT_FALSE(last_error(late()).not_done);
  EXPECT_FALSE(last_error(status(503)).not_done);
  EXPECT_FALSE(last_error(FakeHttpClient::reply(200, "<html>Welcome</html>")).not_done);
}

TEST_F(Repeats, without_a_token_nothing_was_done) {
  struct NoTokens final : oauth::AccessTokens {
    Task<Result<Secret>> bearer(std::string) override {
      co_return failure(ErrorKind::unauthorized, "log in again");
    }
    Task<Result<Secret>> replace(std::string, Secret) override {
      co_return failure(ErrorKind::unauthorized, "log in again");
    }
  } none;
  WebexApi poor({http, none, clock, random}, {});
  auto const answer = run(poor.send(Method::post, "/x", json{{"a", 1}}));
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().not_done);
  EXPECT_TRUE(http.requests.empty());
}

TEST_F(Repeats, a_renewal_that_must_wait_is_waited_for) {
  struct LateTokens final : oauth::AccessTokens {
    explicit LateTokens(Clock& c) : clock(c), from(c.uptime() + 20s) {}
    Task<Result<Secret>> bearer(std::string) override {
      ++asked;
      if (clock.uptime() >= from) co_return Secret("A1");
      co_return std::unexpected(Error{ErrorKind::unavailable, "the token server is silent",
                                      std::chrono::ceil<Milliseconds>(from - clock.uptime())});
    }
    Task<Result<Secret>> replace(std::string, Secret) override { return bearer(""); }
    Clock& clock;
    Uptime from;
    int asked = 0;
  } late_tokens(clock);
  http.always("/x", FakeHttpClient::reply(200, "{}"));
  WebexApi patient({http, late_tokens, clock, random}, {});
  auto const answer = run(patient.get("/x"));
  EXPECT_TRUE(answer) << answer.error().what;
  EXPECT_LE(late_tokens.asked, 3);
}

TEST_F(Api, sends_words_that_are_no_utf8_with_a_mark_in_their_place) {
  http.next("/messages", FakeHttpClient::reply(200, "{}"));
  ASSERT_TRUE(run(api.send(Method::post, "/messages", json{{"text", "caf\xe9"}})));
  EXPECT_EQ(http.last().body, "{\"text\":\"caf\xef\xbf\xbd\"}");
}

struct Asked {
  int status;
  char const* header;  ///< null = none
  Milliseconds pause;  ///< and up to a fifth more
};

struct Pauses : Api, testing::WithParamInterface<Asked> {};

TEST_P(Pauses, are_as_long_as_retry_after_says) {
  auto const& [code, header, pause] = GetParam();
  std::string text = header ? header : "";
  if (text == "date+40s") text = "Sat, 21 Nov 2026 10:00:40 GMT";
  if (text == "date-40s") text = "Sat, 21 Nov 2026 09:59:20 GMT";
  if (text == "date+1d") text = "Sun, 22 Nov 2026 10:00:00 GMT";
  ASSERT_EQ(clock.now(), from_unix_ms(1'795'255'200'000));
  http.next("/people",
            status(code, header ? http::Headers{{"Retry-After", text}} : http::Headers{}));
  http.always("/people", FakeHttpClient::reply(200, "{}"));
  auto const began = clock.uptime();
  ASSERT_TRUE(run(api.get("/people/me")));
  auto const took = std::chrono::duration_cast<Milliseconds>(clock.uptime() - began);
  EXPECT_GE(took, pause);
  EXPECT_LE(took, pause * 12 / 10 + 1s) << "with a little for the backoff of short ones";
}

INSTANTIATE_TEST_SUITE_P(
    After, Pauses,
    testing::Values(Asked{429, "7", 7s}, Asked{429, "194", 194s}, Asked{429, "0", 0s},
                    Asked{429, " 7\t", 7s}, Asked{429, "date+40s", 40s}, Asked{429, "date-40s", 0s},
                    Asked{429, nullptr, 15s}, Asked{429, "", 15s}, Asked{429, "-5", 15s},
                    Asked{429, "1.5", 15s}, Asked{429, "rand(30),add(30)", 15s},
                    Asked{429, "7 seconds", 15s}, Asked{429, "7, 9", 15s}, Asked{423, nullptr, 15s},
                    Asked{423, "5", 5s}, Asked{503, "9", 9s}, Asked{503, "rand(30),add(30)", 15s},
                    Asked{503, nullptr, 0s}),
    [](auto const& info) {
      std::string name = std::to_string(info.param.status) + "_";
      for (char const c : std::string(info.param.header ? info.param.header : "none"))
        name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
      return name + "_" + std::to_string(info.index);
    });

struct LongPauses : Api {};

TEST_F(LongPauses, are_cut_to_five_minutes_and_told_to_who_cannot_wait) {
  for (auto const* header : {"3600", "99999999999999999999", "Sun, 22 Nov 2026 10:00:00 GMT"}) {
    http.next("/people", status(429, {{"Retry-After", header}}));
    auto const answer = run(api.get_with(Secret("fresh"), "/people/me"), 1s);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, ErrorKind::throttled);
    EXPECT_EQ(answer.error().retry_after, 300s) << header;
    clock.advance(361s);
  }
}

TEST_F(LongPauses, of_zero_seconds_do_not_become_a_storm) {
  http.always("/people", status(429, {{"Retry-After", "0"}}));
  auto const began = clock.uptime();
  EXPECT_FALSE(run(api.get("/people/me")));
  EXPECT_EQ(http.requests.size(), 4u);
  EXPECT_GE(clock.uptime() - began, 750ms);
}

TEST_F(LongPauses, after_a_503_leave_other_resources_alone) {
  http.next("/people", status(503, {{"Retry-After", "60"}}));
  http.always("/", FakeHttpClient::reply(200, "{}"));
  int people = 0, rooms = 0;
  auto start = [&](std::string path, int& done) {
    test::start_task(io, [](WebexApi& webex, std::string p, int& out) -> Task<void> {
      if (co_await webex.get(p)) ++out;
    }(api, std::move(path), done));
    clock.drain();
  };
  start("/people/1", people);
  for (int i = 0; i < 20; ++i) start("/people/2", people);
  for (int i = 0; i < 20; ++i) start("/rooms", rooms);
  EXPECT_EQ(rooms, 20);
  EXPECT_EQ(people, 0);
  EXPECT_EQ(http.count("/people"), 1u);
  clock.advance(73s);
  EXPECT_EQ(people, 21);
}

TEST_F(Api, has_four_requests_in_flight_at_most_and_two_changes) {
  http.always("/", FakeHttpClient::after(clock, 1s, FakeHttpClient::reply(200, "{}")));
  int done = 0;
  auto start = [&](Method method) {
    test::start_task(io, [](WebexApi& webex, Method m, int& out) -> Task<void> {
      if (m == Method::get ? co_await webex.get("/people") : co_await webex.send(m, "/rooms", {}))
        ++out;
    }(api, method, done));
    clock.drain();
  };
  for (int i = 0; i < 10; ++i) start(Method::post);
  EXPECT_EQ(http.in_flight, 2);
  for (int i = 0; i < 30; ++i) start(Method::get);
  EXPECT_EQ(http.in_flight, 4);
  clock.advance(30s);
  EXPECT_EQ(done, 40);
  EXPECT_EQ(http.most_in_flight, 4);
}

}  // namespace
}  // namespace wardroom::webex
