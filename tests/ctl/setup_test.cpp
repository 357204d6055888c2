// What setup asks, what it takes for an answer, what it tries out and what it writes.
#include "setup.hpp"

#include "json_view.hpp"
#include "setup_answers.hpp"
#include "setup_checks.hpp"
#include "setup_files.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_http_client.hpp"
#include "support/postgres_server.hpp"
#include "support/reserved_port.hpp"
#include "support/run_task.hpp"
#include "support/seed.hpp"
#include "words.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

namespace wardroom::test {
namespace {

namespace fs = std::filesystem;
using ctl::Draft;
using ctl::Places;

std::string text_of(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

unsigned mode_of(std::string const& path) {
  struct stat about{};
  return ::stat(path.c_str(), &about) == 0 ? about.st_mode & 07777 : 0;
}

struct Outcome {
  int code = 0;
  std::string out, err;
  std::vector<std::string> asked;  ///< the prompts
  std::size_t left = 0;            ///< answers nobody asked for
};

/// A folder of its own, and a person who types what stands in the list.
class Site {
 public:
  Site() {
    std::string path = (fs::temp_directory_path() / "wardroom-setup-XXXXXX").string();
    if (!::mkdtemp(path.data())) throw std::runtime_error("no folder");
    folder_ = path;
  }
  ~Site() { fs::remove_all(folder_); }
  std::string dir() const { return folder_.string() + "/site"; }
  std::string file(std::string const& name) const { return dir() + "/" + name; }
  std::string config() const { return file("wardroom.yaml"); }
  std::string write(std::string const& name, std::string const& text, unsigned mode = 0600) const {
    auto const path = folder_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    ::chmod(path.c_str(), mode);
    return path.string();
  }

  Outcome operator()(std::vector<std::string> args, std::deque<std::string> typed = {},
                     bool keyboard = true, bool interrupted_then = false) const {
    std::ostringstream out, err;
    Outcome outcome;
    bool pressed = false;
    args.insert(args.begin(), "setup");
    if (std::ranges::none_of(args, [](auto const& a) { return a == "--config"; }))
      args.insert(args.end(), {"--dir", dir()});
    outcome.code = ctl::run(
        args,
        {.out = out,
         .err = err,
         .asks = keyboard,
         .now = [] { return *ctl::parse_time("2026-11-22T00:12:05.000Z"); },
         .pause = [](Milliseconds) { return true; },
         .read_line = [&](std::string_view question, bool hidden) -> std::optional<std::string> {
           err << question;
           outcome.asked.emplace_back(question);
           if (typed.empty()) {
             pressed = interrupted_then;
             return std::nullopt;
           }
           auto line = typed.front();
           typed.pop_front();
           err << (hidden ? "" : line) << "\n";
           return line;
         },
         .stopped = [&] { return pressed; }});
    outcome.out = out.str();
    outcome.err = err.str();
    outcome.left = typed.size();
    return outcome;
  }

  /// Every answer of a site on a Webex that is not there; the port is nobody's.
  std::deque<std::string> answers() const {
    return {"127.0.0.1:" + std::to_string(port_.number()),
            "",
            "http://127.0.0.1:1/v1",
            "C-test",
            "made-up-secret",
            "Ada@acme.example, bela@acme.example",
            "",
            "",
            "",
            "circle 48.2082 16.3738 20km",
            "",
            "",
            "",
            "y"};
  }

 private:
  fs::path folder_;
  ReservedPort port_;
};

TEST(Setup, asks_for_everything_and_writes_what_the_daemon_starts_on) {
  Site const site;
  auto const outcome = site({}, site.answers());
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.left, 0u);
  auto const yaml = text_of(site.config());
  for (auto const* line : {"client_id: C-test\n", "admins: [ada@acme.example, bela@acme.example]\n",
                           "mode: observe\n", "post_interval: 30s\n", "timeout: 300s\n",
                           "api: \"http://127.0.0.1:1/v1\"\n", "srv: false\n",
                           "fences: [{ name: area, circle: { at: [48.2082, 16.3738], radius: 20km "
                           "}, people: { all: true } }]\n"})
    EXPECT_TRUE(yaml.contains(line)) << line << yaml;
  config::Complaints complaints;
  auto const settings = load_settings(site.config(), complaints);
  for (auto const& complaint : complaints) ADD_FAILURE() << complaint.text();
  EXPECT_EQ(settings.control_socket, site.file("run/control.sock"));
  EXPECT_EQ(text_of(site.file("client_secret")), "made-up-secret");
  bool const for_the_daemon = ctl::daemon_user().has_value();
  EXPECT_EQ(mode_of(site.config()), for_the_daemon ? 0640u : 0600u);
  EXPECT_EQ(mode_of(site.file("client_secret")), 0600u);
  EXPECT_EQ(mode_of(site.file("master.key")), 0600u);
  EXPECT_EQ(mode_of(site.file("state")), 0700u);
  EXPECT_EQ(mode_of(site.file("run")), 0755u);
  EXPECT_TRUE(outcome.out.contains("--socket " + site.file("run/control.sock") + " login"))
      << outcome.out;
  EXPECT_TRUE(outcome.out.contains("/oauth/callback")) << outcome.out;
  for (auto const& entry : fs::recursive_directory_iterator(site.dir()))
    EXPECT_NE(entry.path().extension(), ".new") << "a temporary file stays behind";
}

TEST(Setup, secrets_are_neither_shown_nor_in_the_configuration) {
  Site const site;
  auto const outcome = site({}, site.answers());
  EXPECT_FALSE((outcome.out + outcome.err + text_of(site.config())).contains("made-up-secret"));
}

TEST(Setup, tells_what_is_wrong_with_an_answer_at_once_and_asks_again) {
  Site const site;
  std::deque<std::string> typed;
  auto good = site.answers();
  auto with_wrong = [&](std::vector<std::string> wrong) {
    for (auto& one : wrong) typed.push_back(std::move(one));
    typed.push_back(good.front());
    good.pop_front();
  };
  with_wrong({"8480", "0.0.0.0:8480", "127.0.0.1:0", "?"});                        // listen
  with_wrong({"http://wardroom.acme.example", "wardroom"});                        // public URL
  with_wrong({"http://webex.acme.example/v1"});                                    // API
  with_wrong({"", "C 1"});                                                         // client id
  with_wrong({"", "two words"});                                                   // secret
  with_wrong({"ada", "ada@"});                                                     // admins
  with_wrong({});                                                                  // organisation
  with_wrong({"mysql://x", "postgresql://me:pw@db/x", "sqlite:relative"});         // store
  with_wrong({"block"});                                                           // mode
  with_wrong({"", "AT", "circle 100 1 5km", "box 49 46 9 17", "box 46 49 17 9"});  // area
  with_wrong({"often", "10ms"});                                                   // interval
  with_wrong({"60s"});                                                             // timeout
  for (auto& one : good) typed.push_back(one);
  auto const outcome = site({}, typed);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  for (auto const* told :
       {"an address and a port", "put a TLS proxy in front", "socket wardroomd-http.socket",
        "plain http is for this machine alone", "accepted on loopback only", "An answer is needed",
        "no blanks or quotes", "a secret has no blanks", "no e-mail address", "holds a password",
        "one of observe, enforce and off", "knows no countries", "-90 to 90", "are they swapped?",
        "crosses the 180th meridian", "at least 1s",
        "more than twice the posting interval (30s), so more than 1m"})
    EXPECT_TRUE(outcome.err.contains(told)) << told << "\n" << outcome.err;
}

TEST(Setup, ctrl_c_or_the_end_of_input_leaves_everything_as_it_was) {
  Site const site;
  auto const all = site.answers();
  for (std::size_t n = 0; n < all.size(); n += 3)
    for (bool const interrupted : {true, false}) {
      auto const outcome =
          site({}, {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n)}, true, interrupted);
      EXPECT_EQ(outcome.code, 130);
      EXPECT_TRUE(outcome.err.contains("nothing was changed")) << outcome.err;
      EXPECT_FALSE(fs::exists(site.dir())) << n;
    }
}

TEST(Setup, asks_again_for_nothing_and_keeps_every_comment) {
  Site const site;
  ASSERT_EQ(site({}, site.answers()).code, 0);
  auto const yaml = text_of(site.config()), key = text_of(site.file("master.key"));
  auto const again = site({});
  EXPECT_TRUE(again.asked.empty()) << again.asked.front();
  EXPECT_TRUE(again.err.contains("Nothing is missing")) << again.err;
  EXPECT_EQ(again.code, 1) << "that Webex is not there is told";
  EXPECT_EQ(text_of(site.config()), yaml);
  EXPECT_EQ(text_of(site.file("master.key")), key) << "a master key is never overwritten";
}

TEST(Setup, asks_for_what_is_wrong_alone_and_changes_only_that) {
  Site const site;
  ASSERT_EQ(site({}, site.answers()).code, 0);
  auto yaml = "# mine\n" + text_of(site.config());
  yaml.replace(yaml.find("timeout: 300s"), 13, "timeout: 45s  # too short");
  yaml.replace(yaml.find("  admins: [ada@acme.example, bela@acme.example]\n"), 48, "");
  std::ofstream(site.config(), std::ios::trunc) << yaml;
  fs::remove(site.file("client_secret"));
  auto const outcome = site({}, {"another-secret", "ada@acme.example", "5m", "y"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.asked.size(), 4u);
  EXPECT_TRUE(outcome.err.contains("must be more than twice post_interval")) << outcome.err;
  auto const now = text_of(site.config());
  EXPECT_TRUE(now.starts_with("# mine\n# Wardroom's configuration")) << now;
  EXPECT_TRUE(now.contains("timeout: 5m  # too short\n")) << now;
  EXPECT_TRUE(now.contains("ada@acme.example")) << now;
  EXPECT_EQ(text_of(site.file("client_secret")), "another-secret");
}

TEST(Setup, refuses_a_file_it_cannot_keep_and_says_what_it_does_not_ask_about) {
  Site const site;
  site.write("site/wardroom.yaml", "a: [1\n");
  auto const broken = site({}, site.answers());
  EXPECT_EQ(broken.code, 1);
  EXPECT_TRUE(broken.err.contains("wardroom.yaml:")) << broken.err;
  fs::remove(site.config());
  ASSERT_EQ(site({}, site.answers()).code, 0);
  std::ofstream(site.config(), std::ios::app) << "lgo: { level: info }\n";
  auto const before = text_of(site.config());
  auto const unknown = site({});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_TRUE(unknown.err.contains("lgo")) << unknown.err;
  EXPECT_EQ(text_of(site.config()), before);
}

TEST(Setup, what_is_not_found_right_can_be_written_anyway_or_not) {
  Site const site;
  auto typed = site.answers();
  typed.back() = "n";
  auto const no = site({}, typed);
  EXPECT_EQ(no.code, 1);
  EXPECT_TRUE(no.err.contains("failed")) << no.err;
  EXPECT_TRUE(no.err.contains("Not everything was found right. Write anyway? [y/N]")) << no.err;
  EXPECT_FALSE(fs::exists(site.dir()));
}

TEST(Setup, without_anybody_to_ask_names_what_is_missing) {
  Site const site;
  auto const outcome = site({}, {}, false);
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(outcome.err.contains("http.listen is missing")) << outcome.err;
  EXPECT_TRUE(outcome.err.contains("--answers FILE")) << outcome.err;
}

TEST(Setup, what_cannot_be_written_changes_nothing) {
  Site const site;
  auto const blocked = site.write("blocked", "no folder");
  auto const outcome = site({"--config", blocked + "/wardroom.yaml"}, site.answers());
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(text_of(blocked), "no folder");
}

// --- answer files -------------------------------------------------------------------------------

std::string answer_lines(Site const& site, std::string const& more = "") {
  auto const secret = site.write("a_secret", "made-up-secret\n");
  return "http.listen=127.0.0.1:18480\nwebex.api=http://127.0.0.1:1/v1\n"
         "identities.admin.client_id=C-test\nidentities.admin.client_secret_file=" +
         secret + "\nwebex.admins=ada@acme.example\ncall_blocking.fences=none\n" + more;
}

TEST(SetupAnswers, from_a_file_ask_nothing_and_may_come_again) {
  Site const site;
  auto const file = site.write("answers", answer_lines(site));
  auto const strict = site({"--answers", file}, {}, false);
  EXPECT_EQ(strict.code, 1) << "Webex is not there";
  EXPECT_TRUE(strict.err.contains("--write-anyway")) << strict.err;
  EXPECT_FALSE(fs::exists(site.dir()));
  auto const written = site({"--answers", file, "--write-anyway", "--json"}, {}, false);
  ASSERT_EQ(written.code, 0) << written.err;
  auto const json = ctl::Json::parse(written.out);
  EXPECT_EQ(json["schema"], "wardroom.setup/1");
  EXPECT_EQ(json["ok"], true);
  EXPECT_EQ(json["redirect_uri"], "http://127.0.0.1:18480/oauth/callback");
  EXPECT_GE(json["written"].size(), 4u);
  EXPECT_FALSE(written.out.contains("made-up-secret"));
  EXPECT_EQ(text_of(site.file("client_secret")), "made-up-secret");
  auto const yaml = text_of(site.config());
  auto const again = site({"--answers", file, "--write-anyway"}, {}, false);
  EXPECT_EQ(text_of(site.config()), yaml) << again.err;
  EXPECT_TRUE(again.err.contains("nothing was changed")) << again.err;
  EXPECT_FALSE(again.err.contains("written")) << again.err;
}

TEST(SetupAnswers, may_be_yaml_as_in_the_configuration) {
  auto const answers = ctl::parse_answers(
      "http: { listen: 127.0.0.1:9 }\nwebex:\n  admins: [a@b.example, c@d.example]\n"
      "call_blocking:\n  fences:\n    - { name: x, circle: { at: [1, 2], radius: 5km } }\n",
      "answers");
  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->at("http.listen"), "127.0.0.1:9");
  EXPECT_EQ(answers->at("webex.admins"), "a@b.example, c@d.example");
  EXPECT_TRUE(ctl::fences_of(answers->at("call_blocking.fences")));
}

TEST(SetupAnswers, every_mistake_is_named_in_one_run) {
  Site const site;
  auto const file =
      site.write("answers",
                 "http.lisen=127.0.0.1:1\nidentities.admin.client_secret=typed\nwebex.org_id=a\n"
                 "webex.org_id=b\nnonsense\n");
  auto const outcome = site({"--answers", file}, {}, false);
  EXPECT_EQ(outcome.code, 2);
  for (auto const* told :
       {":1: setup asks for no http.lisen; did you mean http.listen?",
        ":2: identities.admin.client_secret: a secret never stands in an answer file",
        ":4: webex.org_id stands here twice", ":5: nonsense has no value"})
    EXPECT_TRUE(outcome.err.contains(told)) << told << "\n" << outcome.err;
  EXPECT_FALSE(outcome.err.contains("typed"));
}

TEST(SetupAnswers, what_has_no_usual_answer_is_named_by_its_key) {
  Site const site;
  auto const file = site.write("answers", "webex.api=https://webexapis.com/v1\n");
  auto const outcome = site({"--answers", file}, {}, false);
  EXPECT_EQ(outcome.code, 2);
  for (auto const* key : {"identities.admin.client_id: an answer is needed",
                          "identities.admin.client_secret_file: an answer is needed",
                          "call_blocking.fences: an answer is needed"})
    EXPECT_TRUE(outcome.err.contains(key)) << outcome.err;
  EXPECT_FALSE(outcome.err.contains("http.listen:")) << outcome.err;
}

TEST(SetupAnswers, a_secret_that_others_may_read_is_refused) {
  Site const site;
  auto const open = site.write("open_secret", "x", 0644);
  auto const file = site.write("answers", "identities.admin.client_secret_file=" + open + "\n");
  auto const outcome = site({"--answers", file}, {}, false);
  EXPECT_TRUE(outcome.err.contains("is open to others")) << outcome.err;
}

TEST(SetupAnswers, the_template_holds_every_key_and_what_is_in_force) {
  Site const site;
  auto const fresh = site({"--print-answers"}, {}, false);
  EXPECT_EQ(fresh.code, 0);
  for (auto const& question : ctl::questions())
    EXPECT_TRUE(fresh.out.contains(std::string(question.key) + "=")) << question.key;
  ASSERT_EQ(site({}, site.answers()).code, 0);
  auto const filled = site({"--print-answers"}, {}, false);
  auto const file = site.write("answers", filled.out);
  auto const yaml = text_of(site.config());
  auto const again = site({"--answers", file, "--write-anyway"}, {}, false);
  EXPECT_NE(again.code, 2) << again.err << filled.out;
  EXPECT_EQ(load_settings(site.config(), *std::make_unique<config::Complaints>()).admins.size(),
            2u);
  EXPECT_EQ(ctl::Draft::open(site.config())->value("call_blocking.timeout"), "300s");
}

// --- the area -----------------------------------------------------------------------------------

TEST(Area, in_words_becomes_a_fence_that_the_daemon_takes) {
  for (auto const* words :
       {"circle 48.2082 16.3738 20km", "circle 48.2082, 16.3738, 20 km", "CIRCLE -1 -2 300m",
        "box 46.37 49.02 9.53 17.17", "box -10, 10, 170, -170 antimeridian", "none",
        "[{ name: a, box: { south: 1, north: 2, west: 3, east: 4 } }]"}) {
    auto const fences = ctl::fences_of(words);
    ASSERT_TRUE(fences) << words << ": " << fences.error().what;
    config::Complaints complaints;
    (void)call_blocking::CallBlockingSettings::parse(
        config::Section(YAML::Load("fences: " + *fences), "f", "call_blocking", complaints));
    EXPECT_TRUE(complaints.empty()) << words << ": " << complaints.front().text();
  }
  for (auto const* words : {"", "circle", "circle 1 2", "circle 1 2 3", "circle 1 2 -3km",
                            "box 1 2 3", "box 1 2 200 3", "box 1 2 3 4 antimeridian",
                            "circle 91 0 1km", "Austria", "circle nan 2 3km", "none of them"})
    EXPECT_FALSE(ctl::fences_of(words)) << words;
}

TEST(YamlText, reads_back_as_it_was_whatever_it_holds) {
  Dice dice;
  static constexpr std::string_view pieces[]{"a", "\"", "\\", ":", " ", "#",    "[",
                                             "{", "'",  "\n", "é", "1", "true", "~",
                                             "-", "\t", "@",  "/", ",", "null", "&"};
  for (auto left = count(5'000); left > 0; --left) {
    std::string text;
    for (auto n = dice.below(8); n > 0; --n) text += dice.pick(pieces);
    auto const yaml = "[" + ctl::yaml_text(text) + "]";
    ASSERT_EQ(YAML::Load(yaml)[0].as<std::string>(), text) << yaml;
  }
}

// --- trying out ---------------------------------------------------------------------------------

struct Outside {
  boost::asio::io_context io;
  FakeClock clock{io};
  FakeHttpClient http;
  ctl::Checks webex() {
    return run_task(io, ctl::check_webex(http, clock, "https://webexapis.com/v1"));
  }
  ctl::Checks client(std::string const& secret = "s") {
    DaemonSettings settings;
    settings.identities["admin"] = {.client_id = "C-test"};
    settings.device_url = "https://webexapis.com/v1/device/authorize";
    return run_task(io, ctl::check_client(http, clock, settings, Secret(secret)));
  }
};

std::string http_date(Instant when) {
  auto const seconds = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

TEST(SetupChecks, know_webex_by_its_refusal_and_compare_the_clocks) {
  Outside outside;
  outside.http.next("/people/me",
                    FakeHttpClient::reply(401, "{}", {{"Date", http_date(outside.clock.now())}}));
  auto const fine = outside.webex();
  ASSERT_EQ(fine.size(), 2u);
  EXPECT_TRUE(fine[0].ok && fine[1].ok) << fine[0].sentence << fine[1].sentence;
  outside.http.next(
      "/people/me",
      FakeHttpClient::reply(401, "{}",
                            {{"Date", http_date(outside.clock.now() + std::chrono::minutes(10))}}));
  auto const late = outside.webex();
  EXPECT_FALSE(late[1].ok);
  EXPECT_TRUE(late[1].sentence.contains("10 min behind Webex's")) << late[1].sentence;
  outside.http.next("/people/me", FakeHttpClient::reply(200, "<html>Sign in to the guest network"));
  EXPECT_FALSE(outside.webex()[0].ok);
  outside.http.next("/people/me", FakeHttpClient::fail(ErrorKind::unavailable, "no such name"));
  auto const gone = outside.webex();
  EXPECT_TRUE(gone.size() == 1 && !gone[0].ok && gone[0].sentence.contains("no such name"));
}

constexpr auto begun =
    R"({"device_code":"d","user_code":"1","verification_uri":"https://x.example/v","interval":1})";

TEST(SetupChecks, tell_an_unknown_client_from_a_wrong_secret) {
  Outside outside;
  outside.http.next(
      "/device/authorize",
      FakeHttpClient::reply(400, R"({"errors":[{"description":"Client Id is invalid"}]})"));
  auto const unknown = outside.client();
  ASSERT_EQ(unknown.size(), 1u);
  EXPECT_FALSE(unknown[0].ok);
  EXPECT_EQ(unknown[0].name, "client id");
  outside.http.always("/device/authorize", FakeHttpClient::reply(200, begun));
  outside.http.next("/device/token",
                    FakeHttpClient::reply(401, R"({"errors":[{"description":"invalid_client"}]})"));
  auto const wrong = outside.client();
  ASSERT_EQ(wrong.size(), 2u);
  EXPECT_TRUE(wrong[0].ok);
  EXPECT_FALSE(wrong[1].ok);
  outside.http.next("/device/token", FakeHttpClient::reply(428, ""));
  auto const fine = outside.client();
  EXPECT_TRUE(fine[0].ok && fine[1].ok) << fine[1].sentence;
  EXPECT_TRUE(outside.http.requests.back().body.contains("device_code=d"));
}

TEST(SetupChecks, a_port_is_free_ours_or_somebody_elses) {
  Outside outside;
  DaemonSettings settings;
  {
    ReservedPort const port;
    settings.listen = "127.0.0.1:" + std::to_string(port.number());
    EXPECT_TRUE(run_task(outside.io, ctl::check_port(outside.http, settings, false)).ok);
  }
  int const busy = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ASSERT_EQ(::bind(busy, reinterpret_cast<sockaddr*>(&at), size), 0);
  ASSERT_EQ(::listen(busy, 1), 0);
  ::getsockname(busy, reinterpret_cast<sockaddr*>(&at), &size);
  settings.listen = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  outside.http.next("/healthz", FakeHttpClient::reply(200, "alive\n"));
  EXPECT_TRUE(run_task(outside.io, ctl::check_port(outside.http, settings, true)).ok);
  outside.http.next("/healthz", FakeHttpClient::reply(200, "alive\n"));
  EXPECT_FALSE(run_task(outside.io, ctl::check_port(outside.http, settings, false)).ok)
      << "another site's daemon";
  outside.http.next("/healthz", FakeHttpClient::reply(404, "nginx"));
  auto const taken = run_task(outside.io, ctl::check_port(outside.http, settings, true));
  EXPECT_FALSE(taken.ok);
  EXPECT_TRUE(taken.remedy.contains("ss -ltnp")) << taken.remedy;
  ::close(busy);
}

TEST(SetupChecks, a_store_that_would_not_open_is_told_before) {
  Site const site;
  auto check = [](std::string const& url) {
    DaemonSettings settings;
    settings.store_url = url;
    return ctl::check_store(settings, std::nullopt, std::nullopt);
  };
  EXPECT_TRUE(check("sqlite:" + site.file("state/wardroom.db")).ok);
  site.write("site/other/wardroom.db", "this is a letter to a friend");
  EXPECT_TRUE(
      check("sqlite:" + site.file("other/wardroom.db")).sentence.contains("no SQLite database"));
  ::chmod(site.file("other").c_str(), 0777);
  EXPECT_TRUE(check("sqlite:" + site.file("other/new.db")).remedy.contains("chmod 0700"));
  auto const away = check("postgresql://wardroom@127.0.0.1:1/wardroom");
  EXPECT_FALSE(away.ok);
  EXPECT_FALSE(away.sentence.empty());
}

TEST(SetupChecks, a_database_is_tried_with_the_password_that_was_given) {
  auto& server = PostgresServer::shared();
  auto const database = server.new_database();
  DaemonSettings settings;
  settings.store_url = server.loopback_url(database);
  auto const fine = ctl::check_store(settings, Secret(std::string(PostgresServer::password)), {});
  EXPECT_TRUE(fine.ok) << fine.sentence;
  auto const wrong = ctl::check_store(settings, Secret(std::string("wrong")), std::nullopt);
  EXPECT_FALSE(wrong.ok);
  EXPECT_TRUE(wrong.sentence.contains("password")) << wrong.sentence;
  EXPECT_FALSE(wrong.sentence.contains(PostgresServer::password));
}

TEST(Setup, asks_for_the_password_of_a_database_alone) {
  Site const site;
  auto& server = PostgresServer::shared();
  auto const database = server.new_database();
  auto typed = site.answers();
  typed[7] = server.loopback_url(database);
  typed.insert(typed.begin() + 8, PostgresServer::password);
  auto const outcome = site({}, typed);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.err.contains("ok     store")) << outcome.err;
  EXPECT_FALSE(outcome.err.contains(PostgresServer::password));
  EXPECT_EQ(text_of(site.file("store_password")), PostgresServer::password);
  EXPECT_EQ(mode_of(site.file("store_password")), 0600u);
  EXPECT_FALSE(fs::exists(site.file("state"))) << "that is for a file";
}

TEST(SetupChecks, a_master_key_that_is_none_is_told_and_left_alone) {
  Site const site;
  DaemonSettings settings;
  settings.master_key_file = site.write("master.key", "short");
  EXPECT_FALSE(ctl::check_master_key(settings).ok);
  EXPECT_EQ(text_of(settings.master_key_file), "short");
  settings.master_key_file = site.file("none.key");
  EXPECT_TRUE(ctl::check_master_key(settings).ok);
}

TEST(SetupChecks, the_public_url_is_https_or_this_machine) {
  DaemonSettings settings;
  settings.public_url = "https://wardroom.acme.example";
  EXPECT_TRUE(ctl::check_public_url(settings).ok);
  settings.public_url = "http://127.0.0.1:8480";
  EXPECT_TRUE(ctl::check_public_url(settings).ok);
  settings.public_url = "http://wardroom.acme.example";
  EXPECT_FALSE(ctl::check_public_url(settings).ok);
}

}  // namespace
}  // namespace wardroom::test
