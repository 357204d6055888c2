#include "machine.hpp"

#include "http/server.hpp"
#include "mail/curl_mailer.hpp"
#include "people/fix_log.hpp"

#include <unistd.h>

namespace wardroom {

std::string Machine::boot_id() const { return people::machine_boot_id(); }

std::string Machine::host_name() const {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  return name;
}

Result<std::unique_ptr<store::Database>> Machine::open_store(store::StoreSettings settings,
                                                             std::vector<store::Migration> steps,
                                                             store::Admit const& admit) {
  return store::open_store(loop(), clock_, std::move(settings), std::move(steps), admit);
}

std::unique_ptr<http::Client> Machine::http_client(http::CurlClient::Options options) {
  return std::make_unique<http::CurlClient>(loop(), clock_, std::move(options));
}

std::unique_ptr<http::WarmClient> Machine::lane(TaskGroup& tasks,
                                                http::LaneClient::Options options) {
  return std::make_unique<http::LaneClient>(loop(), clock_, tasks, std::move(options));
}

std::unique_ptr<xsi::SrvLookup> Machine::srv_lookup(std::vector<std::string> servers) {
  return std::make_unique<xsi::CaresSrvLookup>(loop(), std::move(servers));
}

std::unique_ptr<mail::Mailer> Machine::mailer(mail::SmtpSettings settings) {
  return std::make_unique<mail::CurlMailer>(loop(), clock_, random_, std::move(settings));
}

std::unique_ptr<http::Door> Machine::door(std::string_view /*name*/, http::Router& router,
                                          http::DoorOptions options) {
  return std::make_unique<http::Server>(loop(), clock_, router, std::move(options));
}

void Machine::hear_signals(std::function<void()> stop, std::function<void()> reload) {
  signals_.emplace(loop(), std::move(stop), std::move(reload));
}

void Machine::ignore_signals() {
  if (signals_) signals_->ignore();
}

}  // namespace wardroom
