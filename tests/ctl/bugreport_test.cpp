// `bugreport`: a file that is never written over, and in which no canary is found, in any spelling.
#include "bugreport.hpp"

#include "base/encoding.hpp"
#include "ctl/tool.hpp"
#include "program.hpp"
#include "redactor.hpp"
#include "tarball.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace wardroom::test {
namespace {

using ctl::Json;
namespace fs = std::filesystem;

/// One of each kind of thing that must never be in a report.
struct Canary {
  std::string_view kind, value;
};
constexpr std::array canaries{
    Canary{"name", "Quintessa Vandermolen"},
    Canary{"family name", "Vandermolen"},
    Canary{"short name", "Li Wu"},
    Canary{"name in letters", "Zoë Ångström"},
    Canary{"mail", "quintessa.v@secret-mail.example"},
    Canary{"phone", "+43 1 5550147"},
    Canary{"phone in digits", "4315550147"},
    Canary{"latitude", "48.208174"},
    Canary{"longitude", "16.373819"},
    Canary{"access token", "ZjA3c2VjcmV0MTIzNDU2Nzg5MGFiY2RlZg_canaryaccess"},
    Canary{"refresh token", "MWNhbmFyeXJlZnJlc2g5ODc2NTQzMjEwZmVkY2Jh"},
    Canary{"cookie", "9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a3928"},
    Canary{"uuid", "f5b36187-c8dd-4727-8b2f-f9c447f29046"},
};

std::vector<std::string> spellings(std::string_view text) {
  std::string upper(text), lower(text);
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return {std::string(text),   upper, lower, to_base64(text), to_base64url(text), to_hex(text),
          percent_encode(text)};
}

std::vector<std::string> hits(std::string const& text) {
  std::vector<std::string> out;
  for (auto const& canary : canaries)
    for (auto const& spelling : spellings(canary.value))
      if (auto const at = text.find(spelling); at != text.npos)
        out.push_back(std::string(canary.kind) + ": …" + text.substr(at < 60 ? 0 : at - 60, 160));
  return out;
}

/// A sentence with all of them, as careless code might log it.
std::string careless() {
  std::string out = "failed for";
  for (auto const& canary : canaries) out += " " + std::string(canary.value) + ",";
  return out + " Bearer " + std::string(canaries[9].value);
}

Json with_canaries(Json answer) {
  for (auto const* key :
       {"sentence", "message", "detail", "who", "person", "email", "remote", "number", "address",
        "login", "by", "to", "text", "why", "cookie", "token", "position", "novelty"})
    answer[key] = careless();
  answer["person_no"] = 17;
  answer["name"] = canaries[0].value;
  answer["latitude"] = 48.208174;
  answer["longitude"] = 16.373819;
  answer["fix"] = {{"at", {48.208174, 16.373819}}};
  answer["nested"] = {{"who", canaries[2].value}, {"why", careless()}};
  return answer;
}

/// Everything it can be asked answers with canaries.
std::string careless_daemon(std::string const& request) {
  auto const asked = [&](char const* path) {
    return request.starts_with("GET " + std::string(path));
  };
  if (asked("/v1/events")) {
    std::string lines;
    for (int seq = 1; seq <= 600; ++seq)
      lines += with_canaries({{"seq", seq},
                              {"at", "2026-11-22T00:10:05.250Z"},
                              {"kind", "call"},
                              {"call", "callhalf-20450000101:0"},
                              {"decision", "rejected"}})
                   .dump() +
               "\n";
    return chunked(lines);
  }
  if (asked("/v1/doctor"))
    return chunked(R"({"step":"begin","checks":1,"areas":["store"]})"
                   "\n" +
                   with_canaries({{"step", "check"},
                                  {"area", "store"},
                                  {"name", "store.x"},
                                  {"result", "failed"},
                                  {"remedy", careless()}})
                       .dump() +
                   "\n"
                   R"({"step":"done"})"
                   "\n");
  if (asked("/v1/metrics"))
    return answer(200, Json{{"text",
                             "# HELP wardroom_people People known.\nwardroom_people 42\n"
                             "wardroom_x{identity=\"" +
                                 careless() + "\"} 12345678\n"}}
                           .dump());
  if (asked("/v1/config/show")) {
    Json rows = Json::array();
    for (auto const* key :
         {"webex.admins", "alerts.mail", "call_blocking.fences.home.people", "log.level",
          "call_blocking.fences.home.circle.at", "identities.admin.client_id", "novelty"})
      rows.push_back({{"key", key}, {"value", careless()}, {"source", "file:3"}});
    rows.push_back({{"key", "call_blocking.fences." + std::string(canaries[1].value) + ".margin"},
                    {"value", "300m"}});
    return answer(200, Json{{"settings", rows}}.dump());
  }
  if (asked("/v1/people/list")) {
    Json people = Json::array();
    for (auto const kind : {0, 2, 3})
      people.push_back({{"person_no", 17 + kind},
                        {"name", canaries[std::size_t(kind)].value},
                        {"email", canaries[4].value},
                        {"number", canaries[5].value}});
    return answer(200, Json{{"people", people}}.dump());
  }
  return answer(200, with_canaries({{"version", "0.1.0"}, {"health", "green"}}).dump());
}

/// A folder of programs that is found before the machine's.
class Programs {
 public:
  Programs() : before_(std::getenv("PATH")), folder_(scratch_directory()) {
    ::setenv("PATH", (folder_ + ":" + before_).c_str(), 1);
  }
  ~Programs() { ::setenv("PATH", before_.c_str(), 1); }
  Programs(Programs const&) = delete;
  Programs& operator=(Programs const&) = delete;
  void add(std::string const& name, std::string const& said) {
    auto const path = folder_ + "/" + name;
    std::ofstream(path) << "#!/bin/sh\ncat <<'END'\n" << said << "\nEND\n";
    fs::permissions(path, fs::perms::owner_all);
  }

