#include "setup_questions.hpp"

#include "base/private_file.hpp"
#include "http/client.hpp"
#include "setup_reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

namespace wardroom::ctl {
namespace {

using namespace std::chrono_literals;

bool on_loopback(std::string const& url) {
  auto const origin = http::origin_of(url);
  return origin && http::is_loopback_host(origin->host);
}

std::string or_else(std::string value, std::string otherwise) {
  return value.empty() ? std::move(otherwise) : std::move(value);
}

bool is_postgres(Draft const& draft) { return draft.value("store.url").starts_with("postgres"); }

std::optional<std::string> usual_timeout(Draft const& draft, Places const&) {
  auto const interval = posting_interval(draft);
  return 4 * interval <= 300s ? "300s" : config::format_duration(4 * interval);
}

std::function<std::optional<std::string>(Draft const&, Places const&)> usually(std::string value) {
  return [value = std::move(value)](Draft const&, Places const&) { return std::optional(value); };
}

std::vector<Question> all_questions() {
  return {
      {.key = "http.listen",
       .title = "Where the daemon listens",
       .why = "Pages, location posts and the return of every login come in here.",
       .more =
           "An address and a port. Keep it on this machine (127.0.0.1) and put nginx or another "
           "TLS proxy in front for other machines, or name a certificate in http.tls "
           "(docs/tls.md); with systemd the socket wardroomd-http.socket takes its place.",
       .usual = usually("127.0.0.1:8480"),
       .read = read_listen},
      {.key = "http.public_url",
       .title = "What browsers call it",
       .why = "Links are made with it; the integration's redirect URI is this + /oauth/callback.",
       .more = "https://… of the proxy in front, or http://127.0.0.1:PORT for a trial on this "
               "machine. Register it with the integration at developer.webex.com exactly as "
               "written, followed by /oauth/callback.",
       .usual = [](Draft const& draft, Places const&) -> std::optional<std::string> {
         auto const listen = or_else(draft.value("http.listen"), "127.0.0.1:8480");
         if (!http::is_loopback_host(listen.substr(0, listen.rfind(':')))) return std::nullopt;
         bool const tls = !draft.value("http.tls.certificate_file").empty();
         return (tls ? "https://" : "http://") + listen;
       },
       .read = read_public_url},
      {.key = "webex.api",
       .title = "Webex API",
       .why = "The base address of Webex; a simulator's is given the same way.",
       .more = "https://webexapis.com/v1, for US government organisations "
               "https://api-usgov.webex.com/v1, for wardroom-sim on this machine "
               "http://127.0.0.1:8481/v1.",
       .usual = usually("https://webexapis.com/v1"),
       .read = read_api},
      {.key = "identities.admin.client_id",
       .title = "Client id of the integration",
       .why = "Administrators log the daemon in through an integration of your own.",
       .more =
           "Create it at developer.webex.com (My Webex Apps, Create an Integration). It shows a "
           "client id that begins with C, and a secret. wardroom-sim knows C-wardroom-demo.",
       .read = read_client_id},
      {.key = "identities.admin.client_secret_file",
       .title = "Client secret of the integration",
       .why = "Webex shows it once; it is kept in a file that only the daemon reads, never in "
              "wardroom.yaml.",
       .more = "What is typed or pasted is not shown. When it is lost, make a new one at "
               "developer.webex.com. wardroom-sim knows demo-secret-not-for-production.",
       .secret = true,
       .read = read_secret_words},
      {.key = "webex.admins",
       .title = "Administrators' e-mail addresses",
       .why = "Who may log the daemon in and administer it; several with commas, or none.",
       .more = "With nobody named, the first administrator needs the one-time code that "
               "`wardroomctl login` prints. Each must be a full administrator at Webex.",
       .may_be_empty = true,
       .usual = usually(""),
       .read = read_admins},
      {.key = "webex.org_id",
       .title = "Organisation",
       .why = "Its Webex id; empty means that of the first administrator who logs in.",
       .more = "Name it where administrators belong to several organisations, as partners' do. It "
               "is under Account in Control Hub.",
       .may_be_empty = true,
       .usual = usually(""),
       .read = read_org},
      {.key = "store.url",
       .title = "Where the store is",
       .why = "Positions, logins and the journal: in a file here, or in PostgreSQL 15 or newer.",
       .more = "sqlite:/path/wardroom.db needs nothing else and carries a million people. For "
               "PostgreSQL: postgresql://wardroom@db.acme.example/wardroom, a database of its own "
               "that this user owns; its password is asked for next.",
       .usual =
           [](Draft const&, Places const& places) {
             return std::optional("sqlite:" + places.state() + "/wardroom.db");
           },
       .read = read_store},
      {.key = "store.password_file",
       .title = "Password of the database",
       .why = "Kept in a file that only the daemon reads; empty where the server knows us without.",
       .more =
           "Empty means peer authentication over the server's local socket, or ~/.pgpass of the "
           "daemon's user.",
       .secret = true,
       .may_be_empty = true,
       .usual = usually(""),
       .applies = is_postgres,
       .read = read_password},
      {.key = "call_blocking.mode",
       .title = "What to do with calls from outside the area",
       .why = "observe = decide and record only; enforce = end them; off.",
       .more =
           "Begin with observe, look at `wardroomctl calls list` for some days, then set enforce "
           "and `wardroomctl reload`.",
       .usual = usually("observe"),
       .read = read_mode},
      {.key = "call_blocking.fences",
       .title = "The area",
       .why = "Where people must be for their calls: circle LAT LON RADIUS, box SOUTH NORTH WEST "
              "EAST, or none.",
       .more =
           "Degrees, north and east positive. Vienna and 20 km around it: circle 48.2082 16.3738 "
           "20km. Austria, roughly: box 46.37 49.02 9.53 17.17. A box across the 180th meridian "
           "has its west east of its east: add the word antimeridian. none = nobody is judged. "
           "More fences, people and policies: in the file, section call_blocking.",
       .read = read_fences},
      {.key = "call_blocking.post_interval",
       .title = "How often a browser posts its position",
       .why = "Shorter notices sooner that somebody left; longer is easier on batteries.",
       .more = "A duration such as 30s or 1m.",
       .usual = usually("30s"),
       .read = read_interval},
      {.key = "call_blocking.timeout",
       .title = "How old a position may be",
       .why =
           "Older ones no longer count; more than twice the interval, so that one lost post blocks "
           "nobody.",
       .more = "A duration such as 300s or 5m.",
       .usual = usual_timeout,
       .read = read_timeout},
      {.key = "call_blocking.xsi.endpoints",
       .title = "The simulator's XSPs",
       .why = "A Webex on this machine has no entry in the DNS: where its call events come from.",
       .more =
           "URLs with commas, as wardroom-sim was given with --xsp. Asked only because webex.api "
           "is on this machine.",
       .usual = usually("http://127.0.0.1:8482, http://127.0.0.1:8483"),
       .applies = [](Draft const& draft) { return on_loopback(draft.value("webex.api")); },
       .read = read_endpoints},
  };
}

/// Whether the file that a secret's key names has something in it.
std::optional<std::string> trouble_with_secret(Question const& question, Draft const& draft) {
  auto const file = draft.value(question.key);
  if (file.empty())
    return question.may_be_empty ? std::nullopt : std::optional<std::string>("it names no file");
  if (file.find('/') == file.npos) return std::nullopt;  // a credential of systemd's
  auto const content = read_private_file(file, "secret", 64 * 1024);
  if (!content) {
    // Only the daemon's user may read it: that is as it should be, and says that it is there.
    std::error_code trouble;
    bool const theirs =
        content.error().kind == ErrorKind::denied &&
        std::filesystem::is_regular_file(file, trouble) &&
        (std::filesystem::status(file, trouble).permissions() &
         (std::filesystem::perms::group_all | std::filesystem::perms::others_all)) ==
            std::filesystem::perms::none &&
        std::filesystem::file_size(file, trouble) > 0;
    if (theirs) return std::nullopt;
    return content.error().what;
  }
  if (trimmed(content->reveal()).empty()) return "the file " + file + " is empty";
  return std::nullopt;
}

}  // namespace

Places::Places(std::string config_file)
    : config(std::filesystem::absolute(config_file).lexically_normal().string()),
      folder(std::filesystem::path(config).parent_path().string()),
      system(folder == "/etc/wardroom") {}

std::string Places::socket() const {
  return system ? "/run/wardroom/control.sock" : folder + "/run/control.sock";
}

std::string trimmed(std::string_view text) {
  auto constexpr blank = " \t\r\n";
  auto const begin = text.find_first_not_of(blank);
  if (begin == text.npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(blank) - begin + 1));
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  for (char const c : std::string(text) + " ") {
    if (c != ' ' && c != ',' && c != '\t' && c != ';') {
      word += c;
    } else if (!word.empty()) {
      out.push_back(std::move(word));
      word.clear();
    }
  }
  return out;
}

std::span<Question const> questions() {
  static std::vector<Question> const all = all_questions();
  return all;
}

Question const* find_question(std::string_view key) {
  auto const all = questions();
  auto const found = std::ranges::find(all, key, &Question::key);
  return found == all.end() ? nullptr : &*found;
}

std::optional<std::string> asked_because(Question const& question, Draft const& draft,
                                         config::Complaints const& complaints) {
  if (!question.applies(draft)) return std::nullopt;
  std::string const key(question.key);
  for (auto const& complaint : complaints)
    if (complaint.key == key || complaint.key.starts_with(key + ".") ||
        complaint.key.starts_with(key + "["))
      return complaint.message;
  if (!draft.has(key)) return "";
  if (question.secret) return trouble_with_secret(question, draft);
  if (!question.may_be_empty && draft.node(key).IsScalar() && draft.value(key).empty())
    return "it is empty";
  return std::nullopt;
}

std::optional<std::string> asked_because(Question const& question, Draft const& draft) {
  config::Complaints complaints;
  if (!draft.fresh()) draft.read(complaints);
  return asked_because(question, draft, complaints);
}

}  // namespace wardroom::ctl
