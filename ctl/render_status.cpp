// The daemon at a glance: health, features, people, calls, channels, logins, store.
#include "render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace wardroom::ctl {
namespace {

std::string section(Look const& look, std::string_view title) {
  return "\n" + paint(look, Tone::title, title) + "\n";
}

/// "3 inside, 1 outside": only what is there.
std::string tally(Json const& json,
                  std::initializer_list<std::pair<char const*, char const*>> parts) {
  std::string out;
  for (auto const& [member, word] : parts)
    if (auto const n = count(json, member); n > 0)
      out += (out.empty() ? "" : ", ") + count_words(n) + " " + word;
  return out;
}

std::string people_words(Json const& people) {
  std::string out = count_words(count(people, "known")) + " known, " +
                    count_words(count(people, "tracked")) + " tracked";
  auto const rest = tally(people, {{"inside", "inside"},
                                   {"outside", "outside"},
                                   {"uncertain", "uncertain"},
                                   {"stale", "stale"},
                                   {"no_fix", "without a fix"}});
  return out + (rest.empty() ? "" : ": " + rest);
}

/// "120 ms", "1.4 s".
std::string latency_of(Json const& json, std::string_view member) {
  auto const ms = number(json, member).value_or(0);
  return ms < 1000 ? fmt::format("{:.0f} ms", ms) : fmt::format("{:.1f} s", ms / 1000);
}

std::string calls_words(Json const& calls) {
  std::string out = count_words(count(calls, "live")) + " live, " +
                    count_words(count(calls, "decided")) + " decided";
  auto const rest = tally(calls, {{"rejected", "rejected"},
                                  {"reject_failed", "could not be rejected"},
                                  {"emergency", "emergency"}});
  if (!rest.empty()) out += ": " + rest;
  if (auto const& hour = part(calls, "last_hour"); !hour.empty())
    out += "; in the last hour " + count_words(count(hour, "released")) +
           " released, half within " + latency_of(hour, "p50_ms") + ", 99 % within " +
           latency_of(hour, "p99_ms");
  return out;
}

/// For whom the rules are enforced when that is not everybody.
std::string staged_words(Json const& feature) {
  if (!has(feature, "enforced")) return "";
  return " for " + plural(count(part(feature, "enforced"), "people"), "person", "people");
}

std::string spaces_words(Json const& sync) {
  if (sync.empty()) return "";
  auto out = plural(count(sync, "jobs"), "job", "jobs");
  for (auto const* state : {"running", "held", "paused", "failed"})
    if (auto const n = count(sync, state); n > 0) out += ", " + count_words(n) + " " + state;
  return out;
}

std::string conferences_words(Json const& cms) {
  if (cms.empty()) return "";
  auto out = plural(count(cms, "conferences"), "conference", "conferences");
  if (auto const n = count(cms, "level_3"); n > 0) out += ", " + count_words(n) + " at level 3";
  return out + "; " + count_words(count(cms, "up")) + " of " +
         plural(count(cms, "bridges"), "bridge", "bridges") + " up";
}

std::string features_words(Json const& features) {
  std::string out;
  for (auto const& feature : features)
    out += (out.empty() ? "" : ", ") + text(feature, "name") + " " + text(feature, "mode") +
           staged_words(feature);
  return out;
}

/// "Pilot 2 people, Sales never read".
Cell groups_cell(Json const& groups) {
  Cell out{"", Tone::plain};
  for (auto const& group : groups) {
    bool const never = !has(group, "read_at");
    out.text += (out.text.empty() ? "" : ", ") + text(group, "group") + " " +
                (never ? "never read" : plural(count(group, "people"), "person", "people"));
    if (never || has(group, "trouble") || has(group, "doubted")) out.tone = Tone::warning;
  }
  return out;
}

std::string store_words(Json const& store) {
  std::string out = text(store, "url");
  if (has(store, "commits"))
    out += (out.empty() ? "" : ", ") + plural(count(store, "commits"), "commit", "commits");
  if (auto const age = number(store, "last_commit_age_ms"))
    out += ", the last " + duration_words(*age / 1000) + " ago";
  if (auto const trouble = text(store, "trouble"); !trouble.empty()) out += "; " + trouble;
  return out;
}

/// Red ones on top, then yellow ones; otherwise as they came.
std::vector<Json> worst_first(Json const& signs) {
  std::vector<Json> out;
  auto rank = [](Json const& sign) {
    auto const colour = text(sign, "colour");
    return colour == "red" ? 0 : colour == "yellow" ? 1 : 2;
  };
  for (int wanted = 0; wanted < 3; ++wanted)
    std::ranges::copy_if(signs, std::back_inserter(out),
                         [&](Json const& sign) { return rank(sign) == wanted; });
  return out;
}

std::string headline(Json const& answer, Look const& look) {
  auto const health = text(answer, "health");
  std::string out = paint(look, Tone::strong, "Wardroom " + text(answer, "version"));
  if (!health.empty()) out += "   " + paint(look, tone_of(health), health);
  if (auto const up = number(answer, "uptime_s")) out += "   up " + duration_words(*up);
  if (auto const url = text(part(answer, "http"), "public_url"); !url.empty()) out += "   " + url;
  return out + "\n";
}

}  // namespace