 private:
  std::string before_, folder_;
};

std::string careless_journal() {
  Json entry{{"__REALTIME_TIMESTAMP", "1795305600000000"},
             {"MESSAGE", careless()},
             {"PRIORITY", "4"},
             {"_HOSTNAME", canaries[1].value}};
  for (auto const* field : {"WHY", "PERSON", "BY", "SENTENCE", "NOVELTY"})
    entry["WARDROOM_" + std::string(field)] = careless();
  return entry.dump();
}

std::string unpacked(std::string const& file) {
  return ctl::run_program({"tar", "-xzOf", file}, Milliseconds(20'000)).out;
}

TEST(Bugreport, R134_holds_no_canary_in_any_spelling) {
  FakeDaemon const daemon(careless_daemon);
  Programs programs;
  programs.add("journalctl", careless_journal());
  programs.add("systemctl", "LoadState=not-found");
  auto const file = scratch_directory() + "/report.tar.gz";
  auto const outcome = Tool{}({"bugreport", file, "--socket", daemon.socket()});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  auto const text = unpacked(file);
  EXPECT_EQ(hits(text), std::vector<std::string>());
  EXPECT_EQ(hits(outcome.out), std::vector<std::string>());
  // It is of use all the same.
  for (auto const* kept : {"\"person_no\":17", "\"decision\":\"rejected\"", "wardroom_people 42",
                           "callhalf-20450000101:0", "\"seq\":600", "\"health\": \"green\"",
                           "2026-11-22T00:10:05.250Z", "300m"})
    EXPECT_NE(text.find(kept), std::string::npos) << kept;
  EXPECT_EQ(text.find("\"seq\":100,"), std::string::npos);  // the last 500 only
}

TEST(Bugreport, is_for_its_owner_alone_and_never_written_over_a_file_or_through_a_link) {
  FakeDaemon const daemon([](std::string const&) { return answer(200, "{}"); });
  auto const folder = scratch_directory();
  auto const file = folder + "/report.tar.gz";
  Tool const tool;
  EXPECT_EQ(tool({"bugreport", file, "--socket", daemon.socket()}).code, 0);
  struct stat about{};
  ASSERT_EQ(::stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0600u);
  auto const again = tool({"bugreport", file, "--socket", daemon.socket()});
  EXPECT_EQ(again.code, 8);
  EXPECT_NE(again.err.find("nothing is ever overwritten"), std::string::npos) << again.err;
  fs::create_symlink(folder + "/elsewhere", folder + "/link");
  EXPECT_EQ(tool({"bugreport", folder + "/link", "--socket", daemon.socket()}).code, 8);
  EXPECT_FALSE(fs::exists(folder + "/elsewhere"));
  EXPECT_EQ(tool({"bugreport", folder + "/no/such/folder", "--socket", daemon.socket()}).code, 1);
}

TEST(Bugreport, is_made_without_a_daemon_too) {
  auto const folder = scratch_directory();
  auto const file = folder + "/report.tar.gz";
  auto const outcome = Tool{}({"bugreport", file, "--socket", folder + "/none.sock"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  auto const text = unpacked(file);
  EXPECT_NE(text.find("the daemon is not running"), std::string::npos) << text;
  EXPECT_NE(text.find("\"kernel\""), std::string::npos);
}

TEST(Bugreport, lists_what_would_be_in_it_and_writes_nothing) {
  auto const listed = Tool{}({"bugreport", "--list"});
  EXPECT_EQ(listed.code, 0);
  auto const file = scratch_directory() + "/r.tar.gz";
  Tool{}({"bugreport", file, "--socket", "/nowhere"});
  auto const names = ctl::run_program({"tar", "-tzf", file}, Milliseconds(20'000)).out;
  std::istringstream lines(listed.out);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    EXPECT_NE(names.find("/" + name + "\n"), std::string::npos) << name << "\n" << names;
  }
  EXPECT_EQ(count + 1, std::ranges::count(names, '\n'));  // and their folder
}

TEST(Redactor, keeps_times_figures_paths_and_addresses_of_machines) {
  ctl::Redactor const redactor;
  for (auto const* text :
       {"the channel to 192.0.2.17:443 ended at 2026-11-22T00:10:05.250Z after 12.5 s",
        "/etc/wardroom/wardroom.yaml:12:3: call_blocking.timeout: too short",
        "wardroom_secret_memory_unlocked_bytes", "Webex answered 503 (3 of 4 attempts)"})
    EXPECT_EQ(redactor.clean_text(text), text);
}

TEST(Redactor, takes_out_addresses_numbers_places_and_what_looks_like_a_secret) {
  ctl::Redactor const redactor;
  EXPECT_EQ(redactor.clean_text("mail to bob@acme.example failed"),
            "mail to <mail address> failed");
  EXPECT_EQ(redactor.clean_text("call from +43 1 5550147 ended"), "call from <number> ended");
  EXPECT_EQ(redactor.clean_text("at 48.20, 16.37 or 48.208174"), "at <place> or <place>");
  EXPECT_EQ(redactor.clean_text("Bearer ZjA3c2VjcmV0MTIzNDU2Nzg5MGFiY2RlZg"), "Bearer <secret>");
  EXPECT_EQ(redactor.clean_text(std::string(100'000, 'a')), "<long text>");
}

TEST(Redactor, knows_names_it_has_seen_wherever_they_stand_as_words) {
  ctl::Redactor redactor;
  redactor.learn(Json::parse(
      R"({"people":[{"person_no":7,"name":"Ada Lovelace","email":"ada@acme.example"},{"person_no":8,"name":"Li Wu"}]})"));
  EXPECT_EQ(redactor.clean_text("logged in as Ada"), "logged in as <person>");
  EXPECT_EQ(redactor.clean_text("LOVELACE called Li Wu; lovelaces did not"),
            "<person> called <person> <person>; lovelaces did not");
}

TEST(Tarball, is_what_tar_reads_back) {
  auto const path = scratch_directory() + "/t.tar.gz";
  auto const packed = ctl::gzipped(ctl::tar_of(
      "folder", {{"a.txt", std::string(512, 'a')}, {"empty", ""}, {"b.txt", "b\n"}}, Instant{}));
  ASSERT_TRUE(packed);
  ASSERT_TRUE(ctl::write_new_file(path, *packed));
  EXPECT_EQ(ctl::run_program({"tar", "-tzf", path}, Milliseconds(20'000)).out,
            "folder/\nfolder/a.txt\nfolder/empty\nfolder/b.txt\n");
  EXPECT_EQ(unpacked(path), std::string(512, 'a') + "b\n");
}

}  // namespace
}  // namespace wardroom::test
