// Every mistake of a file is named in one run, with its place, its key, and what to write instead.
#include "settings.hpp"
#include "settings_files.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace wardroom {
namespace {

config::Complaints complaints_of(std::string const& yaml) {
  config::Complaints out;
  read_settings(yaml, "w.yaml", out);
  return out;
}

std::string all_of(config::Complaints const& complaints) {
  std::string out;
  for (auto const& one : complaints) out += one.text() + "\n";
  return out;
}

TEST(Mistakes, R105_fourteen_different_ones_of_a_file_are_named_in_one_run_with_line_and_column) {
  auto const found = complaints_of(R"(log:
  level: verbose
  level: info
http:
  listen: 127.0.0.1
  public_urll: "https://w.acme.example"
webex:
  api: "http://webexapis.com/v1"
  proxy: "not a proxy"
  admins: ada@acme.example
identities:
  admin:
    client_secret_file: /etc/s
call_blocking:
  identity: nobody
  post_interval: 5 minutes
  timeout: 50s
  confirmations: many
  emergency_numbers: ["144", ""]
alerts: { hold: soon }
)");
  struct Wanted {
    char const *place, *key, *says;
  };
  Wanted const wanted[] = {
      {"w.yaml:2:3", "log.level", "'verbose' is not one of trace, debug, info, warning, error"},
      {"w.yaml:3:3", "log.level", "given twice, first in line 2: keep one"},
      {"w.yaml:5:3", "http.listen", "needs a port, such as 127.0.0.1:8480"},
      {"w.yaml:6:3", "http.public_urll", "did you mean 'public_url'?"},
      {"w.yaml:8:3", "webex.api", "plain http is accepted on loopback only; use https"},
      {"w.yaml:9:3", "webex.proxy", "http://proxy"},
      {"w.yaml:10:3", "webex.admins", "must be a list; write admins: [ada@acme.example]"},
      {"w.yaml:13:5", "identities.admin", "the key 'client_id' is needed here: add a line"},
      {"w.yaml:15:3", "call_blocking.identity", "there is no identity 'nobody'"},
      {"w.yaml:16:3", "call_blocking.post_interval",
       "must be a duration such as 250ms, 30s, 5m, 1h or 2d; '5 minutes' is none"},
      {"w.yaml:17:3", "call_blocking.timeout", "more than twice post_interval (30s)"},
      {"w.yaml:18:3", "call_blocking.confirmations", "must be a whole number from 1 to 20"},
      {"w.yaml:19:30", "call_blocking.emergency_numbers", "has an empty or nested entry"},
      {"w.yaml:20:11", "alerts.hold", "must be a duration"},
  };
  auto const text = all_of(found);
  ASSERT_EQ(found.size(), std::size(wanted)) << text;
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].place(), wanted[i].place) << found[i].text();
    EXPECT_EQ(found[i].key, wanted[i].key) << found[i].text();
    EXPECT_NE(found[i].message.find(wanted[i].says), std::string::npos) << found[i].text();
  }
}

TEST(Mistakes, in_addresses_of_meeting_servers_and_of_the_listeners_are_named) {
  std::string const least = "identities:\n  admin: { client_id: C, client_secret_file: /etc/s }\n";
  std::string const bridge = "username: u, password_file: /p, cdr_secret_file: ";
  auto const found = all_of(complaints_of(
      "http:\n  listen: 0.0.0.0:443\n  tls: { certificate_file: /c }\n"
      "  public_url: \"http://127.0.0.1\"\n" +
      least + "security_notices:\n  receiver_url: nowhere\n  listener: { listen: 0.0.0.0 }\n" +
      "  bridges:\n    - { name: a, api: \"http://cms.example/api/v1\", " + bridge + "/a }\n" +
      "    - { name: b, api: \"cms/api/v1\", " + bridge + "/b }\n" +
      "    - { name: c, api: \"http://127.0.0.1:1/api/v1\", " + bridge + "/c }\n"));
  for (auto const* wanted : {
           "w.yaml:3:10: http.tls.certificate_file: needs its key",
           "w.yaml:4:3: http.public_url: begins with http, but http.tls is set: write https",
           "w.yaml:8:3: security_notices.receiver_url: 'nowhere' is not a URL",
           "w.yaml:9:15: security_notices.listener.listen: needs a port, such as 0.0.0.0:8445",
           "w.yaml:11:18: security_notices.bridges[0].api: plain http is accepted on loopback only",
           "w.yaml:12:18: security_notices.bridges[1].api: 'cms/api/v1' is not a URL",
       })
    EXPECT_NE(found.find(wanted), found.npos) << wanted << " is not in\n" << found;
  EXPECT_EQ(found.find("bridges[2]"), found.npos) << found;
  EXPECT_EQ(found.find("listens beyond loopback"), found.npos) << "with TLS it may\n" << found;
  auto const open = least + "security_notices: { listener: { listen: \"0.0.0.0:8445\" } }\n";
  EXPECT_NE(all_of(complaints_of(open)).find("listener.listen: listens beyond loopback without"),
            std::string::npos);
  EXPECT_EQ(all_of(complaints_of(open + "http: { allow_plain_http: true }\n")), "");
  EXPECT_EQ(
      all_of(complaints_of(least + "http: { listen: \"0.0.0.0:443\", tls: { certificate_file: /c, "
                                   "key_file: /k } }\n")),
      "");
}