std::string render_signs(Json const& signs, Look const& look) {
  std::size_t widest = 0;
  for (auto const& sign : signs) widest = std::max(widest, columns(text(sign, "part")));
  std::string out;
  for (auto const& sign : worst_first(signs)) {
    auto const colour = text(sign, "colour");
    auto const indent = widest + 12;
    out += "  " + paint(look, tone_of(colour), pad(colour, 6)) + "  " +
           pad(text(sign, "part"), widest) + "  " +
           wrap(text(sign, "sentence"), look.width, indent) + "\n";
    if (auto const remedy = text(sign, "remedy"); !remedy.empty())
      out += std::string(indent, ' ') +
             paint(look, Tone::strong, "→ " + wrap(remedy, look.width, indent + 2)) + "\n";
  }
  return out;
}

std::string monitoring_words(Json const& monitoring) {
  if (!flag(monitoring, "on")) return "off: every call passes; wardroomctl monitor start begins";
  if (has(monitoring, "watching") && !flag(monitoring, "watching"))
    return text(monitoring, "sentence");
  std::int64_t up = 0;
  for (auto const& channel : list(monitoring, "channels")) up += flag(channel, "up");
  auto const all = static_cast<std::int64_t>(list(monitoring, "channels").size());
  std::string out = "on, " + count_words(up) + " of " + plural(all, "channel", "channels") +
                    " up, " + (flag(monitoring, "subscribed") ? "subscribed" : "not subscribed");
  if (auto const blind = number(monitoring, "blind_s"); blind && *blind > 0)
    out += ", blind for " + duration_words(*blind) + " in all";
  out += "; " + plural(count(monitoring, "events"), "event", "events") + ", " +
         plural(count(monitoring, "acks"), "acknowledgement", "acknowledgements") + ", " +
         plural(count(monitoring, "reconnects"), "reconnect", "reconnects");
  auto const down = text(monitoring, "protection_down");
  return down.empty() ? out : "PROTECTION DOWN: " + down + "; " + out;
}

Tone monitoring_tone(Json const& monitoring) {
  if (has(monitoring, "protection_down")) return Tone::bad;
  if (has(monitoring, "watching") && flag(monitoring, "on") && !flag(monitoring, "watching"))
    return Tone::bad;
  bool up = false;
  for (auto const& channel : list(monitoring, "channels")) up = up || flag(channel, "up");
  return up && flag(monitoring, "on") && flag(monitoring, "subscribed") ? Tone::plain
                                                                        : Tone::warning;
}

std::string render_channels(Json const& monitoring, Look const& look) {
  Table table({{"CHANNEL", false, 12}, {"STATE"}, {"SINCE"}, {"LAST ERROR", false, 16}});
  for (auto const& channel : list(monitoring, "channels")) {
    bool const up = flag(channel, "up");
    auto const state = text(channel, "state");
    table.add({text(channel, "host"),
               Cell(state.empty() ? (up ? "up" : "down") : state, tone_of(up ? "up" : "down")),
               ago(channel, "since", look),
               Cell(up ? "" : text(channel, "last_error"), Tone::faint)});
  }
  return table.empty() ? "" : table.text(look, 2);
}

std::string render_status(Json const& answer, Look const& look) {
  std::string out = headline(answer, look) + render_needs_login(list(answer, "grants"), look);
  if (auto const signs = render_signs(list(answer, "signs"), look); !signs.empty())
    out += section(look, "Health") + signs;
  auto const& monitoring = part(answer, "monitoring");
  auto const& posts = part(answer, "posts");
  out += section(look, "Now");
  out += render_facts(
      {{"Features", features_words(list(answer, "features"))},
       {"People", has(answer, "people") ? people_words(part(answer, "people")) : ""},
       {"Directory", directory_words(part(part(answer, "people"), "directory"), look)},
       {"Groups", groups_cell(list(part(answer, "people"), "groups"))},
       {"Spaces", spaces_words(part(answer, "sync"))},
       {"Conferences", conferences_words(part(answer, "cms"))},
       {"Calls", has(answer, "calls") ? calls_words(part(answer, "calls")) : ""},
       {"Monitoring", has(answer, "monitoring")
                          ? Cell(monitoring_words(monitoring), monitoring_tone(monitoring))
                          : Cell()},
       {"Positions", has(answer, "posts") ? count_words(count(posts, "accepted")) + " accepted, " +
                                                count_words(count(posts, "refused")) + " refused"
                                          : ""},
       {"Store", Cell(store_words(part(answer, "store")),
                      has(part(answer, "store"), "trouble") ? Tone::bad : Tone::plain)},
       {"Alerts", alerts_cell(part(answer, "alerts"))},
       {"Listening", text(part(answer, "http"), "listen")}},
      look);
  if (auto const channels = render_channels(monitoring, look); !channels.empty())
    out += section(look, "Channels") + channels;
  if (auto const grants = render_grants(list(answer, "grants"), look); !grants.empty())
    out += section(look, "Logins") + grants;
  return out;
}

std::string render_health(Json const& answer, Look const& look) {
  auto const health = text(answer, "health");
  return paint(look, tone_of(health), health) + "\n" + render_signs(list(answer, "signs"), look);
}

}  // namespace wardroom::ctl
