#include "front/session_verbs.hpp"

#include "base/log.hpp"

namespace wardroom::front {
namespace {
using control::VerbCall;
using nlohmann::ordered_json;
using Answer = Task<Result<ordered_json>>;
using Revoked = SessionDesk::Revoked;

ordered_json told(SessionTrail& trail, VerbCall const& call, Revoked const& done) {
  *call.change = SessionTrail::change_of(done);
  auto by = call.caller;
  by.role = http::Audience::operators;
  if (done.count() > 0) trail.revoked(by, done);
  log::info("sessions were revoked", {{"by", call.caller.name}, {"sessions", done.count()}});
  ordered_json out{{"ended", done.count()}, {"sessions", done.ids}};
  if (done.person == 0) return out;
  out["location_sessions"] = done.location_sessions;
  out["person_no"] = done.person;
  out["person"] = done.person_name;
  return out;
}

Answer revoke(SessionDesk& desk, SessionTrail& trail, VerbCall call) {
  auto const id = std::string(call.get("id"));
  bool const all = call.flag("all");
  if (id.empty() == !all)
    co_return failure(ErrorKind::malformed,
                      "name one session of `wardroomctl sessions list`, or give --all");
  auto done = all ? co_await desk.revoke_all() : co_await desk.revoke(id);
  if (!done) co_return std::unexpected(std::move(done.error()));
  co_return told(trail, call, *done);
}

Answer revoke_person(SessionDesk& desk, SessionTrail& trail, VerbCall call) {
  auto done = co_await desk.revoke_person(std::string(call.get("person")));
  if (!done) co_return std::unexpected(std::move(done.error()));
  co_return told(trail, call, *done);
}

}  // namespace

void add_session_verbs(control::Verbs& verbs, SessionDesk& desk, SessionTrail& trail) {
  verbs.handle("sessions list", [&desk](VerbCall) -> Answer { co_return desk.list(); });
  verbs.handle("sessions revoke",
               [&desk, &trail](VerbCall call) { return revoke(desk, trail, std::move(call)); });
  verbs.handle("people sessions",
               [&desk](VerbCall call) { return desk.of_person(std::string(call.get("person"))); });
  verbs.handle("people revoke", [&desk, &trail](VerbCall call) {
    return revoke_person(desk, trail, std::move(call));
  });
}

}  // namespace wardroom::front
