#include "redactor.hpp"

#include "redactor_patterns.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace wardroom::ctl {
namespace {

constexpr std::string_view gone = "<left out>", a_person = "<person>";

template <std::size_t N>
bool is_one_of(std::array<std::string_view, N> const& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

/// Members whose values are people, ways to reach them, places, or keys to something.
constexpr std::array<std::string_view, 44> personal{
    "person",     "who",      "email",     "emails",      "mail",         "login",
    "logins",     "by",       "to",        "from",        "remote",       "number",
    "extension",  "phone",    "person_id", "org_id",      "uuid",         "user",
    "users",      "xsi_user", "target",    "client_id",   "display_name", "latitude",
    "longitude",  "lat",      "lon",       "accuracy_m",  "position",     "fix",
    "distance_m", "token",    "code",      "user_code",   "state_token",  "cookie",
    "password",   "secret",   "text",      "reason_text", "session",      "address",
    "admins",     "replaced"};

/// Of the personal ones those whose values are names, to be found elsewhere as well.
constexpr std::array<std::string_view, 15> names{
    "person",    "who",   "email", "emails", "login",        "by",     "remote",  "number",
    "extension", "phone", "user",  "users",  "display_name", "admins", "replaced"};

/// What an entry of the journal or of the log may keep.
constexpr std::array<std::string_view, 62> harmless{"seq",
                                                    "at",
                                                    "time",
                                                    "kind",
                                                    "person_no",
                                                    "call",
                                                    "direction",
                                                    "decision",
                                                    "verdict",
                                                    "standing",
                                                    "standing_before",
                                                    "state",
                                                    "type",
                                                    "emergency",
                                                    "latency_ms",
                                                    "attempts",
                                                    "status",
                                                    "end",
                                                    "result",
                                                    "outcome",
                                                    "channel",
                                                    "host",
                                                    "up",
                                                    "identity",
                                                    "on",
                                                    "changed",
                                                    "needs_restart",
                                                    "level",
                                                    "colour",
                                                    "part",
                                                    "sentence",
                                                    "message",
                                                    "why",
                                                    "verb",
                                                    "task",
                                                    "count",
                                                    "people",
                                                    "size",
                                                    "bytes",
                                                    "ms",
                                                    "took_ms",
                                                    "version",
                                                    "listen",
                                                    "priority",
                                                    "reason",
                                                    "step",
                                                    "mode",
                                                    "action",
                                                    "ok",
                                                    "from_no",
                                                    "records",
                                                    "url",
                                                    "sequence",
                                                    "subscribed",
                                                    "resync",
                                                    "gap",
                                                    "failures",
                                                    "waiting",
                                                    "exit",
                                                    "signal",
                                                    "detail",
                                                    "fences"};

/// Stand where names may stand, and name nobody.
constexpr std::array<std::string_view, 17> words_of_ours{
    "true",   "false", "none",      "null",     "unknown",   "anonymous",
    "root",   "admin", "admins",    "wardroom", "wardroomd", "daemon",
    "person", "guest", "everybody", "nobody",   "systemd"};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

/// An id of the call platform binds entries together, and names nobody.
bool is_call_id(std::string_view key, Json const& value) {
  return key == "call" && value.is_string() && value.get_ref<std::string const&>().size() <= 64 &&
         std::ranges::all_of(value.get_ref<std::string const&>(),
                             [](char c) { return in_word(c) || c == ':' || c == '-'; });
}

Json cleaned(Redactor const& redactor, Json const& value) {
  return value.is_string() ? Json(redactor.clean_text(value.get_ref<std::string const&>())) : value;
}

}  // namespace

void Redactor::learn_word(std::string const& value) {
  auto const whole = lower(value);
  bool any = false;
  std::string word;
  for (char c : whole + " ") {
    if (in_word(c)) {
      word += c;
      continue;
    }
    // Of an address only the whole counts: its parts are words of every sentence.
    if (word.size() >= 4 && !whole.contains('@') && !is_one_of(words_of_ours, word)) {
      words_.insert(word);
      any = true;
    }
    word.clear();
  }
  learn_short(value);
  if (!any && whole.size() >= 3 && !is_one_of(words_of_ours, whole)) phrases_.insert(whole);
}

/// "Ada" and "Li" are names as they are written, and other words otherwise.
void Redactor::learn_short(std::string const& value) {
  std::string word;
  for (char c : value + " ") {
    if (in_word(c)) {
      word += c;
      continue;
    }
    if (word.size() >= 2 && word.size() < 4 &&
        ((word[0] >= 'A' && word[0] <= 'Z') || static_cast<unsigned char>(word[0]) >= 0x80) &&
        !value.contains('@'))
      short_words_.insert(word);
    word.clear();
  }
}

void Redactor::learn(Json const& answer) {
  if (answer.is_array())
    for (auto const& one : answer) learn(one);
  if (!answer.is_object()) return;
  bool const someone = answer.contains("person_no") || answer.contains("email");
  for (auto const& [key, value] : answer.items()) {
    bool const name = is_one_of(names, key) || (key == "name" && someone);
    if (name && value.is_string()) learn_word(value.get_ref<std::string const&>());
    if (name && value.is_array())
      for (auto const& one : value)
        if (one.is_string()) learn_word(one.get_ref<std::string const&>());
    if (value.is_structured()) learn(value);
  }
}

Json Redactor::clean(Json const& answer) const {
  if (answer.is_array()) {
    auto out = Json::array();
    for (auto const& one : answer) out.push_back(clean(one));
    return out;
  }
  if (!answer.is_object()) return cleaned(*this, answer);
  bool const someone = answer.contains("person_no") || answer.contains("email");
  auto out = Json::object();
  for (auto const& [key, value] : answer.items())
    out[key] = is_one_of(personal, key) || (key == "name" && someone) ? Json(gone) : clean(value);
  return out;
}

Json Redactor::clean_entry(Json const& entry) const {
  if (entry.is_array()) {
    auto out = Json::array();
    for (auto const& one : entry) out.push_back(clean_entry(one));
    return out;
  }
  if (!entry.is_object()) return cleaned(*this, entry);
  auto out = Json::object();
  for (auto const& [key, value] : entry.items())
    // A name of a member may be anybody's, too.
    if (is_one_of(harmless, key))
      out[key] = is_call_id(key, value) ? value : clean_entry(value);
    else
      out[clean_text(key)] = gone;
  return out;
}

Json Redactor::clean_settings(Json const& answer) const {
  static std::array<std::string_view, 9> constexpr of_people{
      "webex.admins",         "webex.org_id",       "webex.proxy",
      "alerts.mail",          "alerts.webex_space", "alerts.smtp.from",
      "alerts.smtp.username", "client_id",          "issuer_id"};
  static std::array<std::string_view, 16> constexpr of_fences{
      "schedule", "suspicious",     "deny",          "margin",
      "no_fix",   "stale",          "uncertain",     "degraded",
      "kind",     "accuracy_limit", "country",       "mode",
      "digest",   "data_version",   "confirmations", "all"};
  auto rows = Json::array();
  for (auto const& row : list(answer, "settings")) {
    auto const key = text(row, "key");
    auto const last = key.substr(key.rfind('.') + 1);
    bool const fence = key.contains(".fences");
    bool const person = flag(row, "personal") || is_one_of(of_people, key) ||
                        is_one_of(of_people, last) || last == "people";
    // The names of fences are the site's own words.
    if (fence && !is_one_of(of_fences, last)) continue;
    auto const value = joined(part(row, "value"));
    rows.push_back({{"key", fence ? "call_blocking.fences.*." + last : clean_text(key)},
                    {"value", person && !value.empty() ? std::string(gone) : clean_text(value)},
                    {"source", clean_text(text(row, "source"))}});
  }
  return Json{{"schema", text(answer, "schema")}, {"settings", std::move(rows)}};
}

std::string Redactor::without_known(std::string_view text) const {
  std::string out, word;
  auto const end_word = [&] {
    bool const known = short_words_.contains(word) || words_.contains(lower(word));
    out += known ? std::string(a_person) : word;
    word.clear();
  };
  for (char c : text) {
    if (in_word(c)) {
      word += c;
      continue;
    }
    end_word();
    out += c;
  }
  end_word();
  if (phrases_.empty()) return out;
  auto folded = lower(out);
  for (auto const& phrase : phrases_)
    for (auto at = folded.find(phrase); at != folded.npos; at = folded.find(phrase, at)) {
      auto const end = at + phrase.size();
      bool const whole =
          (at == 0 || !in_word(folded[at - 1])) && (end == folded.size() || !in_word(folded[end]));
      if (whole) {
        out.replace(at, phrase.size(), a_person);
        folded.replace(at, phrase.size(), a_person);
      }
      at += whole ? a_person.size() : phrase.size();
    }
  return out;
}

std::string Redactor::clean_text(std::string_view text) const {
  return without_numbers(without_keys(without_known(without_long(text))));
}

std::string Redactor::clean_metrics(std::string_view text) const {
  std::string out;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    auto const line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    auto const open = line.find('{');
    auto const close = line.rfind('}');
    if (line.starts_with('#') || open == line.npos || close == line.npos || close < open)
      out += line;
    else
      out += std::string(line.substr(0, open)) + clean_text(line.substr(open, close - open)) +
             std::string(line.substr(close));
    out += '\n';
  }
  return out;
}

}  // namespace wardroom::ctl
