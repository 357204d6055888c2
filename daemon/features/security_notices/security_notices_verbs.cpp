#include "features/security_notices/security_notices_verbs.hpp"

#include "features/security_notices/conference_choice.hpp"
#include "features/security_notices/gather.hpp"
#include "features/security_notices/security_notices_json.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace wardroom::security_notices {
namespace {

using Answer = Task<Result<Json>>;
using control::VerbCall;

constexpr std::size_t kMostConferences = 1'000;
constexpr std::size_t kAtOnce = 50;  // some 10 us each

std::size_t participants_of(SecurityNotices const& feature) {
  std::size_t out = 0;
  for (auto const n : feature.ledger().participants()) out += n;
  return out;
}

Answer status(SecurityNotices& feature) { co_return status_json(feature); }

Answer calls(SecurityNotices& feature, VerbCall call) {
  auto const level = level_param(call);
  if (!level) co_return std::unexpected(level.error());
  std::optional<BridgeNo> bridge;
  if (auto const name = call.get("bridge"); !name.empty()) {
    auto const found = bridge_of(feature, name);
    if (!found) co_return std::unexpected(found.error());
    bridge = *found;
  }
  auto const ids = listed_conferences(feature, *level, bridge);
  auto rows = Json::array();
  for (std::size_t i = 0; i < std::min(ids.size(), kMostConferences); ++i) {
    if (i > 0 && i % kAtOnce == 0) co_await boost::asio::post(feature.ports().loop, use_task);
    // It may have ended meanwhile.
    if (feature.ledger().knows(ids[i])) rows.push_back(conference_json(feature, ids[i]));
  }
  Json out{{"mode", name(feature.settings().policy.mode)},
           {"conferences", std::move(rows)},
           {"running", feature.ledger().size()},
           {"bridges", feature.settings().bridges.size()}};
  if (ids.size() > kMostConferences) out["more"] = ids.size() - kMostConferences;
  co_return out;
}

Answer show(SecurityNotices& feature, VerbCall call) {
  auto const id = choose_conference(feature, call.get("call"));
  if (!id) co_return std::unexpected(id.error());
  co_return co_await conference_detail(feature, shown_id(feature, *id));
}

/// One bridge, or all; in the order of the configuration.
Result<std::vector<BridgeNo>> bridges_of(SecurityNotices const& feature, VerbCall const& call) {
  if (auto const name = call.get("bridge"); !name.empty()) {
    auto const found = bridge_of(feature, name);
    if (!found) return std::unexpected(found.error());
    return std::vector{*found};
  }
  std::vector<BridgeNo> out;
  for (std::size_t no = 0; no < feature.settings().bridges.size(); ++no)
    out.push_back(static_cast<BridgeNo>(no));
  if (out.empty())
    return failure(ErrorKind::not_found,
                   "no meeting server is configured: write one under security_notices.bridges and "
                   "restart");
  return out;
}

Result<void> not_off(SecurityNotices const& feature) {
  if (feature.settings().policy.mode != FeatureMode::off) return {};
  return failure(ErrorKind::conflict,
                 "security_notices is off: set security_notices.mode to observe or enforce and "
                 "reload");
}

/// What became of each bridge: they are asked at the same time, and one that hangs holds up no
/// other.
struct Done {
  Json row;
  std::optional<Error> why{};  ///< it failed
};
using Deed = std::function<Task<Done>(BridgeNo)>;
Task<std::vector<Done>> at_each(SecurityNotices& feature, std::vector<BridgeNo> bridges,
                                Deed deed) {
  auto const out = std::make_shared<std::vector<Done>>(bridges.size());
  std::vector<std::function<Task<void>()>> work;
  for (std::size_t i = 0; i < bridges.size(); ++i)
    work.emplace_back(
        [out, deed, i, no = bridges[i]]() -> Task<void> { (*out)[i] = co_await deed(no); });
  co_await gather(feature.tasks(), feature.ports().loop, "a cms verb", std::move(work));
  co_return std::move(*out);
}

Json failure_json(Error const& why) {
  return {{"code", wardroom::name(why.kind)}, {"message", why.what}};
}

Json bridge_after(SecurityNotices const& feature, BridgeNo no) {
  auto const views = feature.bridges();
  return {{"bridge", views.at(no).settings->name},
          {"ok", true},
          {"calls", views.at(no).calls},
          {"legs", views.at(no).legs}};
}

Task<Done> resync_one(SecurityNotices& feature, BridgeNo no) {
  auto const begun = feature.ports().clock.uptime();
  auto const done = co_await feature.resync(no, "asked for by an operator");
  auto out = bridge_after(feature, no);
  out["ok"] = done.has_value();
  out["took_s"] = std::chrono::duration<double>(feature.ports().clock.uptime() - begun).count();
  if (done) co_return Done{std::move(out)};
  out["error"] = failure_json(done.error());
  co_return Done{std::move(out), done.error()};
}

std::size_t count_failed(Json const& rows) {
  return static_cast<std::size_t>(
      std::ranges::count_if(rows, [](Json const& row) { return !row.value("ok", false); }));
}

/// Of a bridge that was named: then its failure is the answer.
std::optional<Error> the_only_failure(VerbCall const& call, std::vector<Done> const& done) {
  return call.get("bridge").empty() || done.size() != 1 ? std::nullopt : done.front().why;
}

Json rows_of(std::vector<Done> done) {
  auto out = Json::array();
  for (auto& one : done) out.push_back(std::move(one.row));
  return out;
}

Answer resync(SecurityNotices& feature, VerbCall call) {
  if (auto const on = not_off(feature); !on) co_return std::unexpected(on.error());
  auto const which = bridges_of(feature, call);
  if (!which) co_return std::unexpected(which.error());
  call.change->object =
      call.get("bridge").empty() ? "all bridges" : fmt::format("bridge {}", call.get("bridge"));
  auto done = co_await at_each(feature, *which,
                               [&feature](BridgeNo no) { return resync_one(feature, no); });
  auto const why = the_only_failure(call, done);
  auto rows = rows_of(std::move(done));
  auto const failed = count_failed(rows);
  call.change->after = Json{{"bridges", rows.size()}, {"failed", failed}}.dump();
  if (why) co_return std::unexpected(*why);
  co_return Json{{"bridges", std::move(rows)},
                 {"failed", failed},
                 {"conferences", feature.ledger().size()},
                 {"participants", participants_of(feature)}};
}

Task<Done> register_one(SecurityNotices& feature, BridgeNo no) {
  auto const done = co_await feature.enter_receiver(no);
  Json out{{"bridge", feature.settings().bridges.at(no).name}, {"ok", done.has_value()}};
  if (done) {
    out["changed"] = done->changed;
    out["uri"] = done->uri;
    out["others"] = done->others;
    co_return Done{std::move(out)};
  }
  out["error"] = failure_json(done.error());
  co_return Done{std::move(out), done.error()};
}

Answer register_receivers(SecurityNotices& feature, VerbCall call) {
  auto const which = bridges_of(feature, call);
  if (!which) co_return std::unexpected(which.error());
  call.change->object =
      call.get("bridge").empty() ? "all bridges" : fmt::format("bridge {}", call.get("bridge"));
  auto done = co_await at_each(feature, *which,
                               [&feature](BridgeNo no) { return register_one(feature, no); });
  auto const why = the_only_failure(call, done);
  auto rows = rows_of(std::move(done));
  auto const failed = count_failed(rows);
  auto const changed =
      std::ranges::count_if(rows, [](Json const& row) { return row.value("changed", false); });
  call.change->after =
      Json{{"bridges", rows.size()}, {"entered", changed}, {"failed", failed}}.dump();
  if (why) co_return std::unexpected(*why);
  co_return Json{{"bridges", std::move(rows)}, {"failed", failed}};
}

}  // namespace

Result<int> level_param(VerbCall const& call) {
  auto const text = call.get("level");
  if (text.empty()) return 0;
  if (text.size() == 1 && text[0] >= '1' && text[0] <= '3') return text[0] - '0';
  return failure(ErrorKind::malformed,
                 fmt::format("\"{}\" is no level: 1 is secure, 2 internal, 3 external", text));
}

void add_security_notices_verbs(control::Verbs& verbs, SecurityNotices& feature) {
  auto& f = feature;
  verbs.handle("cms status", [&f](VerbCall) { return status(f); });
  verbs.handle("cms calls", [&f](VerbCall call) { return calls(f, std::move(call)); });
  verbs.handle("cms show", [&f](VerbCall call) { return show(f, std::move(call)); });
  verbs.handle("cms resync", [&f](VerbCall call) { return resync(f, std::move(call)); });
  verbs.handle("cms register",
               [&f](VerbCall call) { return register_receivers(f, std::move(call)); });
  add_report_verb(verbs, feature);
}

void SecurityNotices::add_verbs(control::Verbs& verbs) { add_security_notices_verbs(verbs, *this); }

}  // namespace wardroom::security_notices
