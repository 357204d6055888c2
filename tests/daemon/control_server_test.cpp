// Peer credentials → right → audit → verb → answer, without a socket.
#include "front/control_server.hpp"

#include "front/ndjson.hpp"
#include "runtime/random.hpp"
#include "support/captured_answer.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/run_task.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <thread>

namespace wardroom {
namespace {

using nlohmann::ordered_json;

struct ControlTest : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  TaskGroup tasks{io.get_executor(), nullptr};
  http::Router router{tasks};
  LocalRights rights{.read = true, .act = true, .admin = true, .login = "ada"};
  ControlServer control{router, [this](http::PeerCredentials const&) { return rights; }};
  control::VerbCall seen;

  ControlTest() {
    auto remember = [this](control::VerbCall call) -> Task<Result<ordered_json>> {
      seen = std::move(call);
      co_return ordered_json{{"call", seen.get("call")}};
    };
    control.handle("calls why", remember);
    control.handle("monitor stop", remember);
    control.handle("reload", [](control::VerbCall) -> Task<Result<ordered_json>> {
      co_return failure(ErrorKind::conflict, "a reload is running");
    });
  }

  http::Response ask(http::Method method, std::string_view path, std::string_view query = "",
                     std::string_view body = "") {
    static http::Headers const headers{{"Content-Type", "application/json"}};
    http::ServerRequest request{
        .method = method, .path = path, .query = query, .body = body, .headers = &headers};
    auto const match = router.match(method, path);
    if (!match.route) return {match.refusal};
    auto target = std::make_shared<test::CapturedAnswer>();
    router.dispatch(match, request, http::Responder(target));
    clock.drain();
    return target->answer.value_or(http::Response{0});
  }
};

TEST_F(ControlTest, answers_carry_the_schema_first) {
  auto const answer = ask(http::Method::get, "/v1/calls/why", "call=abc%3A0");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"schema":"wardroom.calls_why/1","call":"abc:0"})");
  EXPECT_EQ(seen.caller.name, "ada");
}

TEST_F(ControlTest, a_missing_or_unknown_parameter_is_named) {
  EXPECT_EQ(ask(http::Method::get, "/v1/calls/why").status, 400);
  auto const answer = ask(http::Method::get, "/v1/calls/why", "cal=1&call=2");
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.body.find("did you mean 'call'"), std::string::npos);
}

TEST_F(ControlTest, changing_verbs_are_not_reachable_by_get) {
  EXPECT_EQ(ask(http::Method::get, "/v1/monitor/stop").status, 405);
  EXPECT_EQ(ask(http::Method::post, "/v1/monitor/stop", "", "{}").status, 200);
}

TEST_F(ControlTest, errors_keep_their_kind_as_code) {
  auto const answer = ask(http::Method::post, "/v1/reload", "", "{}");
  EXPECT_EQ(answer.status, 409);
  EXPECT_NE(answer.body.find(R"("code":"conflict")"), std::string::npos);
}

TEST_F(ControlTest, U1_a_group_that_is_not_there_and_a_uid_without_a_name_get_their_own_remedies) {
  rights = {.login = "bob", .group_exists = false};
  EXPECT_NE(ask(http::Method::get, "/v1/calls/why", "call=x")
                .body.find("sudo groupadd --system wardroom && sudo usermod -aG wardroom bob"),
            std::string::npos);
  rights = {.login = "uid 61000", .named = false};
  auto const answer = ask(http::Method::get, "/v1/calls/why", "call=x");
  EXPECT_EQ(answer.body.find("usermod"), std::string::npos) << answer.body;
  EXPECT_NE(answer.body.find("SupplementaryGroups=wardroom"), std::string::npos) << answer.body;
}

TEST_F(ControlTest, U1_a_refusal_names_the_group_and_the_command_that_grants_it) {
  rights = {.read = true, .login = "bob"};
  auto const answer = ask(http::Method::post, "/v1/monitor/stop", "", "{}");
  EXPECT_EQ(answer.status, 403);
  EXPECT_NE(answer.body.find("wardroom-operator"), std::string::npos);
  EXPECT_NE(answer.body.find("sudo usermod -aG wardroom-operator bob"), std::string::npos);
  rights = {.login = "eve"};
  EXPECT_EQ(ask(http::Method::get, "/v1/calls/why", "call=x").status, 403);
}

