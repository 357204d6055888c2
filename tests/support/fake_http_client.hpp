/// The outside answered by a test: scripted by part of the URL, with every request kept.
#pragma once
#include "http/client.hpp"
#include "runtime/clock.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace wardroom::test {

class FakeHttpClient final : public http::Client {
 public:
  using Answer = std::function<Task<Result<http::ClientResponse>>(http::ClientRequest)>;

  /// The next request whose URL holds `part` gets this answer; once answers are used up, the last
  /// `always` of a matching part serves; without one the test has a hole, which is an error.
  void next(std::string part, Answer answer) {
    once_.push_back({std::move(part), std::move(answer)});
  }
  void always(std::string part, Answer answer) {
    always_.insert(always_.begin(), {std::move(part), std::move(answer)});
  }

  static Answer reply(int status, std::string body = "", http::Headers headers = {}) {
    return [=](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
      co_return http::ClientResponse{status, headers, body, "192.0.2.1:443"};
    };
  }
  static Answer fail(ErrorKind kind, std::string what = "the other side hung up") {
    return [=](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
      co_return failure(kind, what);
    };
  }
  static Answer after(Clock& clock, Milliseconds delay, Answer answer) {
    return [=, &clock](http::ClientRequest request) -> Task<Result<http::ClientResponse>> {
      co_await clock.sleep_for(delay);
      co_return co_await answer(std::move(request));
    };
  }
  /// Until cancelled.
  static Answer hang(Clock& clock) { return after(clock, Milliseconds(1'000'000'000), reply(200)); }

  Task<Result<http::ClientResponse>> send(http::ClientRequest request) override {
    requests.push_back(request);
    auto answer = pick(request.url);
    if (!answer) co_return failure(ErrorKind::unavailable, "no answer scripted for " + request.url);
    Flying const flying(*this, request.url);
    co_return co_await answer(std::move(request));
  }
  Task<Result<void>> stream(http::ClientRequest request, http::StreamSink& sink) override {
    requests.push_back(request);
    auto answer = pick(request.url);
    if (!answer) co_return failure(ErrorKind::unavailable, "no answer scripted for " + request.url);
    auto response = co_await answer(std::move(request));
    if (!response) co_return std::unexpected(std::move(response.error()));
    sink.on_head(response->status, response->headers, response->peer);
    sink.on_bytes(response->body);
    co_return Result<void>{};
  }

  std::size_t count(std::string_view part) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        requests, [&](auto const& r) { return r.url.find(part) != std::string::npos; }));
  }
  http::ClientRequest const& last() const { return requests.back(); }

  std::vector<http::ClientRequest> requests;
  int in_flight = 0;
  int most_in_flight = 0;

 private:
  struct Scripted {
    std::string part;
    Answer answer;
  };
  struct Flying {
    Flying(FakeHttpClient& c, std::string const&) : client(c) {
      client.most_in_flight = std::max(client.most_in_flight, ++client.in_flight);
    }
    ~Flying() { --client.in_flight; }
    FakeHttpClient& client;
  };
  Answer pick(std::string const& url) {
    auto fits = [&](Scripted const& s) { return url.find(s.part) != std::string::npos; };
    if (auto it = std::ranges::find_if(once_, fits); it != once_.end()) {
      auto answer = std::move(it->answer);
      once_.erase(it);
      return answer;
    }
    auto it = std::ranges::find_if(always_, fits);
    return it == always_.end() ? Answer{} : it->answer;
  }

  std::deque<Scripted> once_;
  std::vector<Scripted> always_;
};

}  // namespace wardroom::test
