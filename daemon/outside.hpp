/// Everything the daemon stands on that is not its own, as one port: loop, time, chance, threads,
/// the store's disk, the network in both directions, signals. `Machine` is the real one; a test may
/// bring another and have the whole daemon in one process, on time and faults of its own.
#pragma once
#include "cisco/xsi/srv_lookup.hpp"
#include "http/curl_client.hpp"
#include "http/door.hpp"
#include "http/lane_client.hpp"
#include "mail/mailer.hpp"
#include "mail/smtp_settings.hpp"
#include "runtime/clock.hpp"
#include "runtime/random.hpp"
#include "store/open_store.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom {

/// Used on the loop. Outlives the daemon.
class Outside {
 public:
  virtual ~Outside() = default;

  virtual Executor loop() = 0;
  virtual Clock& clock() = 0;
  virtual Random& random() = 0;
  /// Of each pool of helpers; 0 = their work runs on the loop.
  virtual std::size_t helper_threads() const = 0;
  /// Names this boot of the machine: uptimes of another one mean nothing. Empty = not known.
  virtual std::string boot_id() const = 0;
  /// For readers of alerts: which machine it was.
  virtual std::string host_name() const = 0;

  /// As store::open_store, on our loop and clock.
  virtual Result<std::unique_ptr<store::Database>> open_store(store::StoreSettings settings,
                                                              std::vector<store::Migration> steps,
                                                              store::Admit const& admit) = 0;

  virtual std::unique_ptr<http::Client> http_client(http::CurlClient::Options options) = 0;
  /// Its connections are kept by tasks in `tasks`.
  virtual std::unique_ptr<http::WarmClient> lane(TaskGroup& tasks,
                                                 http::LaneClient::Options options) = 0;
  /// `servers` as in CaresSrvLookup.
  virtual std::unique_ptr<xsi::SrvLookup> srv_lookup(std::vector<std::string> servers) = 0;
  virtual std::unique_ptr<mail::Mailer> mailer(mail::SmtpSettings settings) = 0;
  /// `name`: http, cdr, control.
  virtual std::unique_ptr<http::Door> door(std::string_view name, http::Router& router,
                                           http::DoorOptions options) = 0;

  /// From now on `stop` is called when we are to end, and `reload` when files are to be read again.
  virtual void hear_signals(std::function<void()> stop, std::function<void()> reload) = 0;
  virtual void ignore_signals() = 0;
  /// Every task is awaited and every commit done: what is left are timers of owners that idle.
  virtual void ended() = 0;
};

}  // namespace wardroom
