/// A client of either kind with its loop, clock, tasks and server: what the tests here share.
#pragma once
#include "http/curl_client.hpp"
#include "http/lane_client.hpp"
#include "lib/http_client/fault_server.hpp"
#include "runtime/system_clock.hpp"
#include "runtime/task_group.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>

namespace wardroom::test {

struct ClientKit {
  boost::asio::io_context io{1};
  SystemClock clock{io.get_executor()};
  std::exception_ptr failed;
  TaskGroup tasks{io.get_executor(),
                  [this](std::string_view, std::exception_ptr why) { failed = why; }};
  std::unique_ptr<http::Client> client;

  ~ClientKit() {
    client.reset();
    run_task(io, tasks.stop(clock, Milliseconds(0)));
    EXPECT_FALSE(failed) << "a task of the client ended by an exception";
  }

  void make(std::string const& kind, std::string ca_file = "", std::size_t connections = 1) {
    if (kind == "curl") {
      http::CurlClient::Options options;
      options.ca_file = std::move(ca_file);
      client = std::make_unique<http::CurlClient>(io.get_executor(), clock, options);
    } else {
      http::LaneClient::Options options;
      options.ca_file = std::move(ca_file);
      options.connections = connections;
      client = std::make_unique<http::LaneClient>(io.get_executor(), clock, tasks, options);
    }
  }

  static http::ClientRequest get(std::string url) {
    http::ClientRequest request;
    request.url = std::move(url);
    request.timeout = Milliseconds(5000);
    return request;
  }
  Result<http::ClientResponse> send(http::ClientRequest request) {
    return run_task(io, client->send(std::move(request)));
  }
  /// Lets the loop work until `done`, 5 s at most.
  template <class Condition>
  bool until(Condition done) {
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    io.restart();
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      io.run_one_for(std::chrono::milliseconds(20));
      if (io.stopped()) io.restart();
    }
    return done();
  }
};

}  // namespace wardroom::test