TEST_F(ControlTest, U1_malformed_bodies_never_do_more_than_400) {
  auto const* given = std::getenv("WARDROOM_SEED");
  std::uint64_t const seed = given ? std::strtoull(given, nullptr, 10) : 20261122;
  RecordProperty("seed", std::to_string(seed));
  SeededRandom dice(seed);
  std::string const good = R"({"call":"x","deep":{"a":[1,2,{"b":null}]},"n":1e308})";
  for (int i = 0; i < 2000; ++i) {
    auto body = good;
    for (int change = 0; change < 3; ++change)
      body[dice.number() % body.size()] = static_cast<char>(dice.number());
    auto const status = ask(http::Method::post, "/v1/monitor/stop", "",
                            body.substr(0, dice.number() % (body.size() + 1)))
                            .status;
    EXPECT_TRUE(status == 200 || status == 400)
        << "seed " << seed << " round " << i << " status " << status;
  }
}

TEST_F(ControlTest, every_row_without_a_handler_is_named) {
  auto const missing = control.unhandled();
  EXPECT_NE(std::ranges::find(missing, "status"), missing.end());
  EXPECT_EQ(std::ranges::find(missing, "calls why"), missing.end());
  EXPECT_THROW(control.handle("calls why", nullptr), std::logic_error);
  EXPECT_THROW(control.handle("no such verb", nullptr), std::logic_error);
}

/// The same with an audit behind it.
struct AuditedControl : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  TaskGroup tasks{io.get_executor(),
                  [this](auto, std::exception_ptr const& why) { broken = words_of(why); }};
  SeededRandom random{5};
  test::FakeDatabase database{io, clock, {audit::audit_migration}};
  audit::AuditLog log{database, clock, random, io.get_executor(),
                      audit::AuditKey::from_bytes(std::string(32, 'k')).value()};
  front::Trail trail{clock, tasks};
  front::VerbAudit audit{trail, random};
  http::Router router{tasks};
  LocalRights rights{.read = true, .act = true, .admin = true, .login = "ada"};
  ControlServer control{router, tasks, [this](http::PeerCredentials const&) { return rights; },
                        audit};
  uid_t uid = 1000;
  int runs = 0;
  std::string broken;
  std::shared_ptr<http::ResponseStream> stream;

  AuditedControl() {
    trail.open(log);
    control.handle("monitor stop", [this](control::VerbCall call) -> Task<Result<ordered_json>> {
      ++runs;
      *call.change = {.object = "monitoring",
                      .before = R"({"on":true})",
                      .after = R"({"on":false})",
                      .text = "for the maintenance of Ada's office",
                      .text_about = 17};
      co_return ordered_json{{"monitoring", false}};
    });
    control.handle("reload", [](control::VerbCall) -> Task<Result<ordered_json>> {
      co_return failure(ErrorKind::conflict, "a reload of Ada's is running");
    });
    control.handle("auth", [](control::VerbCall) -> Task<Result<ordered_json>> {
      throw std::runtime_error("a bug");
      co_return ordered_json::object();
    });
    control.handle("status", [this](control::VerbCall) -> Task<Result<ordered_json>> {
      ++runs;
      co_return ordered_json::object();
    });
    control.handle_stream("login", [this](control::VerbCall, auto given) {
      ++runs;
      stream = std::move(given);
    });
  }
  ~AuditedControl() override {
    test::start_task(io, tasks.stop(clock, Milliseconds(0)));
    clock.drain();
  }

  http::Response ask(std::string_view words, std::string const& body = "{}") {
    static http::Headers const headers{{"Content-Type", "application/json"}};
    auto const& row = *control::find_verb(words);
    auto const path = control::path_of(row);
    std::string const sent = row.changes ? body : "";
    http::ServerRequest request{.method = control::method_of(row),
                                .path = path,
                                .body = sent,
                                .headers = &headers,
                                .peer = {.uid = uid, .gid = uid, .pid = 1}};
    auto target = std::make_shared<test::CapturedAnswer>();
    router.dispatch(router.match(request.method, path), request, http::Responder(target));
    clock.drain();
    return target->answer.value_or(http::Response{0});
  }
  /// Oldest first.
  std::vector<audit::Entry> records() {
    auto found = test::run_task(io, log.list({}, 1'000)).value();
    std::ranges::reverse(found);
    return found;
  }
  std::vector<std::string> actions() {
    std::vector<std::string> out;
    for (auto const& entry : records()) out.push_back(entry.record.action);
    return out;
  }
};

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(AuditedControl, U1_a_change_is_written_before_and_after_with_uid_login_and_what_it_changed) {
  EXPECT_EQ(ask("monitor stop").status, 200);
  auto const found = records();
  ASSERT_EQ(actions(), (std::vector<std::string>{"monitor stop asked", "monitor stop"}));
  for (auto const& entry : found) {
    EXPECT_EQ(entry.record.actor.kind, audit::ActorKind::uid);
    EXPECT_EQ(entry.record.actor.uid, 1000u);
    EXPECT_EQ(entry.record.actor.login, "ada");
    EXPECT_EQ(entry.record.correlation, found[0].record.correlation);
    EXPECT_EQ(entry.record.correlation.size(), 16u);
  }
  EXPECT_EQ(found[1].record.object, "monitoring");
  EXPECT_EQ(found[1].record.before, R"({"on":true})");
  EXPECT_EQ(found[1].record.after, R"({"on":false})");
  EXPECT_EQ(found[1].record.text, "for the maintenance of Ada's office");
  EXPECT_EQ(found[1].record.text_about, 17u);
}

TEST_F(AuditedControl, U1_a_change_is_refused_with_503_while_the_audit_takes_nothing) {
  database.fail_next_commit({ErrorKind::unavailable, "the disk is full"});
  auto const answer = ask("monitor stop");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("the audit cannot be written (the disk is full)"));
  EXPECT_THAT(answer.body, HasSubstr("wardroomctl health"));
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(ask("status").status, 200) << "reading goes on";
  EXPECT_EQ(ask("monitor stop").status, 200);
  EXPECT_EQ(runs, 2);
}

