// Scripted browsers and the story, against a stand-in for the daemon, on virtual time.
#include "sim/story.hpp"

#include "sim/tests/neighbour.hpp"
#include "support/run_task.hpp"

#include <boost/asio/co_spawn.hpp>

#include <set>

namespace wardroom::sim::test {
namespace {
using nlohmann::json;

/// Answers for the daemon's public API and carries everything else to the simulated Webex.
struct StandIn final : http::Client {
  StandIn(Platform& p, Clock& c) : sim(p), clock(c) {}

  Task<Result<http::ClientResponse>> send(http::ClientRequest request) override {
    auto const origin = std::string("http://127.0.0.1:8480");
    http::Response answer;
    if (!request.url.starts_with(origin)) {
      auto const path = request.url.substr(request.url.find('/', 8));
      auto const mark = std::min(path.find('?'), path.size());
      Request r{request.method,  path.substr(0, mark), path.substr(std::min(mark + 1, path.size())),
                request.headers, request.body,         {}};
      answer = sim.webex.handle(std::move(r)).response;
    } else {
      answer = daemon(request, request.url.substr(origin.size()));
    }
    ++requests;
    co_return http::ClientResponse{answer.status, answer.headers, answer.body, {}};
  }
  Task<Result<void>> stream(http::ClientRequest, http::StreamSink&) override {
    co_return failure(ErrorKind::internal, "no streams here");
  }

  http::Response daemon(http::ClientRequest const& request, std::string const& path) {
    auto const cookies = std::string(request.headers.get("Cookie"));
    auto const who = between(cookies + ";", "session=", ";");
    bool const admin = cookies.find("admin=") != std::string::npos;
    if (path.starts_with("/user/login") || path.starts_with("/admin/login")) {
      http::Response r = http::redirect("http://127.0.0.1:8481/v1/authorize?" +
                                        http::to_query({{"response_type", "code"},
                                                        {"client_id", "C-wardroom-demo"},
                                                        {"redirect_uri", redirect},
                                                        {"scope", "spark:people_read"},
                                                        {"state", path.substr(1, 1)}}));
      return r;
    }
    if (path.starts_with("/oauth/callback")) return callback(path);
    if (path == "/me" || path == "/dashboard") return http::text(200, "a page");
    if (path == "/api/v1/session") {
      json out = json::object();
      if (!who.empty()) out["person"] = {{"name", who}};
      if (admin) out["admin"] = {{"name", "Ada"}};
      return http::json_text(200, out.dump());
    }
    if (path == "/api/v1/me") return http::json_text(200, R"({"post_interval_s":30})");
    if (path == "/api/v1/dashboard") {
      if (!admin) return http::problem(401, "unauthorized", "log in");
      return http::json_text(200, json{{"monitoring", {{"on", on}, {"subscribed", on}}}}.dump());
    }
    if (path == "/api/v1/monitor") {
      on = true;
      return {204, {}, {}};
    }
    if (path == "/api/v1/location") {
      if (who.empty() || logged_out) {
        logged_out = false;
        return http::problem(401, "unauthorized", "log in");
      }
      auto const fix = json::parse(request.body);
      // As the demo's fences have it: Vienna for all, and Austria for those of Pilot.
      bool const pilot = who == "zoe.mueller@acme.example";
      bool const in = std::abs(fix["latitude"].get<double>() - 48.2) < (pilot ? 1.5 : 0.2) &&
                      std::abs(fix["longitude"].get<double>() - 16.37) < (pilot ? 1.5 : 0.3);
      outside.erase(who);
      if (!in) outside.insert(who);
      ++posts;
      return {204,
              {{"Wardroom-Standing", in ? "inside" : "outside"},
               {"Wardroom-Calls", in ? "allowed" : "blocked"}},
              {}};
    }
    return http::text(404, path);
  }

  http::Response callback(std::string const& path) {
    auto const form = http::to_query({{"grant_type", "authorization_code"},
                                      {"code", between(path, "code=", "&")},
                                      {"redirect_uri", redirect},
                                      {"client_id", "C-wardroom-demo"},
                                      {"client_secret", "demo-secret-not-for-production"}});
    Request r{http::Method::post,
              "/v1/access_token",
              {},
              {{"Content-Type", "application/x-www-form-urlencoded"}},
              form,
              {}};
    auto const token =
        json::parse(sim.webex.handle(r).response.body).at("access_token").get<std::string>();
    Request me{
        http::Method::get, "/v1/people/me", {}, {{"Authorization", "Bearer " + token}}, {}, {}};
    auto const email =
        json::parse(sim.webex.handle(me).response.body).at("emails").at(0).get<std::string>();
    bool const admin = path.find("state=a") != std::string::npos;
    auto out = http::redirect(admin ? "/dashboard" : "/me");
    out.headers.add("Set-Cookie", admin ? "admin=1; Path=/; HttpOnly"
                                        : "session=" + email + "; Path=/; HttpOnly; SameSite=Lax");
    return out;
  }

