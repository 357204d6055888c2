#include "front/login_journal.hpp"

#include "base/encoding.hpp"
#include "front/trail.hpp"

#include <nlohmann/json.hpp>

namespace wardroom::front {
using nlohmann::ordered_json;

std::string_view name(LoginDoor door) {
  switch (door) {
    case LoginDoor::browser:
      return "browser";
    case LoginDoor::device:
      return "device";
    case LoginDoor::pasted:
      return "pasted code";
  }
  return "browser";
}

std::string person_digest(std::string_view uuid) {
  return to_hex(sha256("journal " + std::string(uuid))).substr(0, 12);
}

void LoginJournal::add(LoginEvent const& event) {
  ordered_json body{{"as", event.admin ? "administrator" : "person"},
                    {"accepted", event.accepted},
                    {"door", name(event.door)}};
  audit(!event.accepted, "login", event.identity, event.person_uuid, event.by, body);
  if (!event.identity.empty()) body["identity"] = event.identity;
  if (!event.reason.empty()) body["reason"] = event.reason;
  if (!event.by.empty()) body["by"] = event.by;
  append("login", event.person_uuid, std::move(body));
}

void LoginJournal::add(LogoutEvent const& event) {
  ordered_json body{{"identity", event.identity}, {"revoked", event.revoked}};
  // A logout at the control socket is in the audit by its verb, with uid and login.
  if (event.by.empty())
    audit(false, "logout", event.identity, event.person_uuid, "", {{"revoked", event.revoked}});
  if (!event.by.empty()) body["by"] = event.by;
  append("logout", event.person_uuid, std::move(body));
}

/// Everybody comes by way of Webex's pages, whoever asked for it.
void LoginJournal::audit(bool refused, std::string action, std::string const& identity,
                         std::string const& person_uuid, std::string const& by,
                         ordered_json after) {
  if (trail_ == nullptr) return;
  audit::Record record{.action = refused ? "refusal" : std::move(action),
                       .object = identity.empty() ? "web session" : "identity " + identity,
                       .actor = {.kind = audit::ActorKind::web},
                       .text = by.empty() ? "" : "asked for by " + by};
  if (refused) record.object = "login, " + record.object;
  if (!person_uuid.empty()) {
    record.actor.web = trail_->digest(person_uuid);
    if (find_person_) record.actor.person_no = find_person_(person_uuid);
  }
  record.after = after.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  if (refused)
    trail_->refusal("web", std::move(record));
  else
    trail_->write(std::move(record));
}

void LoginJournal::append(std::string kind, std::string const& person_uuid, ordered_json body) {
  PersonNo const person = person_uuid.empty() || !find_person_ ? 0 : find_person_(person_uuid);
  if (person == 0 && !person_uuid.empty()) body["who"] = person_digest(person_uuid);
  journal_.append(std::move(kind), person, "",
                  body.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

}  // namespace wardroom::front
