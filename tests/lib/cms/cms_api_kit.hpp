/// The client of one bridge between a scripted outside and virtual time: what the tests here share.
#pragma once
#include "cisco/cms/cms_api.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_http_client.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace wardroom::test {

struct Bridge : testing::Test {
  boost::asio::io_context io;
  FakeClock clock{io};
  FakeHttpClient http;
  SeededRandom dice{3};
  std::unique_ptr<cms::CmsApi> api = make("cms1");

  std::unique_ptr<cms::CmsApi> make(std::string const& name, cms::CmsLimits limits = {}) {
    return std::make_unique<cms::CmsApi>(
        http, clock, dice,
        cms::CmsSettings{.name = name,
                         .base_url = "https://" + name + ".test:445/api/v1/",
                         .username = "api",
                         .password = Secret(std::string("s3cret"))},
        limits);
  }
  /// A task that goes on while the test does.
  template <class T>
  struct Running {
    std::optional<T> value;
  };
  template <class T>
  std::shared_ptr<Running<T>> start(Task<T> task) {
    auto out = std::make_shared<Running<T>>();
    boost::asio::co_spawn(io.get_executor(), std::move(task), [out](std::exception_ptr e, T value) {
      if (e) std::rethrow_exception(e);
      out->value.emplace(std::move(value));
    });
    clock.drain();
    return out;
  }
  template <class T>
  T run(Task<T> task, Milliseconds time = std::chrono::minutes(10)) {
    auto const running = start(std::move(task));
    for (auto left = time; !running->value && left > Milliseconds(0); left -= Milliseconds(50))
      clock.advance(Milliseconds(50));
    if (!running->value) throw std::runtime_error("the task did not end");
    return std::move(*running->value);
  }
  static FakeHttpClient::Answer failed(int status, std::string const& words) {
    return FakeHttpClient::reply(
        status, "<?xml version=\"1.0\"?><failureDetails>" + words + "</failureDetails>");
  }
  /// Sends nothing any more: what still hangs is answered.
  void TearDown() override { clock.advance(std::chrono::hours(24 * 30)); }
};

}  // namespace wardroom::test
