/// The machine the daemon runs on: system clock, sockets, libcurl, files, threads and signals.
#pragma once
#include "outside.hpp"
#include "process/signals.hpp"
#include "runtime/system_clock.hpp"

#include <boost/asio/io_context.hpp>

#include <optional>

namespace wardroom {

class Machine final : public Outside {
 public:
  /// Runs the loop until `ended`, or until nothing is left to do.
  void run() { io_.run(); }

  Executor loop() override { return io_.get_executor(); }
  Clock& clock() override { return clock_; }
  Random& random() override { return random_; }
  std::size_t helper_threads() const override { return 2; }
  std::string boot_id() const override;
  std::string host_name() const override;
  Result<std::unique_ptr<store::Database>> open_store(store::StoreSettings settings,
                                                      std::vector<store::Migration> steps,
                                                      store::Admit const& admit) override;
  std::unique_ptr<http::Client> http_client(http::CurlClient::Options options) override;
  std::unique_ptr<http::WarmClient> lane(TaskGroup& tasks,
                                         http::LaneClient::Options options) override;
  std::unique_ptr<xsi::SrvLookup> srv_lookup(std::vector<std::string> servers) override;
  std::unique_ptr<mail::Mailer> mailer(mail::SmtpSettings settings) override;
  std::unique_ptr<http::Door> door(std::string_view name, http::Router& router,
                                   http::DoorOptions options) override;
  void hear_signals(std::function<void()> stop, std::function<void()> reload) override;
  void ignore_signals() override;
  void ended() override { io_.stop(); }

 private:
  boost::asio::io_context io_{1};
  SystemClock clock_{io_.get_executor()};
  SystemRandom random_;
  std::optional<Signals> signals_;
};

}  // namespace wardroom
