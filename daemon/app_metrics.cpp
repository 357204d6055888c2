// The figures of /metrics, each read when somebody asks.
#include "app_objects.hpp"
#include "base/secret_memory.hpp"
#include "features/security_notices/security_notices_metrics.hpp"
#include "features/space_sync/space_sync_metrics.hpp"

#include <algorithm>
#include <limits>

namespace wardroom {

void App::watch_metrics() {
  using metrics::Kind;
  auto const watch = [this](Kind kind, char const* name, char const* help,
                            std::function<double()> read) {
    metrics_.watch(kind, name, help, {}, std::move(read));
  };
  auto const& http = public_door_->counters();
  watch(Kind::counter, "wardroom_http_requests_total", "Requests on the public listener.",
        [&http] { return double(http.requests); });
  watch(Kind::counter, "wardroom_http_refused_total", "Requests refused before routing.",
        [&http] { return double(http.refused); });
  watch(Kind::gauge, "wardroom_http_connections", "Open connections on the public listener.",
        [&http] { return double(http.open); });
  watch(Kind::counter, "wardroom_tls_handshakes_failed_total",
        "TLS connections to the public and the records' listener that never stood.", [this] {
          return double(public_door_->counters().handshakes_failed +
                        cdr_door_->counters().handshakes_failed);
        });
  watch(Kind::counter, "wardroom_location_posts_total", "Location posts taken into a commit.",
        [this] { return double(fixes_.health().recorded); });
  watch(Kind::counter, "wardroom_location_posts_refused_total",
        "Location posts refused because the store lagged.",
        [this] { return double(fixes_.health().refused); });
  watch(Kind::gauge, "wardroom_fix_history_bytes",
        "Bytes of positions kept for replays, as of the last hourly sweep.",
        [this] { return double(call_blocking_.history().size().bytes); });
  watch(Kind::counter, "wardroom_store_commits_total", "Commits of the writer.",
        [this] { return double(database_->health().commits); });
  watch(Kind::counter, "wardroom_store_failures_total", "Failed commits.",
        [this] { return double(database_->health().failures); });
  watch(Kind::gauge, "wardroom_people", "People known.", [this] { return double(roster_.size()); });
  watch(Kind::gauge, "wardroom_people_tracked", "People with a position.",
        [this] { return double(roster_.tracked()); });
  auto const& calls = call_blocking_.counters();
  watch(Kind::counter, "wardroom_call_events_total", "Call events received.",
        [&calls] { return double(calls.events); });
  watch(Kind::counter, "wardroom_calls_decided_total", "Calls a verdict was given on.",
        [&calls] { return double(calls.decided); });
  watch(Kind::counter, "wardroom_calls_rejected_total", "Calls released.",
        [&calls] { return double(calls.rejected); });
  watch(Kind::counter, "wardroom_calls_reject_failed_total", "Calls whose release failed.",
        [&calls] { return double(calls.reject_failed); });
  watch(Kind::counter, "wardroom_calls_emergency_total",
        "Emergency calls, which are never touched.", [&calls] { return double(calls.emergency); });
  auto const& notices = call_blocking_.notices().counters();
  auto const notice = [&](char const* end, std::uint64_t const& count) {
    metrics_.watch(Kind::counter, "wardroom_caller_notices_total",
                   "Messages to blocked people, by how they ended.", {{"end", end}},
                   [&count] { return double(count); });
  };
  notice("sent", notices.sent);
  notice("uncertain", notices.uncertain);
  notice("failed", notices.failed);
  notice("dropped", notices.dropped);
  watch(Kind::gauge, "wardroom_calls_live", "Calls in progress.",
        [this] { return double(call_blocking_.ledger().size()); });
  auto const channels = [this](auto member) {
    return [this, member] { return double(call_events_.health().*member); };
  };
  watch_sight();
  watch(Kind::counter, "wardroom_xsi_acks_total", "Events acknowledged.",
        channels(&ChannelHealth::acks));
  watch(Kind::counter, "wardroom_xsi_ack_failures_total", "Acknowledgements given up.",
        channels(&ChannelHealth::ack_failures));
  watch(Kind::counter, "wardroom_xsi_reconnects_total", "Channels opened again.",
        channels(&ChannelHealth::reconnects));
  watch(Kind::gauge, "wardroom_protection_down",
        "1 while calls are not watched although they should be.", [this] {
          auto const& monitoring = call_blocking_.monitoring();
          return monitoring.on() && !monitoring.watching() ? 1.0 : 0.0;
        });
  watch(Kind::counter, "wardroom_webex_requests_total", "Requests to Webex REST.",
        [this] { return double(webex_.counters().requests); });
  watch(Kind::counter, "wardroom_webex_throttled_total", "Answers 429 of Webex REST.",
        [this] { return double(webex_.counters().throttled); });
  space_sync::watch_metrics(metrics_, space_sync_);
  security_notices::watch_metrics(metrics_, security_notices_);
  watch_releases();
  watch_logins();
}

/// Whether calls are watched, and what was missed.
void App::watch_sight() {
  using metrics::Kind;
  auto const watch = [this](Kind kind, char const* name, char const* help, auto read) {
    metrics_.watch(kind, name, help, {},
                   [this, read] { return double(read(call_events_.health())); });
  };
  using Health = ChannelHealth const&;
  watch(Kind::counter, "wardroom_xsi_blind_seconds_total",
        "Seconds without sight of calls while monitoring.",
        [](Health h) { return h.blind_seconds; });
  watch(Kind::counter, "wardroom_xsi_blind_periods_total",
        "How often calls were not watched while they should have been.",
        [this](Health) { return call_blocking_.sight().times(); });
  watch(Kind::gauge, "wardroom_xsi_unwatched_before_start_seconds",
        "For how long calls were not watched because the daemon was not running, until its start.",
        [this](Health) { return call_blocking_.sight().away_seconds(); });
  watch(Kind::gauge, "wardroom_xsi_channels_expected", "XSPs to each of which a channel is kept.",
        [](Health h) { return h.monitoring ? h.channels.size() : 0; });
  watch(Kind::gauge, "wardroom_xsi_channels_up", "Event channels that are up.", [](Health h) {
    return std::ranges::count_if(h.channels, [](auto const& c) { return c.up; });
  });
  watch(Kind::gauge, "wardroom_xsi_subscribed", "1 while subscribed to the organisation's calls.",
        [](Health h) { return h.subscribed; });
  watch(Kind::counter, "wardroom_xsi_duplicates_total", "Events that came twice.",
        [](Health h) { return h.duplicates; });
  watch(Kind::counter, "wardroom_xsi_malformed_total", "Documents that could not be read.",
        [](Health h) { return h.malformed; });
  watch(Kind::counter, "wardroom_xsi_gaps_total", "Events that never came, by their numbers.",
        [](Health h) { return h.gaps; });
  watch(Kind::counter, "wardroom_xsi_overflows_total", "Events dropped because too many waited.",
        [](Health h) { return h.overflows; });
  watch(Kind::counter, "wardroom_xsi_resyncs_total", "How often live calls were asked for anew.",
        [](Health h) { return h.resyncs; });
  watch(Kind::counter, "wardroom_xsi_unresponsive_total",
        "Channels the platform ended for missing acknowledgements.",
        [](Health h) { return h.unresponsive; });
  watch(Kind::gauge, "wardroom_xsi_events_waiting", "Events received and not handled yet.",
        [](Health h) { return h.events_waiting; });
  watch(Kind::gauge, "wardroom_xsi_acks_waiting", "Acknowledgements under way.",
        [](Health h) { return h.acks_waiting; });
}

/// By end, and by whether the call had been answered before.
void App::watch_releases() {
  using call_blocking::Decision;
  for (auto const how : {Decision::rejected, Decision::reject_failed, Decision::observed})
    for (bool const answered : {false, true})
      metrics_.watch(metrics::Kind::counter, "wardroom_releases_total",
                     "Calls to be released, by end and by whether they had been answered.",
                     {{"end", std::string(name(how))}, {"answered", answered ? "yes" : "no"}},
                     [this, how, answered] {
                       return double(call_blocking_.release_times().count(how, answered));
                     });
  auto& took = metrics_.histogram("wardroom_release_seconds",
                                  "From the event, position or moment that asked for it to the "
                                  "release that the platform took.",
                                  {0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.5, 3, 5, 15});
  call_blocking_.release_times().set_hear([&took](double seconds) { took.observe(seconds); });
}

/// By configured identity; people's own grants come and go and are counted in `token show`.
void App::watch_logins() {
  using metrics::Kind;
  auto const figure = [this](std::string identity, auto read) {
    return [this, identity = std::move(identity), read] {
      for (auto const& one : vault_.figures())
        if (one.identity == identity) return double(read(one));
      return 0.0;
    };
  };
  using Figures = oauth::GrantFigures;
  auto const days = [](std::optional<std::chrono::seconds> left) {
    return left ? double(left->count()) / 86'400 : std::numeric_limits<double>::quiet_NaN();
  };
  for (auto const& [name, unused] : settings_.identities) {
    auto const add = [&](Kind kind, char const* metric, char const* help, auto read) {
      metrics_.watch(kind, metric, help, {{"identity", name}}, figure(name, read));
    };
    add(Kind::gauge, "wardroom_grant_valid", "1 while the login can be used.",
        [](Figures const& f) {
          return f.state == oauth::GrantState::valid ||
                 f.state == oauth::GrantState::renewing_fails ||
                 f.state == oauth::GrantState::signs_by_itself;
        });
    add(Kind::gauge, "wardroom_grant_needs_login", "1 while somebody must log in.",
        [](Figures const& f) {
          return f.state == oauth::GrantState::missing || f.state == oauth::GrantState::needs_login;
        });
    add(Kind::gauge, "wardroom_grant_access_seconds_left", "Until the access token ends.",
        [](Figures const& f) { return f.access_left ? double(f.access_left->count()) : 0.0; });
    add(Kind::gauge, "wardroom_grant_refresh_days_left",
        "Until the refresh token ends; NaN when Webex does not say.",
        [days](Figures const& f) { return days(f.refresh_left); });
    add(Kind::counter, "wardroom_token_renewals_total", "Access tokens renewed.",
        [](Figures const& f) { return f.renewals; });
    add(Kind::counter, "wardroom_token_renewal_failures_total", "Renewals that failed.",
        [](Figures const& f) { return f.failures; });
    add(Kind::counter, "wardroom_grants_retired_total", "Grants that Webex ended.",
        [](Figures const& f) { return f.retired; });
  }
  auto const& told = alerts_.counters();
  auto const alert = [this](Kind kind, char const* metric, char const* help,
                            std::function<double()> read) {
    metrics_.watch(kind, metric, help, {}, std::move(read));
  };
  alert(Kind::gauge, "wardroom_alerts_open", "Alerts told and not over.",
        [this] { return double(alerts_.open()); });
  alert(Kind::counter, "wardroom_alerts_delivered_total", "Messages delivered.",
        [&told] { return double(told.delivered); });
  alert(Kind::counter, "wardroom_alerts_failed_total", "Attempts to deliver that failed.",
        [&told] { return double(told.failed); });
  alert(Kind::gauge, "wardroom_secret_memory_unlocked_bytes",
        "Memory of secrets that the system would not lock.",
        [] { return double(secret_memory().unlocked_bytes); });
}

}  // namespace wardroom
