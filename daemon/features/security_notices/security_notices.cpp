#include "features/security_notices/security_notices.hpp"

#include "base/log.hpp"
#include "features/security_notices/notices_inside.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace wardroom::security_notices {
namespace asio = boost::asio;

SecurityNotices::SecurityNotices(Ports ports, SecurityNoticesSettings settings)
    : ports_(std::move(ports)),
      settings_(std::move(settings)),
      tasks_(ports_.loop,
             [](std::string_view task, std::exception_ptr const& why) {
               log::error("a task of security_notices failed",
                          {{"task", task}, {"why", words_of(why)}});
             }),
      impl_(std::make_unique<Impl>(ports_, settings_, tasks_)) {
  impl_->set_mode();
}

SecurityNotices::~SecurityNotices() = default;

Task<void> SecurityNotices::run() {
  co_await finish_politely();
  try {
    co_await impl_->run();
  } catch (boost::system::system_error const& e) {
    if (e.code() != asio::error::operation_aborted) throw;
  }
  // Asked to stop: what follows must not be cut short by the same cancellation.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await impl_->stop();
}

Task<void> SecurityNotices::stop() { return impl_->stop(); }

void SecurityNotices::resync(std::string_view why) {
  if (!impl_->loaded) return;  // all of them are read after that
  for (auto const& bridge : impl_->bridges) impl_->want_resync(*bridge, std::string(why), true);
}

void SecurityNotices::set_policy(NoticePolicy policy) { impl_->set_policy(std::move(policy)); }

/// All secrets are compared, whichever fits.
std::optional<BridgeNo> SecurityNotices::bridge_of(std::string_view secret) const {
  std::optional<BridgeNo> out;
  for (std::size_t no = 0; no < ports_.secrets.size(); ++no)
    if (same_bytes(ports_.secrets[no].reveal(), secret) && !secret.empty()) out = BridgeNo(no);
  return out;
}

void SecurityNotices::count_stranger() { ++impl_->strangers; }
std::uint64_t SecurityNotices::strangers() const { return impl_->strangers; }

std::optional<BridgeNo> SecurityNotices::bridge_named(std::string_view name) const {
  for (auto const& bridge : impl_->bridges)
    if (bridge->name() == name) return bridge->no;
  return std::nullopt;
}

bool SecurityNotices::may_post(BridgeNo no, std::string_view remote) const {
  auto& bridge = *impl_->bridges.at(no);
  if (bridge.settings.from.empty()) return true;
  boost::system::error_code wrong;
  auto const address = asio::ip::make_address(std::string(remote), wrong);
  bool const may = !wrong && bridge.from && bridge.from->contains(http::unmapped(address));
  if (!may) ++bridge.counters.refused;
  return may;
}

Task<Received> SecurityNotices::receive(BridgeNo bridge, std::string body) {
  return impl_->receive(*impl_->bridges.at(bridge), std::move(body));
}
Task<Result<void>> SecurityNotices::resync(BridgeNo bridge, std::string why) {
  return impl_->resync(*impl_->bridges.at(bridge), std::move(why));
}
Task<Result<SecurityNotices::Registered>> SecurityNotices::enter_receiver(BridgeNo bridge) {
  return impl_->enter_receiver(*impl_->bridges.at(bridge));
}

std::vector<BridgeView> SecurityNotices::bridges() const { return impl_->views(); }
ConferenceLedger const& SecurityNotices::ledger() const { return impl_->ledger; }
NoticeBoard const& SecurityNotices::board() const { return impl_->board; }
NoticeBoard& SecurityNotices::board() { return impl_->board; }
SecurityNoticesStore& SecurityNotices::store() { return impl_->store; }

std::shared_ptr<void> SecurityNotices::on_change(std::function<void()> hear) {
  auto handle = std::make_shared<std::function<void()>>(std::move(hear));
  impl_->viewers.push_back(handle);
  return handle;
}

}  // namespace wardroom::security_notices
