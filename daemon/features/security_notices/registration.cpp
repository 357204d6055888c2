// Whether a bridge posts to us, and entering our receiver where it does not.
#include "base/log.hpp"
#include "features/security_notices/notices_inside.hpp"
#include "features/security_notices/receiver_uri.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace wardroom::security_notices {
namespace {

Registration registration_of(ReceiversLook const& look) {
  if (look.ours) return Registration::registered;
  return look.full && !look.id ? Registration::full : Registration::missing;
}

}  // namespace

Task<Result<void>> SecurityNotices::Impl::look_at_registration(BridgeState& bridge) {
  if (settings.receiver_url.empty()) co_return Result<void>{};  // nobody told what ours is
  auto const found = co_await bridge.api->receivers();
  if (!found) co_return std::unexpected(found.error());
  auto look = look_at_receivers(*found, settings.receiver_url, ports.secrets.at(bridge.no));
  auto const now = registration_of(look);
  bridge.receivers = std::move(look.shown);
  if (now != bridge.registration && now != Registration::registered)
    log::warning(
        "a bridge does not post its records to us",
        {{"bridge", bridge.name()}, {"remedy", "wardroomctl cms register " + bridge.name()}});
  bridge.registration = now;
  changed();
  co_return Result<void>{};
}

/// What somebody else entered is never touched; the bridge is read afterwards, for what happened
/// before our place in its list is never posted to us.
Task<Result<SecurityNotices::Registered>> SecurityNotices::Impl::enter_receiver(
    BridgeState& bridge) {
  if (settings.receiver_url.empty())
    co_return failure(ErrorKind::conflict,
                      "our own URL is not known: set http.public_url or "
                      "security_notices.receiver_url");
  auto const& secret = ports.secrets.at(bridge.no);
  auto const found = co_await bridge.api->receivers();
  if (!found) co_return std::unexpected(found.error());
  auto const look = look_at_receivers(*found, settings.receiver_url, secret);
  Registered out{.changed = false, .uri = settings.receiver_url + "/…", .others = look.others};
  if (look.ours) {
    bridge.registration = Registration::registered;
    co_return out;
  }
  if (look.full && !look.id)
    co_return failure(
        ErrorKind::conflict,
        fmt::format("all {} places for receivers of {} are taken: {}; remove one there and try "
                    "again",
                    found->most, bridge.name(), fmt::join(look.others, ", ")));
  std::string uri(receiver_uri(settings.receiver_url, secret).reveal());
  Result<void> done;
  if (look.id)
    done = co_await bridge.api->change_receiver(*look.id, std::move(uri));
  else
    done = co_await bridge.api->add_receiver(std::move(uri));
  if (!done) co_return std::unexpected(done.error());
  out.changed = true;
  store.tell_bridge(bridge.name(), "registered", "The bridge posts its records to us from now on.");
  store_soon();
  auto const checked = co_await look_at_registration(bridge);
  if (!checked) co_return std::unexpected(checked.error());
  if (bridge.registration != Registration::registered)
    co_return failure(ErrorKind::conflict,
                      fmt::format("{} took our receiver but does not list it", bridge.name()));
  want_resync(bridge, "our receiver was entered");
  co_return out;
}

}  // namespace wardroom::security_notices