TEST_F(AuditedControl, an_outcome_that_cannot_be_written_at_once_is_written_later) {
  control.handle("token refresh", [this](control::VerbCall) -> Task<Result<ordered_json>> {
    database.fail_next_commit({ErrorKind::unavailable, "the disk is full"});
    co_return ordered_json::object();
  });
  EXPECT_EQ(ask("token refresh").status, 200);
  EXPECT_THAT(actions(), ElementsAre("token refresh asked"));
  EXPECT_EQ(trail.sign().colour, HealthColour::red);
  auto const happened = clock.now();
  clock.advance(std::chrono::seconds(10));
  ASSERT_THAT(actions(), ElementsAre("token refresh asked", "token refresh"));
  EXPECT_EQ(records()[1].record.happened, happened);
  EXPECT_EQ(trail.sign().colour, HealthColour::green);
}

TEST_F(AuditedControl, a_failure_is_written_with_its_kind_and_its_sentence_where_it_can_be_erased) {
  EXPECT_EQ(ask("reload").status, 409);
  auto const found = records();
  ASSERT_THAT(actions(), ElementsAre("reload asked", "reload failed"));
  EXPECT_EQ(found[1].record.after, R"({"error":"conflict"})");
  EXPECT_EQ(found[1].record.text, "a reload of Ada's is running");
}

TEST_F(AuditedControl, a_handler_that_breaks_off_is_written_too) {
  ask("auth", R"({"code":"s3cret-c0de"})");
  EXPECT_EQ(broken, "a bug");
  ASSERT_THAT(actions(), ElementsAre("auth asked", "auth failed"));
  EXPECT_THAT(records()[1].record.text, HasSubstr("it may have been done"));
}

