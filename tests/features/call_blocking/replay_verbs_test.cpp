/// `fence simulate` at the feature's door: what it refuses, what it tells, and that it changes
/// nothing.
#include "features/call_blocking/replay_settings.hpp"
#include "replay_world.hpp"

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;

/// The stream's lines when it has ended; real time for the helper, none for the daemon.
std::vector<Json> lines_of(
    Site& site, std::map<std::string, std::string> const& params,
    std::shared_ptr<test::CapturedStream> stream = std::make_shared<test::CapturedStream>()) {
  control::VerbCall call;
  for (auto const& [key, value] : params) call.params[key] = value;
  site.verbs.streams.at("fence simulate")(std::move(call), stream);
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (stream->open() && std::chrono::steady_clock::now() < deadline) {
    site.io.restart();
    site.io.run_one_for(std::chrono::milliseconds(20));
  }
  EXPECT_FALSE(stream->open()) << "it did not end";
  std::vector<Json> out;
  std::istringstream text(stream->written);
  for (std::string line; std::getline(text, line);) out.push_back(Json::parse(line));
  return out;
}
Json last(std::vector<Json> const& lines) { return lines.empty() ? Json() : lines.back(); }

constexpr char const* kFarAway =
    "fences:\n  - { name: fiji, circle: { at: [-18, 178], radius: 2km } }\n";
constexpr char const* kNear =
    "fences:\n  - { name: vienna, box: { south: 48, north: 49, west: 16, east: 17 } }\n";

PolicySettings kept(Mode mode = Mode::enforce) {
  auto policy = plain_policy();
  policy.mode = mode;
  policy.history = std::chrono::hours(24);
  return policy;
}

/// Ada calls from inside, Bob from outside.
struct TwoCallers {
  Site site;
  PersonNo ada = 0, bob = 0;
  explicit TwoCallers(PolicySettings policy) : site(std::move(policy)) {
    site.start();
    ada = site.person("ada");
    bob = site.person("bob");
    site.fix(ada, kInside);
    site.fix(bob, kOutside);
    site.clock.advance(std::chrono::seconds(1));
    site.dials("ada", "call-a", "+431");
    site.dials("bob", "call-b", "+432");
    site.clock.advance(std::chrono::seconds(2));
    site.ends("bob", "call-b");
    site.clock.advance(std::chrono::seconds(2));
  }
};

TEST(FenceSimulate, R122_tells_whose_calls_other_fences_would_have_cut) {
  TwoCallers here(kept());
  auto const lines = lines_of(here.site, {{"file", kFarAway}});
  auto const done = last(lines).at("done");
  EXPECT_EQ(done["ok"], true);
  EXPECT_EQ(done["calls"], 2);
  EXPECT_EQ(done["would_cut"], (Json{{"calls", 2}, {"people", 2}}));
  EXPECT_EQ(done["was_cut"], (Json{{"calls", 1}, {"people", 1}}));
  EXPECT_EQ(done["really_cut"], 1);
  EXPECT_EQ(done["newly_cut"], 1);
  EXPECT_EQ(done["same"], 1);
  EXPECT_EQ(done["check"], (Json{{"calls", 2}, {"same", 2}}));
  EXPECT_EQ(done["by_fence"], Json::array({{{"fence", "fiji"}, {"calls", 2}}}));
  ASSERT_EQ(done["rows"].size(), 2u);
  for (auto const& row : done["rows"]) {
    bool const is_ada = row["person"] == "ada";
    EXPECT_EQ(row["change"], is_ada ? "newly_cut" : "same");
    EXPECT_EQ(row["now"]["reason"], "outside");
    EXPECT_EQ(row["now"]["fence"], "fiji");
    EXPECT_EQ(row["then"]["decision"], is_ada ? "passed" : "rejected");
    EXPECT_EQ(row["remote"], is_ada ? "+431" : "+432");
  }
  EXPECT_EQ(lines.front()["phase"], "calls");
  for (auto const& line : lines)
    for (auto const* coordinate : {"48.5", "47.0", "latitude", "longitude"})
      EXPECT_EQ(line.dump().find(coordinate), std::string::npos) << line;
}

TEST(FenceSimulate, R122_under_the_same_fences_nothing_changes) {
  TwoCallers here(kept());
  auto const done = last(lines_of(here.site, {{"file", kNear}, {"limit", "0"}})).at("done");
  EXPECT_EQ(done["newly_cut"], 0);
  EXPECT_EQ(done["no_longer_cut"], 0);
  EXPECT_EQ(done["same"], 1);
  EXPECT_EQ(done["changed"], 1);
  EXPECT_TRUE(done["rows"].empty()) << "--limit 0";
}

