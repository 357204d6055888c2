// A running site moves its store, is backed up and restored: whole processes.
#include "store_site.hpp"

#include <filesystem>
#include <signal.h>

namespace wardroom::test {
namespace {
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// People who are only rows: each with a fix.
void add_people(std::string const& url, std::int64_t count) {
  store::StoreSession session({url, {}}, store::StoreSession::Use::write);
  session.transaction([&] {
    auto& sql = session.sql();
    auto const first = sql.one("SELECT COALESCE(max(person_no), 0) FROM people")->integer(0) + 1;
    for (auto no = first; no < first + count; ++no) {
      sql.run(
          "INSERT INTO people (person_no, webex_id, display_name, email, updated_ms) "
          "VALUES ($1, $2, $3, $4, 1)",
          {no, fmt::format("id {}", no), fmt::format("Person {}", no),
           fmt::format("person{}@rows.example", no)});
      sql.run(
          "INSERT INTO last_fix (person_no, latitude_e7, longitude_e7, accuracy_dm, boot_no, "
          "boot_ms, wall_ms) VALUES ($1, $2, 163700000, 7, 1, $1, 1700000000000)",
          {no, 482000000 + no});
    }
  });
}

struct StoreMoveScenario : testing::Test {
  Site site{one_fence};
  PostgresPlace postgres;
  std::string const sqlite = "sqlite:" + site.folder() + "/state/wardroom.db";
  std::vector<std::unique_ptr<Poster>> posters;

