#include "sim/story.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {
namespace {
using nlohmann::json;

struct Start {
  char const* person;
  GeoPoint where;
  bool shares = true;
  bool at_home = true;  ///< where this person's calls are allowed
};
constexpr GeoPoint graz{47.0707, 15.4395};
// Nearly everybody is in Vienna; two are in Graz, where only the group Pilot may call from; one is
// in Paris, one in Denver, one does not say.
constexpr std::array starts{
    Start{"ada@acme.example", {48.2066, 16.3707}},
    Start{"zoe.mueller@acme.example", graz},
    Start{"juergen.gross@acme.example", {48.2002, 16.3656}},
    Start{"lukasz.zolc@acme.example", {48.2201, 16.3901}},
    Start{"soren.kjaer@acme.example", {48.1951, 16.3483}},
    Start{"umit.ozdemir@acme.example", paris, true, false},
    Start{"renee.oconnor@acme.example", denver, true, false},
    Start{"irina.sokolova@acme.example", {48.2130, 16.3605}},
    Start{"ken.watanabe@acme.example", graz, true, false},
    Start{"aoife.nibhriain@acme.example", vienna, false},
};

void note(json& steps, std::string step, bool ok, std::string detail) {
  steps.push_back({{"step", std::move(step)}, {"ok", ok}, {"detail", std::move(detail)}});
}

PlaceCall call(std::string from, std::string to, double answer_s, double hang_up_s) {
  return {std::move(from), std::move(to), answer_s, hang_up_s};
}

}  // namespace

std::vector<Story::Scene> Story::scenes() {
  using std::chrono::seconds;
  std::vector<Scene> all;
  all.push_back({"a person in Vienna calls out", "goes on", seconds(0),
                 call("irina.sokolova@acme.example", "+442079460000", 2, 5)});
  all.push_back({"a person in Graz, of a group that may be anywhere in the country, calls out",
                 "goes on", seconds(0), call("zoe.mueller@acme.example", "+442079460000", 2, 5)});
  all.push_back({"another one in Graz, not of that group, calls out", "released", seconds(1),
                 call("ken.watanabe@acme.example", "+442079460000", 5, 12)});
  all.push_back({"two people in Vienna call each other", "goes on", seconds(0),
                 call("juergen.gross@acme.example", "lukasz.zolc@acme.example", 2, 5)});
  all.push_back({"a person in Paris calls 112", "goes on", seconds(0),
                 call("umit.ozdemir@acme.example", "112", 1, 6)});
  all.push_back({"the same person in Paris calls out meanwhile", "released", seconds(2),
                 call("umit.ozdemir@acme.example", "+442079460000", 5, 12)});
  all.push_back({"a person in Denver calls 9-911", "goes on", seconds(0),
                 call("renee.oconnor@acme.example", "9-911", 1, 5)});
  Scene moves{"a person in Vienna calls out and travels to Budapest", "released", seconds(0),
              call("soren.kjaer@acme.example", "+442079460001", 1, 15)};
  moves.moves = "soren.kjaer@acme.example";
  moves.moves_after = seconds(3);
  moves.where = budapest;
  all.push_back(std::move(moves));
  all.push_back({"somebody outside calls a person who shares no position", "by policy", seconds(1),
                 call("+442079460002", "aoife.nibhriain@acme.example", 5, 8)});
  return all;
}

Task<json> Story::tell(StoryWish wish) {
  auto const began = clock_.uptime();
  auto const violations = platform_.calls.counters()["emergency_violations"].get<std::uint64_t>();
  json report{{"steps", json::array()}, {"calls", json::array()}};
  auto finish = [&](bool ok, std::string sentence) {
    report["ok"] = ok;
    report["sentence"] = std::move(sentence);
    report["emergency_violations"] =
        platform_.calls.counters()["emergency_violations"].get<std::uint64_t>() - violations;
    report["took_s"] = std::chrono::duration<double>(clock_.uptime() - began).count();
    return report;
  };

  auto const entered = co_await log_everybody_in(wish, report["steps"]);
  if (!entered) co_return finish(false, entered.error().what);
  auto const followed = co_await wait_until_followed(wish, report["steps"]);
  if (!followed) co_return finish(false, followed.error().what);

  auto all = scenes();
  co_await play(all, wish.patience_s);
  std::string wrong;
  for (auto const& scene : all) {
    report["calls"].push_back(outcome(scene));
    if (!report["calls"].back()["ok"].get<bool>())
      wrong += (wrong.empty() ? "" : "; ") + scene.title;
  }
  if (!wrong.empty()) co_return finish(false, "not as expected: " + wrong);
  co_return finish(true, "every call ended as it should");
}