std::string dump_of(store::Sql& sql) {
  std::string out;
  std::vector<std::string> tables;
  sql.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", {},
            [&](store::Row const& row) { tables.push_back(row.text(0)); });
  for (auto const& table : tables) {
    out += table + "\n";
    sql.query("SELECT * FROM " + table, {}, [&](store::Row const& row) {
      for (std::size_t i = 0; i < row.values().size(); ++i)
        std::visit(
            [&](auto const& value) {
              using T = std::decay_t<decltype(value)>;
              if constexpr (std::is_same_v<T, std::string>)
                out += value;
              else if constexpr (std::is_same_v<T, store::Blob>)
                out += value.bytes;
              else if constexpr (!std::is_same_v<T, std::monostate>)
                out += std::to_string(value);
              out += '|';
            },
            row.values()[i]);
      out += '\n';
    });
  }
  return out;
}

TEST(FenceSimulate, R122_changes_nothing_no_row_no_policy_and_no_call) {
  TwoCallers here(kept());
  auto& standings = here.site.feature->standings();
  EXPECT_TRUE(test::run_task(here.site.io, here.site.feature->store().flush()));
  here.site.clock.drain();
  auto const policy = standings.shared_policy();
  auto const rows = dump_of(here.site.database.sql());
  auto const ada = here.site.roster.row(here.ada), bob = here.site.roster.row(here.bob);
  auto const sent = here.site.feature->counters();
  auto const done = last(lines_of(here.site, {{"file", kFarAway}})).at("done");
  EXPECT_EQ(done["newly_cut"], 1);
  EXPECT_EQ(standings.shared_policy(), policy);
  EXPECT_EQ(dump_of(here.site.database.sql()), rows);
  EXPECT_EQ(here.site.roster.row(here.ada), ada);
  EXPECT_EQ(here.site.roster.row(here.bob), bob);
  EXPECT_FALSE(here.site.released("ada", "call-a")) << "her call goes on";
  EXPECT_EQ(here.site.feature->counters().decided, sent.decided);
  EXPECT_EQ(here.site.feature->counters().rejected, sent.rejected);
}

TEST(FenceSimulate, names_the_mistakes_of_a_file_with_line_and_column) {
  TwoCallers here(kept());
  auto const done =
      last(lines_of(here.site, {{"file", "fences:\n  - name: x\n    circel: 3\n"}})).at("done");
  EXPECT_EQ(done["ok"], false);
  ASSERT_FALSE(done["complaints"].empty());
  bool found = false;
  for (auto const& one : done["complaints"])
    found = found || (one["line"] == 3 && one["column"] == 5);
  EXPECT_TRUE(found) << done.dump();
}

TEST(FenceSimulate, R122_without_kept_positions_it_says_what_to_do) {
  auto policy = kept();
  policy.history = {};
  TwoCallers here(policy);
  auto const error = last(lines_of(here.site, {{"file", kFarAway}})).at("error");
  EXPECT_EQ(error["code"], "conflict");
  EXPECT_NE(error["message"].get<std::string>().find("history_hours: 24"), std::string::npos);
}

TEST(FenceSimulate, only_one_runs_at_a_time) {
  TwoCallers here(kept());
  auto const first = std::make_shared<test::CapturedStream>();
  control::VerbCall call;
  call.params["file"] = kFarAway;
  here.site.verbs.streams.at("fence simulate")(call, first);
  here.site.io.restart();
  while (here.site.io.poll_one() > 0 && first->written.empty() && first->open()) {
  }
  auto const second = std::make_shared<test::CapturedStream>();
  here.site.verbs.streams.at("fence simulate")(call, second);
  auto const lines = lines_of(here.site, {{"file", kNear}});
  EXPECT_NE(second->written.find("another replay"), std::string::npos) << second->written;
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (first->open() && std::chrono::steady_clock::now() < deadline) {
    here.site.io.restart();
    here.site.io.run_one_for(std::chrono::milliseconds(20));
  }
  EXPECT_NE(first->written.find("\"done\""), std::string::npos);
  EXPECT_TRUE(last(lines_of(here.site, {{"file", kNear}})).contains("done")) << "it is free again";
}

