#include "features/call_blocking/why_verbs.hpp"

#include "features/call_blocking/call_blocking.hpp"
#include "features/call_blocking/override_verbs.hpp"
#include "features/call_blocking/reevaluation.hpp"
#include "features/call_blocking/why_json.hpp"

#include <charconv>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;
using Answer = Task<Result<Json>>;
using control::VerbCall;

http::Response answer(Result<Json> const& done) {
  if (done) return http::json_text(200, done->dump(-1, ' ', false, Json::error_handler_t::replace));
  auto const kind = done.error().kind;
  return http::problem(kind == ErrorKind::conflict    ? 409
                       : kind == ErrorKind::not_found ? 404
                                                      : 503,
                       wardroom::name(kind), done.error().what);
}

std::optional<PersonNo> number_in(std::string_view text) {
  PersonNo out = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

NamedBy named_by(CallBlocking const& feature, people::PersonRecord const& person) {
  NamedBy out{.emails = person.emails, .groups = {}};
  for (auto const& [wanted, group] : feature.groups().groups())
    if (group->members->holds(person.no)) out.groups.push_back(wanted);
  return out;
}

Answer people_why(CallBlocking& feature, VerbCall call) {
  if (call.get("person").empty())
    co_return failure(ErrorKind::malformed,
                      "which person? give a number, an e-mail address, an extension or a part of "
                      "the name");
  auto const person = co_await feature.ports().people.resolve(std::string(call.get("person")));
  if (!person) co_return std::unexpected(person.error());
  co_return person_why(feature, *person);
}

}  // namespace

Answer call_why(CallBlocking& feature, std::string call) {
  if (call.empty())
    co_return failure(ErrorKind::malformed, "which call? give its id or a unique end of it");
  auto const document = co_await feature.store().find(std::move(call));
  if (!document) co_return std::unexpected(document.error());
  auto out = call_why_json(*document);
  if (PersonNo const no = out.value("person_no", PersonNo{0}); no != 0)
    out["person"] = co_await feature.ports().people.display_name(no);
  co_return out;
}

Json person_why(CallBlocking& feature, people::PersonRecord const& person) {
  auto& standings = feature.standings();
  auto const now = standings.judge_now(person.no);
  auto const who = person.name.empty() ? person.email : person.name;
  Json out{{"person_no", person.no}, {"person", who}};
  out.update(person_why_json(who, now, standings.policy()));
  out["fences"] = binding_fences_json(standings.policy(), standings.bound(person.no),
                                      standings.awake(), named_by(feature, person));
  if (auto const* decided = feature.overrides().find(person.no))
    out["override"] = override_json(*decided);
  out["reevaluated"] = reevaluated_json(reevaluate(now));
  return out;
}

void add_why_verbs(control::Verbs& verbs, CallBlocking& feature) {
  verbs.handle("calls why", [&feature](VerbCall call) {
    return call_why(feature, std::string(call.get("call")));
  });
  verbs.handle("people why",
               [&feature](VerbCall call) { return people_why(feature, std::move(call)); });
}

void add_why_routes(http::Router& router, CallBlocking& feature) {
  using http::Audience;
  using http::Method;
  router.add_task(
      {.method = Method::get, .pattern = "/api/v1/calls/{call}/why", .audience = Audience::admin},
      [&feature](http::ServerRequest& request) -> Task<http::Response> {
        auto const done = co_await call_why(feature, request.params[0]);
        co_return answer(done);
      });
  router.add_task(
      {.method = Method::get, .pattern = "/api/v1/people/{no}/why", .audience = Audience::admin},
      [&feature](http::ServerRequest& request) -> Task<http::Response> {
        auto const number = number_in(request.params[0]);
        if (!number) co_return http::problem(400, "malformed", "A person is asked for by number.");
        auto const person = co_await feature.ports().people.person(*number);
        if (!person) co_return answer(std::unexpected(person.error()));
        co_return answer(person_why(feature, *person));
      });
}

}  // namespace wardroom::call_blocking
