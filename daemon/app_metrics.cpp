// The figures of /metrics, each read when somebody asks.
#include "app_objects.hpp"

namespace wardroom {

void App::watch_metrics() {
  using metrics::Kind;
  auto const watch = [this](Kind kind, char const* name, char const* help,
                            std::function<double()> read) {
    metrics_.watch(kind, name, help, {}, std::move(read));
  };
  auto const& http = public_server_.counters();
  watch(Kind::counter, "wardroom_http_requests_total", "Requests on the public listener.",
        [&http] { return double(http.requests); });
  watch(Kind::counter, "wardroom_http_refused_total", "Requests refused before routing.",
        [&http] { return double(http.refused); });
  watch(Kind::gauge, "wardroom_http_connections", "Open connections on the public listener.",
        [&http] { return double(http.open); });
  watch(Kind::counter, "wardroom_location_posts_total", "Location posts taken into a commit.",
        [this] { return double(fixes_.health().recorded); });
  watch(Kind::counter, "wardroom_location_posts_refused_total",
        "Location posts refused because the store lagged.",
        [this] { return double(fixes_.health().refused); });
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
  watch(Kind::gauge, "wardroom_calls_live", "Calls in progress.",
        [this] { return double(call_blocking_.ledger().size()); });
  auto const channels = [this](auto member) {
    return [this, member] { return double(call_events_.health().*member); };
  };
  watch(Kind::counter, "wardroom_xsi_blind_seconds_total",
        "Seconds without any channel while monitoring.", channels(&ChannelHealth::blind_seconds));
  watch(Kind::counter, "wardroom_xsi_acks_total", "Events acknowledged.",
        channels(&ChannelHealth::acks));
  watch(Kind::counter, "wardroom_xsi_ack_failures_total", "Acknowledgements given up.",
        channels(&ChannelHealth::ack_failures));
  watch(Kind::counter, "wardroom_xsi_reconnects_total", "Channels opened again.",
        channels(&ChannelHealth::reconnects));
  watch(Kind::gauge, "wardroom_protection_down",
        "1 while calls are not watched although they should be.",
        [this] { return call_events_.health().protection_down ? 1.0 : 0.0; });
  watch(Kind::counter, "wardroom_webex_requests_total", "Requests to Webex REST.",
        [this] { return double(webex_.counters().requests); });
  watch(Kind::counter, "wardroom_webex_throttled_total", "Answers 429 of Webex REST.",
        [this] { return double(webex_.counters().throttled); });
}

}  // namespace wardroom