TEST(FenceSimulate, R122_says_which_calls_had_no_kept_position_before_them) {
  auto policy = kept();
  policy.history = {};
  TwoCallers here(policy);
  policy.history = std::chrono::hours(24);
  test::run_task(here.site.io, here.site.feature->set_policy(policy));
  here.site.clock.advance(std::chrono::seconds(5));
  here.site.fix(here.ada, kInside);
  here.site.clock.advance(std::chrono::seconds(1));
  here.site.dials("ada", "call-c", "+433");
  here.site.clock.advance(std::chrono::seconds(1));
  auto const since = std::to_string(60) + "s";
  auto const done = last(lines_of(here.site, {{"file", kNear}, {"since", since}})).at("done");
  EXPECT_EQ(done["calls"], 3);
  EXPECT_EQ(done["without_history"], 2) << "Bob's call, and Ada's first while it began";
  auto const warnings = done["warnings"].dump();
  EXPECT_NE(warnings.find("Positions are known only since"), std::string::npos) << warnings;
  EXPECT_NE(warnings.find("judged by no_fix"), std::string::npos) << warnings;
}

TEST(History, R39_lowering_or_ending_it_removes_what_is_older_at_the_next_sweep) {
  TwoCallers here(kept());
  auto& history = here.site.feature->history();
  here.site.clock.advance(std::chrono::hours(2));
  EXPECT_GT(history.size().fixes, 0);
  auto policy = kept();
  policy.history = std::chrono::hours(1);
  test::run_task(here.site.io, here.site.feature->set_policy(policy));
  here.site.fix(here.ada, kInside);
  here.site.clock.advance(std::chrono::minutes(61));
  EXPECT_EQ(history.size().fixes, 1) << "those of before two hours are gone";
  Json status = Json::object();
  status["features"] = Json::array();
  here.site.feature->add_status(status);
  EXPECT_EQ(status["fix_history"]["hours"], 1);
  EXPECT_EQ(status["fix_history"]["fixes"], 1);
  policy.history = {};
  test::run_task(here.site.io, here.site.feature->set_policy(policy));
  here.site.fix(here.ada, kInside);
  here.site.clock.advance(std::chrono::minutes(61));
  EXPECT_EQ(history.size(), people::FixHistorySize{});
}

// --- the file

TEST(ReplaySettings, a_list_of_fences_leaves_the_rest_as_it_is_in_force) {
  auto in_force = plain_policy();
  in_force.post_interval = Milliseconds(5'000);
  in_force.timeout = Milliseconds(20'000);
  in_force.confirmations = 7;
  in_force.end_running = EndRunning::always;
  auto other = read_other_policy(kFarAway, in_force);
  ASSERT_TRUE(other.complaints.empty()) << other.complaints[0].text();
  EXPECT_EQ(other.policy.timeout, in_force.timeout);
  EXPECT_EQ(other.policy.confirmations, 7);
  EXPECT_EQ(other.policy.end_running, EndRunning::always);
  EXPECT_EQ(other.policy.mode, in_force.mode);
  ASSERT_EQ(other.policy.fences.size(), 1u);
  EXPECT_EQ(other.policy.fences[0].name, "fiji");
  other = read_other_policy(std::string("timeout: 25s\nconfirmations: 1\n") + kFarAway, in_force);
  ASSERT_TRUE(other.complaints.empty()) << other.complaints[0].text();
  EXPECT_EQ(other.policy.timeout, Milliseconds(25'000));
  EXPECT_EQ(other.policy.confirmations, 1);
}

TEST(ReplaySettings, a_section_or_a_whole_file_is_read_as_the_configuration_is) {
  auto in_force = plain_policy();
  in_force.confirmations = 7;
  std::string const whole =
      "log: { level: info }\nnot_ours: 1\ncall_blocking:\n  mode: enforce\n  fences:\n"
      "    - { name: a, country: AT }\n";
  auto const other = read_other_policy(whole, in_force);
  ASSERT_TRUE(other.complaints.empty()) << other.complaints[0].text();
  EXPECT_EQ(other.policy.confirmations, 2) << "the default, as after a reload";
  EXPECT_EQ(other.policy.mode, Mode::enforce);
}

TEST(ReplaySettings, what_is_no_set_of_fences_is_refused_with_the_way_to_write_one) {
  auto const in_force = plain_policy();
  for (auto const* text :
       {"", "log: { level: info }\n", "just text", "fences: [", "a: &x 1\nb: *x"}) {
    auto const other = read_other_policy(text, in_force);
    EXPECT_FALSE(other.complaints.empty()) << text;
  }
  auto const relative =
      read_other_policy("fences:\n  - { name: a, geojson_file: area.geojson }\n", in_force);
  ASSERT_FALSE(relative.complaints.empty());
  EXPECT_NE(relative.complaints[0].message.find("absolute path"), std::string::npos);
}

}  // namespace
}  // namespace wardroom::call_blocking
