// POST /sim/faults: switches stay until they are set again, commands act once.
#include "sim/control_api.hpp"
#include "sim/control_json.hpp"

#include <optional>

namespace wardroom::sim {

using nlohmann::json;

Answer ControlApi::faults(json wish) {
  // Commands first: they act once and are no switches.
  auto take = [&](char const* key) -> std::optional<json> {
    auto const found = wish.find(key);
    if (found == wish.end()) return std::nullopt;
    json value = *found;
    wish.erase(found);
    return value;
  };
  auto const reset = take("reset"), expire = take("expire_tokens"), revoke = take("revoke_grants"),
             revoke_one = take("revoke_grant"), cut = take("cut_streams"),
             end = take("terminate_channels"), drop = take("drop_subscriptions"),
             resync = take("send_resync"), inject = take("inject"), sequence = take("set_sequence"),
             displace = take("displace_sets");
  if (inject && !garbage(inject->is_object()   ? text_in(*inject, "kind")
                         : inject->is_string() ? inject->get<std::string>()
                                               : std::string()))
    return trouble(400, "inject names no known kind; docs/api.md lists them");
  auto const grant = revoke_one && revoke_one->is_string()
                         ? platform_.oauth.book().grant_named(revoke_one->get<std::string>())
                         : std::nullopt;
  if (revoke_one && !grant)
    return trouble(404, "no such grant; GET /sim/state lists them under \"grants\"");
  auto next = reset && *reset == true ? Faults{} : platform_.faults;
  if (reset) next.token_life_s = platform_.faults.token_life_s;
  if (auto const applied = set_switches(next, wish); !applied)
    return trouble(400, applied.error().what);
  platform_.faults = std::move(next);
  platform_.webex.follow_faults();
  if (reset && *reset == true) {
    platform_.messages.clear();
    platform_.mail.clear();
    platform_.load.stop();
    platform_.dns.behave();
  }
  if (grant) platform_.oauth.book().revoke_grant(*grant);
  sockets_.follow_xsp_down();
  if (expire && *expire == true) platform_.oauth.book().expire_access_tokens();
  if (revoke && *revoke == true) platform_.oauth.book().revoke_all();
  if (cut && cut->is_string())
    platform_.xsi.cut_streams(ending_of(cut->get<std::string>()), std::nullopt);
  if (cut && cut->is_object()) {
    auto const xsp = number_in(*cut, "xsp");
    platform_.xsi.cut_streams(ending_of(text_in(*cut, "how", "fin")),
                              xsp ? std::optional(std::size_t(*xsp)) : std::nullopt,
                              cut->value("truncated", json(false)) == true);
  }
  if (inject && inject->is_string()) platform_.xsi.inject(inject->get<std::string>(), std::nullopt);
  if (inject && inject->is_object()) {
    auto const xsp = number_in(*inject, "xsp");
    platform_.xsi.inject(text_in(*inject, "kind"),
                         xsp ? std::optional(std::size_t(*xsp)) : std::nullopt);
  }
  if (sequence && sequence->is_number_integer())
    platform_.xsi.set_sequence(sequence->get<std::int64_t>());
  if (displace && displace->is_boolean() && *displace == true) platform_.xsi.displace("");
  if (displace && displace->is_string()) platform_.xsi.displace(displace->get<std::string>());
  if (end && end->is_string()) platform_.xsi.terminate_channels(end->get<std::string>());
  if (drop && drop->is_boolean()) platform_.xsi.drop_subscriptions(drop->get<bool>());
  if (resync && *resync == true) platform_.xsi.send_resync();
  return ok({{"faults", sim::to_json(platform_.faults)}});
}

}  // namespace wardroom::sim
