#include "audit/export.hpp"

#include "base/time_text.hpp"

#include <nlohmann/json.hpp>

namespace wardroom::audit {
namespace {
using Json = nlohmann::ordered_json;

void add(Json& object, char const* key, std::string const& text) {
  if (!text.empty()) object[key] = text;
}
/// Canonical when we wrote it; somebody else's damage is shown as the text it is.
Json json_of(std::string const& text) {
  auto value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json(text) : value;
}
Json actor_json(Actor const& actor) {
  Json out{{"kind", name(actor.kind)}};
  if (actor.uid) out["uid"] = *actor.uid;
  add(out, "login", actor.login);
  if (actor.person_no != 0) out["person_no"] = actor.person_no;
  add(out, "web", actor.web);
  return out;
}

}  // namespace

std::string to_json(Entry const& entry) {
  auto const& r = entry.record;
  Json out{{"seq", entry.seq}, {"at", iso_text(entry.at)}};
  if (r.happened) out["happened_at"] = iso_text(*r.happened);
  out["actor"] = actor_json(r.actor);
  out["action"] = r.action;
  add(out, "object", r.object);
  if (r.before) out["before"] = json_of(*r.before);
  if (r.after) out["after"] = json_of(*r.after);
  add(out, "correlation", r.correlation);
  add(out, "text", r.text);
  if (entry.login_erased) out["erased"].push_back("login");
  if (entry.text_erased) out["erased"].push_back("text");
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string csv_cell(std::string_view text) {
  std::string out;
  if (!text.empty() && std::string_view("=+-@\t\r\n").contains(text.front())) out = "'";
  out += text;
  if (out.find_first_of(",;\"\r\n\t'") == std::string::npos) return out;
  std::string quoted = "\"";
  for (char const c : out) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string csv_header() {
  return "seq,at,happened_at,actor,uid,login,person_no,web,action,object,before,after,correlation,"
         "text\r\n";
}

std::string csv_line(Entry const& entry) {
  auto const& r = entry.record;
  auto const text = [](std::string const& value, bool erased) {
    return erased ? std::string("(erased)") : value;
  };
  std::string const cells[] = {std::to_string(entry.seq),
                               iso_text(entry.at),
                               r.happened ? iso_text(*r.happened) : "",
                               std::string(name(r.actor.kind)),
                               r.actor.uid ? std::to_string(*r.actor.uid) : "",
                               text(r.actor.login, entry.login_erased),
                               r.actor.person_no != 0 ? std::to_string(r.actor.person_no) : "",
                               r.actor.web,
                               r.action,
                               r.object,
                               r.before.value_or(""),
                               r.after.value_or(""),
                               r.correlation,
                               text(r.text, entry.text_erased)};
  std::string out;
  for (auto const& cell : cells) {
    if (&cell != cells) out += ',';
    out += csv_cell(cell);
  }
  return out + "\r\n";
}

}  // namespace wardroom::audit
