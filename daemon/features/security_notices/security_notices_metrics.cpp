#include "features/security_notices/security_notices_metrics.hpp"

#include <array>
#include <limits>
#include <memory>

namespace wardroom::security_notices {
namespace {

using metrics::Kind;

/// The views of all bridges, made once for all figures of one reading.
class Views {
 public:
  explicit Views(SecurityNotices const& feature) : feature_(feature) {}
  BridgeView const& of(BridgeNo no) {
    auto const now = feature_.ports().clock.uptime();
    if (views_.size() <= no || now - made_ > std::chrono::milliseconds(500)) {
      views_ = feature_.bridges();
      made_ = now;
    }
    return views_.at(no);
  }

 private:
  SecurityNotices const& feature_;
  std::vector<BridgeView> views_;
  Uptime made_{};
};
using SharedViews = std::shared_ptr<Views>;

void watch_counters(metrics::Registry& registry, SharedViews const& views, BridgeNo no,
                    std::string const& bridge) {
  auto const add = [&](char const* name, char const* help, std::uint64_t BridgeCounters::* which) {
    registry.watch(Kind::counter, name, help, {{"bridge", bridge}},
                   [views, no, which] { return double(views->of(no).counters.*which); });
  };
  add("wardroom_cms_posts_total", "Posts of call detail records.", &BridgeCounters::posts);
  add("wardroom_cms_records_total", "Call detail records taken.", &BridgeCounters::records);
  add("wardroom_cms_duplicates_total", "Records that had come before.",
      &BridgeCounters::duplicates);
  add("wardroom_cms_gaps_total", "Places where records are missing.", &BridgeCounters::gaps);
  add("wardroom_cms_lost_total", "Records that are missing.", &BridgeCounters::lost);
  add("wardroom_cms_malformed_total", "Posts that could not be read to their end.",
      &BridgeCounters::malformed);
  add("wardroom_cms_posts_refused_total", "Posts refused: of an address that may not post.",
      &BridgeCounters::refused);
  add("wardroom_cms_store_failures_total",
      "Posts answered 503 because the store did not take them.", &BridgeCounters::store_failures);
  add("wardroom_cms_sessions_total", "Restarts of the bridge, by its records.",
      &BridgeCounters::sessions);
  add("wardroom_cms_resyncs_total", "Readings of the whole bridge.", &BridgeCounters::resyncs);
  add("wardroom_cms_resyncs_failed_total", "Readings of the whole bridge that failed.",
      &BridgeCounters::resyncs_failed);
}

void watch_bridge(metrics::Registry& registry, SharedViews const& views, BridgeNo no,
                  std::string const& bridge) {
  watch_counters(registry, views, no, bridge);
  auto const add = [&](char const* name, char const* help, auto read) {
    registry.watch(Kind::gauge, name, help, {{"bridge", bridge}},
                   [views, no, read] { return double(read(views->of(no))); });
  };
  add("wardroom_cms_up", "1 while the API of the bridge answers.",
      [](BridgeView const& view) { return view.silent_since ? 0 : 1; });
  add("wardroom_cms_doubt", "1 while its conferences show level 3 because something is not known.",
      [](BridgeView const& view) { return view.doubt.empty() ? 0 : 1; });
  add("wardroom_cms_behind", "Records it made that did not come, at the last check; NaN = unknown.",
      [](BridgeView const& view) {
        return view.behind ? double(*view.behind) : std::numeric_limits<double>::quiet_NaN();
      });
  add("wardroom_cms_registered", "1 while our receiver is in its list; NaN = unknown.",
      [](BridgeView const& view) {
        if (view.registration == Registration::unknown)
          return std::numeric_limits<double>::quiet_NaN();
        return view.registration == Registration::registered ? 1.0 : 0.0;
      });
  add("wardroom_cms_calls", "Calls on the bridge.",
      [](BridgeView const& view) { return view.calls; });
  add("wardroom_cms_legs", "Legs on the bridge.", [](BridgeView const& view) { return view.legs; });
}

constexpr std::array<char const*, 4> level_labels{"none", "1", "2", "3"};

void watch_levels(metrics::Registry& registry, SecurityNotices const& feature) {
  for (std::size_t level = 0; level < level_labels.size(); ++level) {
    registry.watch(Kind::gauge, "wardroom_conferences",
                   "Conferences, by the level they should show.", {{"level", level_labels[level]}},
                   [&feature, level] { return double(feature.board().levels()[level]); });
    if (level == 0) continue;
    registry.watch(Kind::gauge, "wardroom_conference_participants",
                   "People in conferences, by their own level.", {{"level", level_labels[level]}},
                   [&feature, level] { return double(feature.ledger().participants()[level]); });
  }
}

void watch_notices(metrics::Registry& registry, NoticeBoard const& board) {
  auto const& counters = board.counters();
  auto const put = [&](char const* result, std::uint64_t const& count) {
    registry.watch(Kind::counter, "wardroom_notices_total",
                   "Notices sent to calls, by what became of them.", {{"result", result}},
                   [&count] { return double(count); });
  };
  put("put", counters.put);
  put("failed", counters.put_failed);
  put("observed", counters.observed);
  put("reasserted", counters.reasserted);
  auto const change = [&](char const* way, std::uint64_t const& count) {
    registry.watch(Kind::counter, "wardroom_notice_changes_total",
                   "Changes of what conferences should show.", {{"way", way}},
                   [&count] { return double(count); });
  };
  change("raised", counters.raised);
  change("lowered", counters.lowered);
  change("cleared", counters.cleared);
  auto const reading = [&](char const* result, std::uint64_t const& count) {
    registry.watch(Kind::counter, "wardroom_conference_readings_total",
                   "Readings of conferences that may lower their level.", {{"result", result}},
                   [&count] { return double(count); });
  };
  reading("begun", counters.readings);
  reading("failed", counters.readings_failed);
  registry.watch(Kind::gauge, "wardroom_notices_late",
                 "Calls that show a lower level than they should for more than 5 seconds.", {},
                 [&board] { return double(board.behind(std::chrono::seconds(5))); });
}

}  // namespace

void watch_metrics(metrics::Registry& registry, SecurityNotices& feature) {
  auto const views = std::make_shared<Views>(feature);
  auto const& bridges = feature.settings().bridges;
  for (std::size_t no = 0; no < bridges.size(); ++no)
    watch_bridge(registry, views, static_cast<BridgeNo>(no), bridges[no].name);
  watch_levels(registry, feature);
  watch_notices(registry, feature.board());
  auto& raise = registry.histogram(
      "wardroom_notice_raise_seconds",
      "From the moment that a higher level is wanted to the last of its calls showing it.",
      metrics::latency_bounds());
  feature.board().set_hear_latency([&raise](double seconds) { raise.observe(seconds); });
}

}  // namespace wardroom::security_notices
