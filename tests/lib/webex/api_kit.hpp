/// The REST client between a scripted outside and virtual time: what the tests here share.
#pragma once
#include "cisco/webex/webex_api.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_http_client.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>

namespace wardroom::webex {
class FakeTokens final : public oauth::AccessTokens {
 public:
  Task<Result<Secret>> bearer(std::string) override {
    co_return Secret("A" + std::to_string(version));
  }
  Task<Result<Secret>> replace(std::string, Secret used) override {
    ++replaced;
    if (used.reveal() == "A" + std::to_string(version)) ++version;
    co_return Secret("A" + std::to_string(version));
  }
  int version = 1, replaced = 0;
};

struct Api : testing::Test {
  boost::asio::io_context io;
  test::FakeClock clock{io};
  test::FakeHttpClient http;
  FakeTokens tokens;
  SeededRandom random{3};
  WebexApi api{{http, tokens, clock, random},
               {.base_url = "https://webexapis.com/v1/",
                .limits = {.in_flight = 4, .writes = 2, .urgent = 0}}};

  template <class T>
  T run(Task<T> task, Milliseconds time = std::chrono::minutes(10)) {
    std::optional<T> out;
    boost::asio::co_spawn(io.get_executor(), std::move(task), [&](std::exception_ptr e, T value) {
      if (e) std::rethrow_exception(e);
      out.emplace(std::move(value));
    });
    clock.drain();
    for (auto left = time; !out && left > Milliseconds(0); left -= Milliseconds(100))
      clock.advance(Milliseconds(100));
    if (!out) throw std::runtime_error("the task did not end");
    return std::move(*out);
  }
};

}  // namespace wardroom::webex
