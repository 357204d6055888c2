// One request and its answer, with every fault a server or network can show, over both clients.
#include "lib/http_client/client_kit.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cstdlib>

namespace wardroom::test {
namespace {

using http::ClientRequest;
using http::Method;
using Then = Answer::Then;

class Exchange : public ::testing::TestWithParam<char const*> {
 protected:
  Exchange() { kit.make(GetParam()); }
  bool lane() const { return std::string_view(GetParam()) == "lane"; }
  ClientRequest get(std::string_view path = "/") { return kit.get(server.url(path)); }

  /// The error of one GET, within its time-out and not much more.
  Error fault(Answer answer, Milliseconds timeout = Milliseconds(5000)) {
    server.next(answer);
    server.otherwise(answer);
    auto request = get();
    request.timeout = timeout;
    auto const begin = std::chrono::steady_clock::now();
    auto const result = kit.send(request);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, timeout + std::chrono::seconds(2));
    if (!result) return result.error();
    ADD_FAILURE() << "an answer came: " << result->status << " " << result->body.substr(0, 200);
    return {};
  }

  ClientKit kit;
  FaultServer server{kit.io};
};

INSTANTIATE_TEST_SUITE_P(Over, Exchange, ::testing::Values("curl", "lane"),
                         [](auto const& info) { return std::string(info.param); });

TEST_P(Exchange, gives_status_headers_body_and_peer) {
  server.next(
      {"HTTP/1.1 404 Not Found\r\nRetry-After: 7\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
       "Content-Length: 5\r\n\r\nnope!"});
  auto const answer = kit.send(get("/x?y=1"));
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(answer->headers.get("retry-after"), "7");
  EXPECT_EQ(answer->headers.get_all("Set-Cookie").size(), 2u);
  EXPECT_EQ(answer->body, "nope!");
  EXPECT_EQ(answer->peer, server.address());
  EXPECT_TRUE(server.requests().at(0).starts_with("GET /x?y=1 HTTP/1.1\r\n"));
}

TEST_P(Exchange, sends_method_headers_credential_and_body_without_waiting_for_100) {
  ClientRequest request = get("/users/a@b.c/calls/1:0");
  request.method = Method::post;
  request.headers = {{"Content-Type", "application/xml; charset=UTF-8"}, {"X-Empty", ""}};
  request.bearer = Secret("t0ken");
  request.body = std::string(200'000, 'x');
  ASSERT_TRUE(kit.send(request));
  auto const& sent = server.requests().at(0);
  EXPECT_TRUE(sent.starts_with("POST /users/a@b.c/calls/1:0 HTTP/1.1\r\n"));
  EXPECT_NE(sent.find("\r\nContent-Type: application/xml; charset=UTF-8\r\n"), sent.npos);
  EXPECT_NE(sent.find("\r\nAuthorization: Bearer t0ken\r\n"), sent.npos);
  EXPECT_NE(sent.find("\r\nContent-Length: 200000\r\n"), sent.npos);
  EXPECT_NE(sent.find("\r\nX-Empty:"), sent.npos);
  EXPECT_NE(sent.find("\r\nUser-Agent: wardroom/0.1\r\n"), sent.npos);
  EXPECT_NE(sent.find("\r\nHost: " + server.address() + "\r\n"), sent.npos);
  EXPECT_EQ(sent.find("Expect:"), sent.npos);
  EXPECT_TRUE(sent.ends_with(std::string(200'000, 'x')));
}

TEST_P(Exchange, sends_put_and_delete_as_they_are_and_basic_credentials) {
  ClientRequest put = get("/p");
  put.method = Method::put;
  put.basic.emplace("api", Secret("pass:word"));
  ASSERT_TRUE(kit.send(put));
  ClientRequest gone = get("/d");
  gone.method = Method::delete_;
  server.next({"HTTP/1.1 204 No Content\r\n\r\n"});
  auto const answer = kit.send(gone);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 204);
  EXPECT_NE(server.requests().at(0).find("\r\nContent-Length: 0\r\n"), std::string::npos);
  EXPECT_NE(server.requests().at(0).find("\r\nAuthorization: Basic YXBpOnBhc3M6d29yZA==\r\n"),
            std::string::npos);
  EXPECT_TRUE(server.requests().at(1).starts_with("DELETE /d HTTP/1.1\r\n"));
  EXPECT_EQ(server.requests().at(1).find("Content-Type"), std::string::npos);
}

TEST_P(Exchange, reads_bodies_of_every_framing) {
  server.next(
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n"
       "0\r\nTrailer: t\r\n\r\n"});
  server.next({"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end", Then::close});
  server.next({"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"});
  server.next({"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n"});
  server.next({ok("")});
  for (auto const* expected : {"abcdefg", "until the end", "ok", "", ""}) {
    auto const answer = kit.send(get());
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(answer->body, expected);
  }
  server.next({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"});
  auto head = get();
  head.method = Method::head;
  auto const answer = kit.send(head);
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->headers.get("Content-Length"), "10");
}

TEST_P(Exchange, gives_the_same_answer_when_it_comes_byte_by_byte) {
  server.next({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
               Then::keep,
               {},
               Milliseconds(1)});
  auto const answer = kit.send(get());
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->body, "hello");
}

TEST_P(Exchange, does_not_follow_redirects) {
  server.next({"HTTP/1.1 302 Found\r\nLocation: " + server.url("/other") +
               "\r\nContent-Length: 0\r\n\r\n"});
  auto const answer = kit.send(get());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_P(Exchange, ignores_proxies_of_the_environment) {
  for (auto const* name : {"http_proxy", "all_proxy", "ALL_PROXY"})
    setenv(name, "http://127.0.0.1:1", 1);
  auto const answer = kit.send(get());
  for (auto const* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) unsetenv(name);
  EXPECT_TRUE(answer) << answer.error().what;
}

TEST_P(Exchange, connects_where_it_is_told_and_keeps_the_host_of_the_url) {
  auto request = kit.get("http://localhost:9/there");
  request.connect_to = server.address();
  auto const answer = kit.send(request);
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->peer, server.address());
  EXPECT_NE(server.requests().at(0).find("\r\nHost: localhost:9\r\n"), std::string::npos);
}

TEST_P(Exchange, refuses_plain_http_beyond_loopback_without_connecting) {
  for (auto const* url : {"http://192.0.2.1/", "http://webexapis.com/v1/people", "ftp://127.0.0.1/",
                          "http://user@127.0.0.1/", "/relative", ""}) {
    auto const answer = kit.send(kit.get(url));
    ASSERT_FALSE(answer) << url;
    EXPECT_EQ(answer.error().kind, ErrorKind::malformed) << url;
    EXPECT_NE(answer.error().what.find("is not sent"), std::string::npos) << answer.error().what;
  }
  EXPECT_NE(kit.send(kit.get("http://webexapis.com/")).error().what.find("loopback only"),
            std::string::npos);
}

TEST_P(Exchange, refuses_headers_that_would_smuggle_another) {
  auto request = get();
  request.headers = {{"X-A", "1\r\nX-B: 2"}};
  EXPECT_EQ(kit.send(request).error().kind, ErrorKind::malformed);
  EXPECT_TRUE(server.requests().empty());
}

TEST_P(Exchange, says_so_at_once_when_nobody_listens) {
  auto const url = server.url();
  server.stop();
  auto const begin = std::chrono::steady_clock::now();
  auto const answer = kit.send(kit.get(url));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::unavailable);
  EXPECT_NE(answer.error().what.find("no connection: Connection refused"), std::string::npos)
      << answer.error().what;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

TEST_P(Exchange, ends_in_an_error_wherever_the_answer_is_cut) {
  std::string const whole =
      "HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  // The last chunk's line is enough for libcurl; nothing of the body is missing then.
  auto const enough = whole.size() - (lane() ? 0 : 2);
  for (auto const then : {Then::close, Then::reset})
    for (std::size_t cut = 0; cut < enough; ++cut) {
      auto const error = fault({whole.substr(0, cut), then});
      EXPECT_TRUE(error.kind == ErrorKind::unavailable || error.kind == ErrorKind::malformed)
          << "cut after " << cut << ": " << error.what;
      EXPECT_TRUE(error.what.starts_with("GET http://127.0.0.1:")) << error.what;
    }
}

TEST_P(Exchange, ends_in_an_error_when_the_length_is_wrong) {
  auto const error = fault({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", Then::close});
  EXPECT_EQ(error.kind, ErrorKind::unavailable);
  EXPECT_NE(error.what.find("before the answer was complete"), std::string::npos) << error.what;
}

TEST_P(Exchange, gives_up_on_silence_when_the_time_is_over) {
  auto const error = fault({"", Then::hang}, Milliseconds(200));
  EXPECT_EQ(error.kind, ErrorKind::timed_out);
  EXPECT_NE(error.what.find("within 200 ms"), std::string::npos) << error.what;
}

TEST_P(Exchange, gives_up_on_silence_inside_the_body) {
  EXPECT_EQ(
      fault({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", Then::hang}, Milliseconds(200))
          .kind,
      ErrorKind::timed_out);
}

TEST_P(Exchange, gives_up_on_a_slow_drip_when_the_time_is_over) {
  EXPECT_EQ(
      fault({ok(std::string(5000, 'x')), Then::keep, {}, Milliseconds(5)}, Milliseconds(250)).kind,
      ErrorKind::timed_out);
}

TEST_P(Exchange, refuses_one_byte_more_than_16_MiB_whether_announced_or_not) {
  std::string const body((16u << 20) + 1, 'x');
  EXPECT_EQ(fault({ok(body)}).kind, ErrorKind::malformed);
  auto const error = fault({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000001\r\n" +
                            body + "\r\n0\r\n\r\n"});
  EXPECT_EQ(error.kind, ErrorKind::malformed);
  EXPECT_NE(error.what.find("16777216"), std::string::npos) << error.what;
}

TEST_P(Exchange, takes_exactly_as_much_as_the_limit) {
  server.next({ok(std::string(1000, 'x'))});
  auto request = get();
  request.response_limit = 1000;
  auto const answer = kit.send(request);
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->body.size(), 1000u);
}

TEST_P(Exchange, refuses_what_is_not_http) {
  EXPECT_EQ(fault({"SSH-2.0-OpenSSH_9.2p1\r\n\r\n", Then::close}).kind, ErrorKind::malformed);
  std::string flood = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 4000; ++i) flood += "X-Filler: 0123456789012345678901234567890123456789\r\n";
  auto const error = fault({flood, Then::hang});
  EXPECT_EQ(error.kind, ErrorKind::malformed) << error.what;
  auto const chunks =
      fault({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc", Then::hang});
  EXPECT_TRUE(chunks.kind == ErrorKind::malformed || chunks.kind == ErrorKind::unavailable);
}

TEST_P(Exchange, refuses_more_than_256_headers) {
  auto const with = [](int count) {
    std::string out = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
    for (int i = 1; i < count; ++i) out += "X: y\r\n";
    return out + "\r\n";
  };
  server.next({with(250)});
  EXPECT_TRUE(kit.send(get()));
  auto const error = fault({with(300)});
  EXPECT_EQ(error.kind, ErrorKind::malformed);
  EXPECT_NE(error.what.find("256"), std::string::npos) << error.what;
}

TEST_P(Exchange, refuses_an_answer_that_is_compressed_although_nobody_asked) {
  auto const error =
      fault({"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b!"});
  EXPECT_EQ(error.kind, ErrorKind::malformed);
  EXPECT_NE(error.what.find("compressed although nobody asked"), std::string::npos) << error.what;
  server.next({"HTTP/1.1 502 Bad\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b!"});
  auto const refused = kit.send(get());
  ASSERT_TRUE(refused) << "the status counts, whatever its body";
  EXPECT_EQ(refused->status, 502);
  server.next({"HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 2\r\n\r\nok"});
  EXPECT_TRUE(kit.send(get()));
  EXPECT_EQ(server.requests().back().find("Accept-Encoding"), std::string::npos);
}

TEST_P(Exchange, bounds_a_body_that_has_neither_length_nor_chunks_and_a_compressed_one) {
  std::string const body(2000, 'x');
  for (auto const* head : {"", "Content-Encoding: gzip\r\n"}) {
    server.next({std::string("HTTP/1.1 200 OK\r\n") + head + "\r\n" + body, Then::close});
    auto request = get();
    request.response_limit = 1000;
    auto const answer = kit.send(request);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, ErrorKind::malformed);
    EXPECT_NE(answer.error().what.find("limit of 1000"), std::string::npos) << answer.error().what;
  }
}

TEST_P(Exchange, gives_a_page_of_html_as_it_is) {
  server.next({ok("<!DOCTYPE html><title>Sign in</title>")});
  auto const answer = kit.send(get());
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->body.starts_with("<!DOCTYPE"));
}

/// Each fault, and whether the request may have reached the other side.
TEST_P(Exchange, says_of_every_fault_whether_the_request_may_have_arrived) {
  auto post = [this] {
    auto request = get();
    request.method = Method::post;
    request.body = "body";
    request.timeout = Milliseconds(300);
    return request;
  };
  std::string const head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n";
  for (auto const& answer :
       {Answer{"", Then::close}, Answer{"", Then::reset}, Answer{"", Then::hang},
        Answer{"HTTP/1.1 2", Then::close}, Answer{head, Then::reset}, Answer{head, Then::hang},
        Answer{head + "\r\nabc", Then::close}, Answer{head + "\r\nabc", Then::reset},
        Answer{head + "\r\nabc", Then::hang}, Answer{"nonsense\r\n\r\n", Then::close},
        Answer{ok(std::string(200, 'x')), Then::keep, {}, Milliseconds(5)}}) {
    server.next(answer);
    auto const before = server.requests().size();
    auto const result = kit.send(post());
    ASSERT_FALSE(result) << answer.bytes;
    EXPECT_FALSE(result.error().not_done) << answer.bytes << ": " << result.error().what;
    EXPECT_EQ(server.requests().size(), before + 1) << "sent twice";
    server.drop_all(true);
  }
  auto refused = post();
  refused.url = "http://192.0.2.1/";
  EXPECT_TRUE(kit.send(refused).error().not_done);
  auto const url = server.url();
  server.stop();
  refused.url = url;
  auto const nobody = kit.send(refused);
  ASSERT_FALSE(nobody);
  EXPECT_TRUE(nobody.error().not_done) << nobody.error().what;
}

TEST_P(Exchange, keeps_no_token_where_a_redirect_points) {
  FaultServer other(kit.io);
  for (auto const* status : {"301 Moved", "302 Found", "303 See Other", "307 Temporary",
                             "308 Permanent", "451 Elsewhere"}) {
    server.next({std::string("HTTP/1.1 ") + status + "\r\nLocation: " + other.url("/x") +
                 "\r\nContent-Length: 0\r\n\r\n"});
    auto request = get();
    request.bearer = Secret("canary");
    auto const answer = kit.send(request);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->headers.get("Location"), other.url("/x"));
  }
  EXPECT_EQ(other.accepted(), 0u);
}

TEST_P(Exchange, keeps_the_connection_for_the_next_request) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(kit.send(get()));
  EXPECT_EQ(server.accepted(), 1u);
}

TEST_P(Exchange, opens_a_new_connection_when_the_kept_one_was_closed_meanwhile) {
  for (bool reset : {false, true}) {
    ASSERT_TRUE(kit.send(get()));
    server.drop_all(reset);
    auto const answer = kit.send(get());
    ASSERT_TRUE(answer) << answer.error().what;
  }
}

/// One request over a connection that dies under it, after another had been answered over it.
struct Repeat {
  Method method;
  bool idempotent, once, again;
};

TEST_P(Exchange, sends_once_more_over_another_connection_only_what_does_no_harm_twice) {
  for (auto const& [method, idempotent, once, again] :
       {Repeat{Method::get, false, false, true}, Repeat{Method::get, false, true, false},
        Repeat{Method::put, true, false, true}, Repeat{Method::put, false, false, false},
        Repeat{Method::delete_, true, false, true}, Repeat{Method::delete_, false, false, false},
        Repeat{Method::post, false, false, false}, Repeat{Method::post, true, false, false},
        Repeat{Method::post, false, true, false}, Repeat{Method::patch, true, false, false}})
    for (auto const then : {Then::close, Then::reset}) {
      server.next({ok("first")});
      server.next({"", then});
      server.next({ok("again")});
      auto const before = server.requests().size();
      ASSERT_TRUE(kit.send(get()));
      auto request = get();
      request.method = method;
      request.idempotent = idempotent;
      request.once = once;
      if (method != Method::get) request.body = "body";
      auto const answer = kit.send(request);
      SCOPED_TRACE(std::string(http::name(method)) + (idempotent ? " idempotent" : "") +
                   (once ? " once" : ""));
      EXPECT_EQ(answer.has_value(), again);
      EXPECT_EQ(server.requests().size(), before + (again ? 3 : 2));
      if (answer) continue;
      EXPECT_EQ(answer.error().kind, ErrorKind::unavailable);
      EXPECT_FALSE(answer.error().not_done) << "it may have been carried out";
      ASSERT_TRUE(kit.send(get()));  // the answer that was not used
    }
}

TEST_P(Exchange, does_not_send_again_once_a_byte_of_the_answer_came) {
  ASSERT_TRUE(kit.send(get()));
  server.next({"HTTP/1.1 200 OK\r\n", Then::reset});
  EXPECT_FALSE(kit.send(get()));
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_P(Exchange, ends_when_the_waiting_task_is_cancelled) {
  server.otherwise({"", Then::hang});
  boost::asio::cancellation_signal signal;
  std::exception_ptr why;
  bool ended = false;
  boost::asio::co_spawn(
      kit.io.get_executor(),
      [this]() -> Task<void> { auto const answer = co_await kit.client->send(get()); },
      boost::asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) {
        why = e;
        ended = true;
      }));
  ASSERT_TRUE(kit.until([&] { return server.requests().size() == 1; }));
  signal.emit(boost::asio::cancellation_type::terminal);
  ASSERT_TRUE(kit.until([&] { return ended; }));
  EXPECT_THROW(std::rethrow_exception(why), boost::system::system_error);
  if (!lane()) {  // the lane opens another at once
    EXPECT_TRUE(kit.until([&] { return server.open() == 0; }));
  }
  server.otherwise({ok("fine")});
  EXPECT_TRUE(kit.send(get()));
}

TEST_P(Exchange, carries_many_at_once) {
  kit.make(GetParam(), "", 8);
  server.otherwise({ok("fine"), Then::keep, Milliseconds(5)});
  int fine = 0, ended = 0;
  for (int i = 0; i < 200; ++i)
    boost::asio::co_spawn(
        kit.io.get_executor(),
        [&]() -> Task<void> {
          auto const answer = co_await kit.client->send(get());
          fine += answer && answer->body == "fine";
        },
        [&](std::exception_ptr) { ++ended; });
  EXPECT_TRUE(kit.until([&] { return ended == 200; }));
  EXPECT_EQ(fine, 200);
  EXPECT_LE(server.accepted(), 40u);
}

}  // namespace
}  // namespace wardroom::test
