#include "doctor/alert_checks.hpp"

#include "doctor/mail_server.hpp"

#include <fmt/format.h>

namespace wardroom::doctor {
namespace {
using namespace std::chrono_literals;

Findings look_at_alerts(alerts::Alerts const& alerts) {
  nlohmann::ordered_json status;
  alerts.add_status(status);
  auto const told = status.value("alerts", nlohmann::ordered_json::object());
  auto const ways = told.value("channels", nlohmann::ordered_json::array());
  if (ways.empty())
    return {warn("Nobody is told of trouble: the section alerts of the configuration names nobody.",
                 "wardroomctl config explain alerts.mail   # then: wardroomctl reload",
                 "configured")};
  Findings out;
  for (auto const& way : ways) {
    auto const channel = way.value("channel", "");
    auto const to = way.value("to", "");
    if (way.value("works", true))
      out.push_back(
          fine(fmt::format("{} to {}: nothing failed since the start.", channel, to), channel));
    else
      out.push_back(bad(fmt::format("Alerts by {} to {} do not get through: {}", channel, to,
                                    way.value("detail", "")),
                        "wardroomctl alerts test", channel));
  }
  auto const& counters = alerts.counters();
  out.push_back(
      fine(counters.delivered == 0
               ? "No alert was due since the start."
               : fmt::format("{} alerts were delivered since the start.", counters.delivered),
           "deliveries"));
  return out;
}

Task<Findings> look_at_mail(AlertPorts ports) {
  auto const& s = ports.settings;
  if (s.mail.empty()) co_return Findings{skipped("No mail server is configured.")};
  auto secrets = alerts::read_secrets(s);
  if (!secrets) co_return Findings{bad(secrets.error().what + ".", "wardroomctl doctor secrets")};
  auto const probe = std::make_shared<MailServerProbe>(alerts::smtp_settings(s, *secrets));
  auto const answer =
      co_await ports.beside.run([probe] { return probe->run(8s); }, [probe] { probe->give_up(); });
  if (!answer)
    co_return Findings{
        bad(fmt::format("The mail server does not answer as it should: {}.", answer.error().what),
            "wardroomctl alerts test   # after mending alerts.smtp")};
  co_return Findings{fine(fmt::format("The mail server {} answers{}.", *answer,
                                      s.smtp.username.empty() ? "" : " and takes the login"))};
}

}  // namespace

void add_alert_checks(Doctor& doctor, AlertPorts ports) {
  doctor.add({"alerts", "alerts", [&alerts = ports.alerts](CheckWish) -> Task<Findings> {
                co_return look_at_alerts(alerts);
              }});
  doctor.add({"alerts", "alerts.mail_server",
              [ports = std::move(ports)](CheckWish) { return look_at_mail(ports); }, 12s});
}

}  // namespace wardroom::doctor