TEST_F(AuditedControl, parameters_stand_there_by_hash_unless_their_row_calls_them_plain) {
  ask("auth", R"({"code":"s3cret-c0de","identity":"meetings"})");
  auto const after = records()[0].record.after.value();
  EXPECT_EQ(after.find("s3cret"), std::string::npos) << after;
  EXPECT_THAT(after, HasSubstr(R"("code":"#)" + log.key().digest("s3cret-c0de")));
  EXPECT_THAT(after, HasSubstr(R"("identity":"meetings")"));
}

TEST_F(AuditedControl, what_only_reads_leaves_no_record) {
  EXPECT_EQ(ask("status").status, 200);
  EXPECT_EQ(ask("monitor stop", "{").status, 400);
  EXPECT_THAT(actions(), ElementsAre());
}

TEST_F(AuditedControl, a_streaming_change_is_written_before_it_begins_and_when_it_ends) {
  EXPECT_EQ(ask("login").status, 200);
  ASSERT_TRUE(stream);
  EXPECT_THAT(actions(), ElementsAre("login asked"));
  bool told = false;
  stream->on_close([&] { told = true; });
  write_line(*stream, {{"step", "device"}, {"user_code", "ABCD"}});
  write_line(*stream, {{"step", "done"}, {"person", "Ada"}});
  stream->close();
  clock.drain();
  EXPECT_TRUE(told);
  ASSERT_THAT(actions(), ElementsAre("login asked", "login"));
  EXPECT_EQ(records()[1].record.after, R"({"step":"done"})");

  ask("login");
  write_line(*stream, {{"error", {{"code", "denied"}, {"message", "Ada said no"}}}});
  stream->close();
  clock.drain();
  EXPECT_EQ(actions().back(), "login failed");
  EXPECT_EQ(records().back().record.after, R"({"error":"denied"})");

  database.fail_next_commit({ErrorKind::unavailable, "the disk is full"});
  EXPECT_EQ(ask("login").status, 503);
  EXPECT_EQ(runs, 2);
}

TEST_F(AuditedControl,
       U1_refusals_are_written_some_of_each_caller_in_a_minute_the_rest_is_counted) {
  rights = {.login = "eve"};
  for (int i = 0; i < 40; ++i) EXPECT_EQ(ask("monitor stop").status, 403);
  ASSERT_EQ(records().size(), front::RefusalLimit::of_one);
  EXPECT_EQ(records()[0].record.action, "refusal");
  EXPECT_EQ(records()[0].record.object, "monitor stop");
  EXPECT_EQ(records()[0].record.after, R"({"needs":"wardroom-operator"})");
  EXPECT_EQ(records()[0].record.actor.uid, 1000u);
  clock.advance(std::chrono::minutes(1));
  ASSERT_EQ(records().size(), front::RefusalLimit::of_one + 1);
  EXPECT_EQ(records().back().record.object, "uid 1000");
  EXPECT_EQ(records().back().record.after, R"({"more_refusals":35})");
  ask("monitor stop");
  EXPECT_EQ(records().size(), front::RefusalLimit::of_one + 2) << "a new minute";
}

TEST(RefusalLimit, U1_whoever_comes_with_many_uids_is_counted_and_no_more) {
  front::RefusalLimit limit;
  std::uint64_t written = 0;
  for (int uid = 0; uid < 65'536; ++uid) written += limit.admit(std::to_string(uid)) ? 1u : 0u;
  EXPECT_EQ(written, front::RefusalLimit::of_all);
  auto const left_out = limit.begin_anew();
  ASSERT_EQ(left_out.size(), 1u);
  EXPECT_EQ(left_out[0].count, 65'536 - written);
  EXPECT_TRUE(limit.admit("65536"));
}

TEST(LocalRights, U1_each_group_gets_exactly_its_verbs_of_every_row) {
  LocalNames const names{.login = "bob", .groups = {}, .read = 7001, .act = 7002, .admin = 7003};
  struct Case {
    std::vector<gid_t> groups;
    bool read, act, admin;
  };
  for (auto const& one : {Case{{}, false, false, false}, Case{{100, 7001}, true, false, false},
                          Case{{7002}, true, true, false}, Case{{7003}, true, true, true},
                          Case{{7001, 7002}, true, true, false}}) {
    // By the process, by its first group, and by the account.
    auto account = names;
    account.groups = one.groups;
    LocalRights const found[] = {
        judge_rights({.uid = 500, .gid = 500, .pid = 1, .groups = one.groups}, names, 499),
        judge_rights({.uid = 500, .gid = one.groups.empty() ? 500 : one.groups.back(), .pid = 1},
                     names, 499),
        judge_rights({.uid = 500, .gid = 500, .pid = 1}, account, 499)};
    for (auto const& rights : found)
      for (auto const& row : control::verb_table()) {
        bool const wanted = row.right == control::Right::read  ? one.read
                            : row.right == control::Right::act ? one.act
                                                               : one.admin;
        EXPECT_EQ(allows(rights, row.right), wanted) << row.words;
      }
  }
  // Groups that are not on this machine give nothing, whatever the caller has.
  auto const none = judge_rights({.uid = 500, .gid = 0, .pid = 1, .groups = {0, 7001}},
                                 {.login = "bob", .groups = {0}}, 499);
  EXPECT_FALSE(none.read || none.act || none.admin);
  EXPECT_FALSE(none.group_exists);
}

struct Book : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  /// A thread that hangs may outlive the test.
  struct NameService {
    std::atomic<int> asked{0};
    std::atomic<bool> hangs{false}, member{false};
  };
  std::shared_ptr<NameService> names = std::make_shared<NameService>();
  RightsBook book{io.get_executor(), clock, [names = names](uid_t uid) {
                    ++names->asked;
                    while (names->hangs) std::this_thread::yield();
                    return LocalNames{.login = "u" + std::to_string(uid),
                                      .groups = {names->member ? 7002u : 7001u},
                                      .read = 7001,
                                      .act = 7002,
                                      .admin = 7003};
                  }};
  Result<LocalRights> of(uid_t uid, control::Right needed = control::Right::read) {
    return test::run_task(io, book.of({.uid = uid, .gid = uid, .pid = 1}, needed));
  }
};

TEST_F(Book, asks_the_name_service_once_for_each_caller) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(of(500)->read);
  EXPECT_EQ(names->asked, 1);
  EXPECT_EQ(of(501)->login, "u501");
  EXPECT_EQ(names->asked, 2);
}

TEST_F(Book, U1_somebody_just_added_to_a_group_need_not_wait_for_a_minute) {
  EXPECT_FALSE(of(500, control::Right::act)->act);
  names->member = true;
  EXPECT_FALSE(of(500, control::Right::act)->act);
  EXPECT_EQ(names->asked, 1) << "no more often than every two seconds";
  clock.advance(std::chrono::seconds(3));
  EXPECT_TRUE(of(500, control::Right::act)->act);
  EXPECT_EQ(names->asked, 2);
}

TEST_F(Book, U1_a_name_service_that_hangs_holds_up_nobody_and_not_root) {
  names->hangs = true;
  std::optional<Result<LocalRights>> root, other;
  test::start_task(io, [](auto& b, auto& out) -> Task<void> {
    out = co_await b.of({.uid = ::geteuid(), .pid = 1}, control::Right::admin);
  }(book, root));
  test::start_task(io, [](auto& b, auto& out) -> Task<void> {
    out = co_await b.of({.uid = 500, .gid = 500, .pid = 1}, control::Right::read);
  }(book, other));
  clock.advance(std::chrono::milliseconds(600));
  ASSERT_TRUE(root);
  EXPECT_TRUE((*root)->admin);
  EXPECT_FALSE(other);
  clock.advance(std::chrono::seconds(3));
  ASSERT_TRUE(other);
  ASSERT_FALSE(*other);
  EXPECT_EQ(other->error().kind, ErrorKind::unavailable);
  EXPECT_THAT(other->error().what, HasSubstr("uid 500"));
  names->hangs = false;
  EXPECT_TRUE(of(500)->read);
}

TEST(LocalRights, root_and_the_daemons_own_uid_may_do_everything) {
  auto const own = local_rights({.uid = geteuid(), .gid = getegid()});
  EXPECT_TRUE(own.admin && own.act && own.read);
}

TEST(LocalRights, U1_a_foreign_uid_without_groups_may_do_nothing) {
  auto const nobody = local_rights({.uid = 65533, .gid = 65533});
  EXPECT_FALSE(nobody.read || nobody.act || nobody.admin);
  EXPECT_EQ(nobody.login, "uid 65533");
}

}  // namespace
}  // namespace wardroom
