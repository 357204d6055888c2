/// What the scenarios of the store share: a site on either engine, people who post without a pause,
/// and the tools of operators.
#pragma once
#include "store/store_session.hpp"
#include "support/postgres_server.hpp"
#include "support/site.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

namespace wardroom::test {

inline constexpr auto one_fence = R"(  mode: enforce
  post_interval: 2s
  timeout: 300s
  fences:
    - { name: vienna, circle: { at: [48.2082, 16.3738], radius: 20km }, margin: 300m, people: { all: true },
        no_fix: open, stale: closed, uncertain: open, degraded: open })";

inline std::vector<std::string> const posting_people{
    "ada@acme.example",           "bela@acme.example",        "zoe.mueller@acme.example",
    "juergen.gross@acme.example", "lukasz.zolc@acme.example", "renee.oconnor@acme.example",
    "soren.kjaer@acme.example",   "umit.ozdemir@acme.example"};

/// A database of the tests' server, dropped at the end.
struct PostgresPlace {
  store::PostgresSettings const made = PostgresServer::shared().new_database();
  std::string const database = PostgresServer::name_of(made);
  ~PostgresPlace() { PostgresServer::shared().drop(database); }
  std::string const& url() const { return made.url; }
};

/// libpqxx forgets 2 KB with each lost connection (postgres_server.cpp); the daemon's leak check
/// must not fail for that.
inline Process::Extras with_postgres(Site const& site,
                                     std::map<std::string, std::string> more = {}) {
  auto const file = site.folder() + "/lsan";
  std::ofstream(file) << "leak:libpqxx-6.4.so\n";
  more["LSAN_OPTIONS"] = "print_suppressions=0:suppressions=" + file;
  return {.environment = std::move(more)};
}

/// Posts until told to stop. Its number is the accuracy of each post: what is kept must be at least
/// the last number answered 204, and at most the last one sent.
class Poster {
 public:
  Poster(Site const& site, std::string email)
      : email_(std::move(email)), browser_(site.browser(email_)) {
    EXPECT_TRUE(browser_.sign_in()) << email_ << browser_.last().status << browser_.last().body;
  }
  ~Poster() { stop(); }
  Poster(Poster&&) = delete;

  void start() {
    going_ = true;
    thread_ = std::thread([this] {
      while (going_) post();
    });
  }
  void stop() {
    going_ = false;
    if (thread_.joinable()) thread_.join();
  }
  void post() {
    auto const begun = std::chrono::steady_clock::now();
    auto const number = ++sent_;
    auto const answer = browser_.post_location(48.2, 16.37, number);
    auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begun);
    if (answer.status == 204) {
      answered_ = number;
      ++posts_;
      if (took.count() > longest_ms_) longest_ms_ = static_cast<int>(took.count());
    } else if (answer.status == 0) {
      going_ = false;  // the daemon is gone
    } else if (answer.status == 429) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));  // one person posts only so often
    } else {
      ++refused_;
      last_refusal_ = answer.status;
    }
  }
  /// What the daemon has kept, held against what it answered.
  void check(Site const& site) const {
    if (answered_ == 0) return;
    auto const person = site.control("/v1/people/show?person=" + email_);
    auto const kept = person.value("accuracy_m", -1.0);
    EXPECT_GE(kept, answered_) << email_ << " lost a post";
    EXPECT_LE(kept, sent_) << email_;
  }
  int answered() const { return answered_; }
  int posts() const { return posts_; }
  int refused() const { return refused_; }
  int last_refusal() const { return last_refusal_; }
  int longest_ms() const { return longest_ms_; }

 private:
  std::string email_;
  Browser browser_;
  std::atomic<bool> going_ = false;
  std::atomic<int> sent_ = 0, answered_ = 0, posts_ = 0, refused_ = 0, longest_ms_ = 0,
                   last_refusal_ = 0;
  std::thread thread_;
};

struct Said {
  std::optional<int> code;
  std::string text;
};
inline Said run_program(Site const& site, std::vector<std::string> words,
                        Process::Extras const& extras = {},
                        std::chrono::milliseconds limit = std::chrono::seconds(120)) {
  static int number = 0;
  auto const log = fmt::format("{}/said-{}.log", site.folder(), ++number);
  Process process(std::move(words), log, extras);
  auto const code = process.wait(limit);
  std::stringstream text;
  text << std::ifstream(log).rdbuf();
  return {code, text.str()};
}
inline Said ctl(Site const& site, std::vector<std::string> words,
                std::chrono::milliseconds limit = std::chrono::seconds(120)) {
  words.insert(words.begin(), {WARDROOM_BUILD_DIR "/ctl/wardroomctl", "--socket",
                               site.folder() + "/control.sock"});
  return run_program(site, std::move(words), {}, limit);
}
/// `wardroomd --config … WORDS`, until it ends: a refused start, or work on the store.
inline Said daemon_ends(Site const& site, std::vector<std::string> words = {},
                        std::chrono::milliseconds limit = std::chrono::seconds(60)) {
  words.insert(words.begin(), {WARDROOM_BUILD_DIR "/daemon/wardroomd", "--config",
                               site.folder() + "/wardroom.yaml"});
  return run_program(site, std::move(words), with_postgres(site), limit);
}

/// The last line of an NDJSON answer.
inline nlohmann::json last_line(std::string const& text) {
  std::istringstream in(text);
  nlohmann::json out;
  for (std::string line; std::getline(in, line);)
    if (auto json = nlohmann::json::parse(line, nullptr, false); json.is_object())
      out = std::move(json);
  return out;
}

inline std::int64_t number_in(std::string const& url, std::string const& sql) {
  store::StoreSession session({url, {}}, store::StoreSession::Use::read);
  return session.sql().one(sql)->integer(0);
}

}  // namespace wardroom::test