  void start(Process::Extras extras = {}) {
    auto const with = with_postgres(site, std::move(extras.environment));
    site.start_daemon(with);
  }
  void use(std::string const& url) {
    site.set_store(url);
    site.write_config(one_fence);
  }
  void sign_in(std::size_t people) {
    site.go_live();
    for (std::size_t i = 0; i < people; ++i)
      posters.push_back(std::make_unique<Poster>(site, posting_people[i]));
  }
  void post_all() {
    for (auto const& poster : posters) poster->start();
  }
  void stop_all() {
    for (auto const& poster : posters) poster->stop();
  }
};

TEST_F(StoreMoveScenario, D1_100000_fixes_move_to_postgresql_while_posts_go_on_and_none_is_lost) {
  auto const* given = std::getenv("WARDROOM_COUNT");
  std::int64_t const fixes = given != nullptr ? std::atoll(given) : 5'000;
  start();
  sign_in(posting_people.size());
  ASSERT_EQ(site.stop_daemon(), 0);
  add_people(sqlite, fixes);
  start();
  post_all();
  std::this_thread::sleep_for(300ms);
  auto const begun = std::chrono::steady_clock::now();
  auto const moved = ctl(site, {"--json", "store", "migrate", "--to", postgres.url()}, 280s);
  auto const took = std::chrono::steady_clock::now() - begun;
  std::this_thread::sleep_for(300ms);
  stop_all();
  ASSERT_EQ(moved.code, 0) << moved.text << site.daemon_log();
  auto const report = last_line(moved.text);
  int posts = 0, longest = 0;
  for (auto const& poster : posters) {
    poster->check(site);
    EXPECT_EQ(poster->refused(), 0) << poster->last_refusal();
    posts += poster->posts();
    longest = std::max(longest, poster->longest_ms());
  }
  fmt::print(
      "{} fixes moved in {:.1f} s beside {} posts by {} people, 0 lost; {} rows changed meanwhile; "
      "writes waited {} ms; the longest post took {} ms\n",
      fixes, std::chrono::duration<double>(took).count(), posts, posters.size(),
      report.value("changed_meanwhile", 0), report.value("pause_ms", 0), longest);
  EXPECT_LT(report.value("pause_ms", 1e9), 2'000);
  EXPECT_EQ(site.control("/v1/store/show").value("engine", ""), "PostgreSQL");
  // The old one is left for good; the new one starts by itself with everything in it.
  ASSERT_EQ(site.stop_daemon(), 0) << site.daemon_log();
  auto const refused = daemon_ends(site);
  EXPECT_EQ(refused.code, 78) << refused.text;
  EXPECT_NE(refused.text.find("was moved to postgresql://"), std::string::npos) << refused.text;
  use(postgres.url());
  start();
  for (auto const& poster : posters) poster->check(site);
  EXPECT_EQ(number_in(postgres.url(),
                      "SELECT count(*) FROM last_fix WHERE accuracy_dm = 7 AND latitude_e7 = "
                      "482000000 + person_no"),
            fixes);
  EXPECT_EQ(site.stop_daemon(), 0) << site.daemon_log();
}

/// Who may start on which store after the daemon died at a point of a move.
TEST_F(StoreMoveScenario, a_kill_at_any_point_leaves_exactly_one_of_the_two_stores_in_use) {
  start();
  sign_in(2);
  ASSERT_EQ(site.stop_daemon(), 0);
  add_people(sqlite, 300);
  for (auto const* point :
       {"move.copying", "move.before_ready", "move.ready", "move.before_mark", "move.after_mark"}) {
    SCOPED_TRACE(point);
    use(sqlite);
    start({.environment = {{"WARDROOM_FAILPOINTS", std::string(point) + ":exit"}}});
    post_all();
    EXPECT_NE(ctl(site, {"store", "migrate", "--to", postgres.url()}).code, 0);
    EXPECT_EQ(site.daemon().wait(10s), 137);
    stop_all();
    bool const past = std::string_view(point) == "move.after_mark";
    auto const& in_use = past ? postgres.url() : sqlite;
    auto const& other = past ? sqlite : postgres.url();
    use(other);
    auto const refused = daemon_ends(site);
    EXPECT_EQ(refused.code, 78) << refused.text;
    use(in_use);
    start();
    for (auto const& poster : posters) poster->check(site);
    ASSERT_EQ(site.stop_daemon(), 0) << site.daemon_log();
    EXPECT_EQ(daemon_ends(site, {"--adopt-store"}).code, 0);
  }
  EXPECT_EQ(number_in(postgres.url(), "SELECT count(*) FROM last_fix WHERE accuracy_dm = 7"), 300);
  EXPECT_EQ(number_in(postgres.url(),
                      "SELECT count(*) FROM meta WHERE substr(key, 1, 10) = 'store.move'"),
            0);
  // The way back to the old one, as it was.
  use(sqlite);
  auto const adopted = daemon_ends(site, {"--adopt-store"});
  EXPECT_EQ(adopted.code, 0) << adopted.text;
  EXPECT_NE(adopted.text.find("is the site's store again"), std::string::npos) << adopted.text;
  start();
  EXPECT_EQ(site.stop_daemon(), 0);
}

TEST_F(StoreMoveScenario, a_target_that_is_not_empty_or_not_there_changes_nothing) {
  start();
  auto const migrate = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"store", "migrate", "--to"});
    return ctl(site, more);
  };
  EXPECT_EQ(migrate({"postgresql://nobody@127.0.0.1:1/none"}).code, 1);
  EXPECT_EQ(migrate({"mysql://x"}).code, 2);
  EXPECT_EQ(migrate({sqlite}).code, 2);
  auto const wrong = migrate({postgres.url(), "--from", "sqlite:/elsewhere.db"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_NE(wrong.text.find("the store in use is " + sqlite), std::string::npos) << wrong.text;
  {
    Site other(one_fence);
    other.set_store(postgres.url());
    other.write_config(one_fence);
    other.start_daemon(with_postgres(other));
    auto const taken = migrate({postgres.url()});
    EXPECT_EQ(taken.code, 8) << taken.text;
    EXPECT_NE(taken.text.find("another wardroomd"), std::string::npos) << taken.text;
    auto const second = daemon_ends(other);
    EXPECT_EQ(second.code, 75) << second.text;
    EXPECT_EQ(other.stop_daemon(), 0) << other.daemon_log();
  }
  auto const full = migrate({postgres.url()});
  EXPECT_EQ(full.code, 8) << full.text;
  EXPECT_NE(full.text.find("is not empty"), std::string::npos) << full.text;
  EXPECT_EQ(site.control("/v1/store/show").value("address", ""), sqlite);
  EXPECT_EQ(site.stop_daemon(), 0) << site.daemon_log();
}

TEST_F(StoreMoveScenario, moves_offline_and_back_again) {
  start();
  sign_in(2);
  for (auto const& poster : posters) poster->post();
  auto const busy = daemon_ends(site, {"--move-store", "--to", postgres.url()});
  EXPECT_EQ(busy.code, 75) << busy.text;
  ASSERT_EQ(site.stop_daemon(), 0);
  auto const moved = daemon_ends(site, {"--move-store", "--to", postgres.url()});
  EXPECT_EQ(moved.code, 0) << moved.text;
  EXPECT_NE(moved.text.find(postgres.url()), std::string::npos) << moved.text;
  use(postgres.url());
  start();
  for (auto const& poster : posters) {
    poster->check(site);
    poster->post();
  }
  fs::create_directory(site.folder() + "/second");
  auto const second = "sqlite:" + site.folder() + "/second/wardroom.db";
  auto const back = ctl(site, {"store", "migrate", "--to", second});
  EXPECT_EQ(back.code, 0) << back.text << site.daemon_log();
  EXPECT_NE(back.text.find("moved"), std::string::npos) << back.text;
  ASSERT_EQ(site.stop_daemon(), 0) << site.daemon_log();
  // The tool has set store.url in the file already.
  start();
  EXPECT_EQ(site.control("/v1/store/show").value("address", ""), second);
  for (auto const& poster : posters) poster->check(site);
  EXPECT_EQ(site.stop_daemon(), 0) << site.daemon_log();
}

TEST_F(StoreMoveScenario, a_backup_of_the_running_site_comes_back_into_either_engine) {
  start();
  sign_in(4);
  post_all();
  auto const file = site.folder() + "/taken.db";
  auto const taken = ctl(site, {"backup", file});
  EXPECT_EQ(taken.code, 0) << taken.text << site.daemon_log();
  EXPECT_NE(taken.text.find("master key"), std::string::npos) << taken.text;
  stop_all();
  for (auto const& poster : posters) EXPECT_EQ(poster->refused(), 0);
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(ctl(site, {"backup", file}).code, 1) << "it is there already";
  EXPECT_EQ(ctl(site, {"backup", file, "--force"}).code, 0);
  EXPECT_EQ(ctl(site, {"backup", "/nowhere/file"}).code, 1);
  EXPECT_TRUE(site.control("/v1/store/show").contains("last_backup"));
  for (auto const& entry : fs::directory_iterator(site.folder() + "/state"))
    EXPECT_EQ(entry.path().string().find("backup-"), std::string::npos) << entry.path();
  EXPECT_EQ(daemon_ends(site, {"--restore", file}).code, 75) << "the daemon runs";
  ASSERT_EQ(site.stop_daemon(), 0);
  EXPECT_EQ(daemon_ends(site, {"--restore", file}).code, 78) << "the store holds something";
  auto const forced = daemon_ends(site, {"--restore", file, "--force"});
  EXPECT_EQ(forced.code, 0) << forced.text;
  EXPECT_NE(forced.text.find("kept in"), std::string::npos) << forced.text;
  start();
  for (auto const& poster : posters) poster->check(site);
  ASSERT_EQ(site.stop_daemon(), 0);
  use(postgres.url());
  std::ofstream(site.folder() + "/master.key", std::ios::trunc) << std::string(64, 'b') << "\n";
  auto const other_key = daemon_ends(site, {"--restore", file});
  EXPECT_EQ(other_key.code, 78) << other_key.text;
  EXPECT_NE(other_key.text.find("master key"), std::string::npos) << other_key.text;
  std::ofstream(site.folder() + "/master.key", std::ios::trunc) << std::string(64, 'a') << "\n";
  auto const restored = daemon_ends(site, {"--restore", file});
  EXPECT_EQ(restored.code, 0) << restored.text;
  start();
  for (auto const& poster : posters) poster->check(site);
  EXPECT_TRUE(eventually(10s, [&] { return site.channels_up(); }))
      << "the login in the backup still works: " << site.daemon_log();
  EXPECT_EQ(site.stop_daemon(), 0) << site.daemon_log();
}

}  // namespace
}  // namespace wardroom::test