Task<Result<void>> Story::log_everybody_in(StoryWish wish, json& steps) {
  auto* admin = browsers_.of(wish.admin);
  if (!admin) co_return failure(ErrorKind::not_found, "nobody here has the address " + wish.admin);
  auto entered = co_await admin->log_in(wish.daemon, true, wish.code);
  note(steps, "admin login", entered.has_value(), entered ? wish.admin : entered.error().what);
  if (!entered) co_return entered;

  for (auto const& start : starts) {
    auto* browser = browsers_.of(start.person);
    entered = co_await browser->log_in(wish.daemon, false, "");
    if (!entered) {
      note(steps, "login", false, entered.error().what);
      co_return entered;
    }
    if (!start.shares) {
      note(steps, "login", true, fmt::format("{}, who shares no position", start.person));
      continue;
    }
    auto posted = co_await browser->move_to({start.where});
    // Somebody who was outside before, in an earlier telling, is let back in with a delay.
    auto const deadline = clock_.uptime() + Milliseconds(std::int64_t(wish.patience_s * 500));
    while (posted.status == 204 && start.at_home && posted.calls == "blocked" &&
           clock_.uptime() < deadline) {
      co_await clock_.sleep_for(Milliseconds(2000));
      posted = co_await browser->move_to({start.where});
    }
    bool const ok = posted.status == 204;
    note(steps, "login and first position", ok,
         ok ? fmt::format("{}: {}, calls {}", start.person, posted.standing, posted.calls)
            : fmt::format("{}: {}", start.person, posted.trouble));
    if (!ok)
      co_return failure(
          ErrorKind::unavailable,
          fmt::format("the first position of {} was not taken: {}", start.person, posted.trouble));
  }
  co_return Result<void>{};
}

// Calls make sense once the daemon follows them; it says so itself. Switches monitoring on when
// off.
Task<Result<void>> Story::wait_until_followed(StoryWish wish, json& steps) {
  auto* admin = browsers_.of(wish.admin);
  auto const deadline = clock_.uptime() + Milliseconds(std::int64_t(wish.patience_s * 1000));
  bool switched = false;
  std::string last = "the dashboard did not answer";
  while (clock_.uptime() < deadline) {
    auto const answer = co_await admin->ask(http::Method::get, "/api/v1/dashboard", "");
    auto const told = answer ? json::parse(answer->body, nullptr, false) : json();
    if (told.is_object() && told.contains("monitoring")) {
      auto const& monitoring = told["monitoring"];
      if (monitoring.value("on", false) && monitoring.value("subscribed", false)) {
        note(steps, "calls are followed", true, "the dashboard says so");
        co_return Result<void>{};
      }
      last = monitoring.value("on", false) ? "monitoring is on, but not subscribed"
                                           : "monitoring is off";
      if (!monitoring.value("on", false) && !switched) {
        switched = true;
        auto const done =
            co_await admin->ask(http::Method::post, "/api/v1/monitor", R"({"on":true})");
        note(steps, "monitoring switched on", done && done->status < 300,
             done ? fmt::format("status {}", done->status) : done.error().what);
      }
    } else if (answer) {
      last = fmt::format("the dashboard answered {}", answer->status);
    }
    co_await clock_.sleep_for(Milliseconds(200));
  }
  note(steps, "calls are followed", false, last);
  co_return failure(
      ErrorKind::timed_out,
      fmt::format("the daemon does not follow calls after {} s: {}", wish.patience_s, last));
}

Task<void> Story::play(std::vector<Scene>& all, double patience_s) {
  auto const began = clock_.uptime();
  auto const deadline = began + Milliseconds(std::int64_t(patience_s * 1000));
  bool going = true;
  while (going && clock_.uptime() < deadline) {
    auto const now = clock_.uptime() - began;
    going = false;
    for (auto& scene : all) {
      if (scene.placed.empty() && now >= scene.at) {
        auto const placed = platform_.calls.place(scene.call);
        scene.placed = placed ? (*placed)->id : "refused: " + placed.error().what;
      }
      if (!scene.moves.empty() && now >= scene.at + scene.moves_after) {
        auto const posted = co_await browsers_.of(scene.moves)->move_to({scene.where});
        scene.moved_status = fmt::format("{} {}", posted.status, posted.standing);
        scene.moves.clear();
      }
      auto const* call = platform_.calls.find(scene.placed);
      going = going || scene.placed.empty() || (call && !call->ended);
    }
    if (going) co_await clock_.sleep_for(Milliseconds(50));
  }
}

json Story::outcome(Scene const& scene) const {
  json out{{"story", scene.title}, {"expected", scene.expected}};
  auto const* call = platform_.calls.find(scene.placed);
  if (!call) {
    out["ok"] = false;
    out["outcome"] = scene.placed;
    return out;
  }
  out.update(to_json(*call));
  if (!scene.moved_status.empty()) out["moved"] = scene.moved_status;
  bool const released = call->released_by == "api";
  out["outcome"] = !call->ended ? "still going on"
                   : released   ? "released"
                                : "ended by the " + call->released_by;
  if (!call->ended) {
    out["ok"] = false;
    return out;
  }
  bool const as_expected =
      scene.expected == "by policy" || released == (scene.expected == "released");
  // Who is cut before the journey was not cut for it.
  bool const in_time = *call->released_after_ms >= scene.moves_after.count();
  out["ok"] = as_expected && in_time;
  return out;
}

}  // namespace wardroom::sim