TEST(Mistakes, of_any_file_have_a_place_in_it) {
  for (auto const* yaml : {"", "# nothing\n", "a", "[]", "identities:\n", "webex: 3\n",
                           "identities: { admin: }\n", "log: {}\nlog: {}\n", "<<: {}\n"}) {
    auto const found = complaints_of(yaml);
    EXPECT_FALSE(found.empty()) << yaml;
    for (auto const& one : found) {
      EXPECT_GE(one.line, 1) << yaml << one.text();
      EXPECT_GE(one.column, 1) << yaml << one.text();
    }
  }
}

TEST(Mistakes, never_repeat_a_password) {
  auto const text = all_of(complaints_of(R"(
identities: { admin: { client_id: C, client_secret_file: /s, client_secret: s3cr3t } }
webex: { api: "ftp://u:s3cr3t@x", proxy: "http://u:s3cr3t@p:3128" }
store: { url: "postgresql://u:s3cr3t@db/w" }
)"));
  EXPECT_FALSE(text.empty());
  EXPECT_EQ(text.find("s3cr3t"), std::string::npos) << text;
}

struct Files {
  std::filesystem::path folder;
  Files() {
    auto pattern = (std::filesystem::temp_directory_path() / "wardroom-files-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
  }
  ~Files() { std::filesystem::remove_all(folder); }
  std::string put(std::string const& name, std::string const& text, mode_t mode) const {
    auto const file = (folder / name).string();
    std::ofstream(file) << text;
    ::chmod(file.c_str(), mode);
    return file;
  }
};

FileFindings look(std::string const& yaml) {
  config::Complaints complaints;
  auto const settings = read_settings(yaml, "w.yaml", complaints);
  EXPECT_EQ(all_of(complaints), "");
  return look_at_files("w.yaml", settings.record);
}

TEST(NamedFiles, are_looked_at_for_being_there_their_rights_and_what_they_are) {
  Files const files;
  auto const key = files.put("master.key", std::string(32, 'k'), 0600);
  auto const open = files.put("open", "s", 0644);
  auto const text = files.put("text", "no certificate", 0644);
  auto const empty = files.put("empty", "", 0600);
  auto const found =
      look("secrets: { master_key_file: " + key + " }\nidentities:\n  admin:\n" +
           "    client_id: C\n    client_secret_file: " + open + "\nwebex:\n  ca_file: " + text +
           "\nalerts:\n  webex_space: S\n" + "  bot_token_file: " + empty +
           "\nstore:\n  url: postgresql://u@h/d\n" + "  password_file: " + key + ".gone\n");
  auto const said = all_of(found.mistakes);
  ASSERT_EQ(found.mistakes.size(), 4u) << said;
  EXPECT_NE(said.find("w.yaml:5:5: identities.admin.client_secret_file: "), std::string::npos);
  EXPECT_NE(said.find("chmod 0600 " + open), std::string::npos) << said;
  EXPECT_NE(said.find("w.yaml:7:3: webex.ca_file"), std::string::npos) << said;
  EXPECT_NE(said.find("holds no certificate"), std::string::npos) << said;
  EXPECT_NE(said.find("empty: put the secret there"), std::string::npos) << said;
  EXPECT_NE(said.find("there is no file " + key + ".gone"), std::string::npos) << said;
}

TEST(NamedFiles, that_this_user_cannot_see_are_said_to_be_unseen) {
  Files const files;
  auto const secret = files.put("s", "s", 0600);
  auto const yaml = "secrets: { master_key_file: " + secret +
                    " }\nidentities: { admin: { client_id: C, client_secret_file: client } }\n";
  ::unsetenv("CREDENTIALS_DIRECTORY");
  auto const found = look(yaml);
  EXPECT_EQ(all_of(found.mistakes), "");
  ASSERT_EQ(found.unseen.size(), 1u);
  EXPECT_EQ(found.unseen[0].key, "identities.admin.client_secret_file");
  EXPECT_NE(found.unseen[0].why.find("systemd credential"), std::string::npos);
  ::setenv("CREDENTIALS_DIRECTORY", files.folder.c_str(), 1);
  auto const by_service = look(yaml);
  ::unsetenv("CREDENTIALS_DIRECTORY");
  ASSERT_EQ(by_service.mistakes.size(), 1u);
  EXPECT_NE(by_service.mistakes[0].message.find("LoadCredential=client"), std::string::npos);
  if (::geteuid() != 0) return;
  ::chmod(files.folder.c_str(), 0700);
  ASSERT_EQ(::seteuid(65534), 0);
  auto const by_nobody = look(yaml);
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_EQ(all_of(by_nobody.mistakes), "");
  ASSERT_EQ(by_nobody.unseen.size(), 2u);
  EXPECT_NE(by_nobody.unseen[0].why.find("run this as root"), std::string::npos);
}

}  // namespace
}  // namespace wardroom