  /// What the real daemon is for.
  void watch() {
    next = clock.after(Milliseconds(50), [this] {
      for (auto const& email : outside) {
        auto const* person = sim.org.by_email(email);
        for (auto const& h : sim.calls.halves_of(*person))
          if (!h.call->emergency || careless) sim.calls.release(*person, h.leg->id, false);
      }
      watch();
    });
  }

  Platform& sim;
  Clock& clock;
  std::set<std::string> outside;
  bool on = false, careless = false, logged_out = false;
  int requests = 0, posts = 0;
  TimerHandle next;
};

struct StoryTest : Neighbour {
  StandIn daemon{sim, clock};
  TaskGroup tasks{io.get_executor(),
                  [](std::string_view, std::exception_ptr why) { std::rethrow_exception(why); }};
  Browsers browsers{sim.org, daemon, clock, tasks};
  nlohmann::json report;

  ~StoryTest() override { browsers.close_all(); }
  /// What became of the call of the scene whose title has these words.
  nlohmann::json call(std::string_view words) const {
    for (auto const& one : report["calls"])
      if (one["story"].get<std::string>().find(words) != std::string::npos) return one;
    ADD_FAILURE() << "no scene has the words: " << words;
    return {};
  }
  void tell(std::chrono::seconds time) {
    wardroom::test::start_task(io, [](StoryTest& t) -> Task<void> {
      Story story(t.sim, t.browsers, t.clock);
      StoryWish wish;
      wish.daemon = "http://127.0.0.1:8480/";
      t.report = co_await story.tell(wish);
    }(*this));
    clock.advance(time);
  }
};

TEST_F(StoryTest, all_goes_well_when_the_daemon_does_its_work) {
  daemon.watch();
  tell(std::chrono::seconds(30));
  ASSERT_TRUE(report.is_object()) << "not finished";
  EXPECT_EQ(report["ok"], true) << report.dump(1);
  EXPECT_EQ(report["emergency_violations"], 0);
  ASSERT_EQ(report["calls"].size(), 9u);
  EXPECT_EQ(call("not of that group")["outcome"], "released");
  EXPECT_EQ(call("not of that group")["answered_before_release"], false);
  EXPECT_EQ(call("of a group that may be anywhere")["ok"], true);
  EXPECT_EQ(call("travels to Budapest")["answered_before_release"], true)
      << "the traveller had been talking";
}

TEST_F(StoryTest, a_daemon_that_only_watches_is_told_of) {
  tell(std::chrono::seconds(30));
  ASSERT_TRUE(report.is_object());
  EXPECT_EQ(report["ok"], false);
  EXPECT_EQ(call("not of that group")["ok"], false);
  EXPECT_EQ(call("a person in Vienna calls out")["ok"], true);
}

TEST_F(StoryTest, a_daemon_that_touches_emergency_calls_is_told_of) {
  daemon.careless = true;
  daemon.watch();
  tell(std::chrono::seconds(30));
  ASSERT_TRUE(report.is_object());
  EXPECT_EQ(report["ok"], false);
  EXPECT_GT(report["emergency_violations"].get<int>(), 0);
}

TEST_F(StoryTest, a_browser_posts_every_interval_and_logs_in_again_when_the_session_ended) {
  auto* browser = browsers.of("bela@acme.example");
  Posted posted;
  wardroom::test::start_task(io, [](StoryTest& t, Browser& b, Posted& out) -> Task<void> {
    auto const entered = co_await b.log_in("http://127.0.0.1:8480", false, "");
    EXPECT_TRUE(entered) << entered.error().what;
    out = co_await b.move_to({vienna});
    t.daemon.logged_out = true;
  }(*this, *browser, posted));
  clock.drain();
  EXPECT_EQ(posted.status, 204);
  EXPECT_EQ(posted.standing, "inside");
  clock.advance(std::chrono::seconds(95));
  EXPECT_EQ(daemon.posts, 4);
  browser->close();
  clock.advance(std::chrono::seconds(95));
  EXPECT_EQ(daemon.posts, 4);
}

}  // namespace
}  // namespace wardroom::sim::test
