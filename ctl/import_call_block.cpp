// The call-block prototype's `.env` and `settings.py`: which of its settings live on, under which
// name. Source: prior-art.md a1; of a name in both files settings.py counts, as it did there.
#include "import_call_block.hpp"

#include "http/client.hpp"
#include "import_sync_space.hpp"
#include "import_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <map>

namespace wardroom::ctl {
namespace {

using Fate = ImportLine::Fate;

constexpr std::array own_names{"WEBEX_ADMIN_UID",
                               "CLIENT_ID",
                               "CLIENT_SECRET",
                               "SQLALCHEMY_DATABASE_URL",
                               "LAT_MIN",
                               "LAT_MAX",
                               "LON_MIN",
                               "LON_MAX",
                               "GEOLOCATION_TIMEOUT",
                               "AUTHORIZATION_BASE_URL",
                               "PUBLIC_URL"};

std::optional<double> number_of(PythonValue const& value) {
  double out = 0;
  auto const& text = value.text;
  auto const [end, bad] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (bad != std::errc{} || end != text.data() + text.size() || !std::isfinite(out))
    return std::nullopt;
  return out;
}

std::string shown(PythonValue const& value) {
  if (value.kind != PythonValue::Kind::list) return value.text;
  std::string out;
  for (auto const& item : value.items) out += (out.empty() ? "" : ", ") + item.text;
  return out;
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

/// "postgresql+psycopg2://wardroom:…@db/x": without its password.
std::string without_password(std::string url) {
  auto const begin = url.find("://");
  if (begin == url.npos) return "";
  url.resize(std::min(url.find('?', begin), url.size()));
  auto const at = url.rfind('@');
  if (at == url.npos || at < begin) return url;
  auto const colon = url.find(':', begin + 3);
  return colon < at ? url.replace(colon + 1, at - colon - 1, "…") : url;
}

class CallBlock {
 public:
  explicit CallBlock(std::string folder) : folder_(std::move(folder)) {}

  ImportPlan plan() {
    auto files = read_call_block_files(folder_);
    order_ = std::move(files.order);
    values_ = std::move(files.values);
    plan_ = std::move(files.notes);
    std::map<std::string, void (CallBlock::*)(std::string const&, FoundValue const&)> const known{
        {"WEBEX_ADMIN_UID", &CallBlock::admin},
        {"CLIENT_ID", &CallBlock::client_id},
        {"CLIENT_SECRET", &CallBlock::client_secret},
        {"SQLALCHEMY_DATABASE_URL", &CallBlock::database},
        {"WEBEX_BASE_URL", &CallBlock::api},
        {"AUTHORIZATION_BASE_URL", &CallBlock::endpoint},
        {"TOKEN_URL", &CallBlock::endpoint},
        {"PUBLIC_URL", &CallBlock::public_url},
        {"GEOLOCATION_TIMEOUT", &CallBlock::timeout}};
    for (auto const& name : order_) {
      auto const& found = values_.at(name);
      auto const way = known.find(name);
      if (is_bound(name)) continue;
      if (way == known.end())
        plain(name, found);
      else if (!found.trouble.empty())
        cannot(name, found, "", found.trouble);
      else
        (this->*way->second)(name, found);
    }
    bounds();
    return std::move(plan_);
  }

 private:
  static bool is_bound(std::string const& name) {
    return name == "LAT_MIN" || name == "LAT_MAX" || name == "LON_MIN" || name == "LON_MAX";
  }

  // --- what becomes of each ---------------------------------------------------------------------

  void note(ImportLine line) { plan_.push_back(std::move(line)); }
  static OldValue old(std::string const& name, FoundValue const& found) {
    return {found.file, found.line, name, found.value.text};
  }
  void not_needed(std::string const& name, FoundValue const& found, std::string why,
                  std::string value = "") {
    note(ctl::not_needed(old(name, found), std::move(why), std::move(value)));
  }
  void cannot(std::string const& name, FoundValue const& found, std::string new_key,
              std::string why, std::string value = "") {
    note(cannot_be_taken(old(name, found), std::move(new_key), std::move(why), std::move(value)));
  }
  void take(std::string const& name, FoundValue const& found, std::string const& key,
            std::string const& words, std::string remark = "") {
    note(taken_as_answer(old(name, found), key, words, std::move(remark)));
  }
  bool filled(std::string const& name, FoundValue const& found, std::string const& key) {
    if (!trimmed(found.value.text).empty()) return true;
    cannot(name, found, key, "it is empty");
    return false;
  }

  void admin(std::string const& name, FoundValue const& found) {
    if (filled(name, found, "webex.admins"))
      take(name, found, "webex.admins", trimmed(found.value.text));
  }
  void client_id(std::string const& name, FoundValue const& found) {
    note(client_id_line(old(name, found)));
  }
  void client_secret(std::string const& name, FoundValue const& found) {
    note(client_secret_line(old(name, found)));
  }
  void database(std::string const& name, FoundValue const& found) {
    auto const url = without_password(found.value.text);
    not_needed(
        name, found,
        url.starts_with("postgres")
            ? "Wardroom keeps a store of its own; to have it on that server, make a database "
              "there and answer setup's store.url with postgresql://user@host/database"
            : "Wardroom keeps a store of its own",
        url);
  }
  void api(std::string const& name, FoundValue const& found) {
    if (filled(name, found, "webex.api"))
      take(name, found, "webex.api", without_slash(trimmed(found.value.text)));
  }
  void endpoint(std::string const& name, FoundValue const& found) {
    auto const key = name == "TOKEN_URL" ? "webex.token_url" : "webex.authorize_url";
    auto const url = trimmed(found.value.text);
    auto const origin = http::origin_of(url);
    if (!origin) return cannot(name, found, key, "it is no URL", url);
    if (origin->host == "api.ciscospark.com" || origin->host == "webexapis.com")
      return not_needed(name, found, "it follows from webex.api", url);
    if (origin->scheme == "http" && !http::is_loopback_host(origin->host))
      return cannot(name, found, key, "plain http is accepted on loopback only", url);
    note({found.file, found.line, name, Fate::taken, key, url, "", {{key, yaml_text(url)}}});
  }
  void public_url(std::string const& name, FoundValue const& found) {
    auto const url = without_slash(trimmed(found.value.text));
    if (url.empty()) return cannot(name, found, "http.public_url", "it is empty");
    auto const origin = http::origin_of(url);
    if (origin && origin->scheme == "http" && http::is_loopback_host(origin->host))
      return not_needed(name, found,
                        "it was for the prototype's own port on this machine; setup asks where "
                        "Wardroom listens",
                        url);
    take(name, found, "http.public_url", url,
         "the integration's redirect URI becomes " + url + "/oauth/callback");
  }
  void timeout(std::string const& name, FoundValue const& found) {
    constexpr auto key = "call_blocking.timeout";
    auto const seconds = number_of(found.value);
    if (!seconds || *seconds <= 0 || *seconds > 1e7)
      return cannot(name, found, key, "it is no number of seconds", found.value.text);
    auto const words = fmt::format("{}s", *seconds);
    if (*seconds <= 60)
      return cannot(
          name, found, key,
          "with a post every 30 s people flapped between allowed and timed out; the usual "
          "300s holds",
          words);
    take(name, found, key, words);
  }

  /// Names nobody maps.
  void plain(std::string const& name, FoundValue const& found) {
    static std::map<std::string, std::string> const reasons{
        {"APP_NAME", "it is called Wardroom"},
        {"APP_VERSION", "Wardroom has its own"},
        {"UVICORN_LOG_LEVEL", "there is no such server; Wardroom's is log.level"},
        {"SCOPE", "what the enabled features need is asked for by itself"},
        {"REQUIRED_ENV_VARS", "wardroomctl config check knows what is required"},
        {"REQUIRED_SETTINGS", "wardroomctl config check knows what is required"},
        {"OAUTHLIB_INSECURE_TRANSPORT", "plain http is accepted on loopback, and nowhere else"}};
    auto const known = reasons.find(name);
    if (known != reasons.end()) return not_needed(name, found, known->second);
    if (!found.trouble.empty()) return cannot(name, found, "", found.trouble);
    // Whatever it is, it may be a secret.
    not_needed(name, found, "the prototype itself did not use it");
  }

  // --- the area ---------------------------------------------------------------------------------

  std::optional<double> bound(char const* name, double most) {
    auto const found = values_.find(name);
    if (found == values_.end() || !found->second.trouble.empty()) return std::nullopt;
    auto const value = number_of(found->second.value);
    return value && std::abs(*value) <= most ? value : std::nullopt;
  }

  void bounds() {
    constexpr auto key = "call_blocking.fences";
    std::vector<std::string> there, bad;
    for (auto const& [name, most] :
         {std::pair("LAT_MIN", 90.0), {"LAT_MAX", 90.0}, {"LON_MIN", 180.0}, {"LON_MAX", 180.0}}) {
      if (values_.contains(name)) there.emplace_back(name);
      if (!bound(name, most)) bad.emplace_back(name);
    }
    if (there.empty()) return;
    auto const& first = values_.at(there.front());
    if (!bad.empty()) {
      for (auto const& name : there) {
        auto const& found = values_.at(name);
        bool const itself = std::ranges::find(bad, name) != bad.end();
        cannot(name, found, key,
               !found.trouble.empty() ? found.trouble
               : itself ? "it is no number of degrees (latitude -90 to 90, longitude -180 to 180)"
                        : fmt::format("the area needs all four bounds, and {} will not do",
                                      fmt::join(bad, ", ")),
               shown(found.value));
      }
      return;
    }
    auto south = *bound("LAT_MIN", 90), north = *bound("LAT_MAX", 90);
    auto const west = *bound("LON_MIN", 180), east = *bound("LON_MAX", 180);
    auto const where = fmt::format("{}", fmt::join(there, ", "));
    if (south == north || west == east)
      return cannot(where, first, key, "the box has no inside: two of its borders are the same");
    std::vector<std::string> remarks;
    if (south > north) {
      std::swap(south, north);
      remarks.emplace_back(
          "LAT_MIN is more than LAT_MAX: taken as swapped (the prototype let nobody in with that)");
    }
    bool const crosses = west > east;
    if (crosses)
      remarks.push_back(
          fmt::format("LON_MIN is more than LON_MAX: taken as a box from {0} eastwards across the "
                      "180th meridian "
                      "to {1} (the prototype let nobody in with that); if the two were only "
                      "swapped, write west: "
                      "{1}, east: {0} and no crosses_antimeridian",
                      west, east));
    auto const box = fmt::format("{{ south: {}, north: {}, west: {}, east: {}{} }}", south, north,
                                 west, east, crosses ? ", crosses_antimeridian: true" : "");
    note({first.file,
          first.line,
          where,
          Fate::taken,
          key,
          "box " + box,
          fmt::format("{}", fmt::join(remarks, "; ")),
          {{key, "[{ name: area, box: " + box + ", people: { all: true } }]"}}});
  }

  std::string folder_;
  std::vector<std::string> order_;
  std::map<std::string, FoundValue> values_;
  ImportPlan plan_;
};

}  // namespace

std::string masked(std::string_view secret) {
  return fmt::format("(secret, {} characters)", secret.size());
}

std::string_view name(ImportLine::Fate fate) {
  switch (fate) {
    case Fate::taken:
      return "taken";
    case Fate::there:
      return "there already";
    case Fate::differs:
      return "differs";
    case Fate::not_needed:
      return "not needed any more";
    case Fate::cannot:
      return "cannot be taken";
  }
  return "";
}

bool call_block_fits(std::string const& folder) {
  auto const files = read_call_block_files(folder);
  // Every prototype has the integration's two; alone they are the sync prototype's where it fits.
  bool const other = sync_space_fits(folder);
  return std::ranges::any_of(own_names, [&](std::string_view name) {
    bool const shared = name == "CLIENT_ID" || name == "CLIENT_SECRET" || name == "PUBLIC_URL";
    return files.values.contains(std::string(name)) && !(shared && other);
  });
}

ImportPlan call_block_plan(std::string const& folder) { return CallBlock(folder).plan(); }

}  // namespace wardroom::ctl
