#include "front/control_server.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace wardroom {
namespace {

using control::ParamKind;
using control::Right;
using control::VerbRow;

/// Parameters from the query, or from the members of a JSON object.
Result<std::map<std::string, std::string, std::less<>>> read_params(VerbRow const& row,
                                                                    http::ServerRequest& request) {
  std::map<std::string, std::string, std::less<>> out;
  auto const pairs = http::parse_query(request.query);
  if (!pairs) return failure(ErrorKind::malformed, "the query has a broken %-escape");
  for (auto const& [key, value] : *pairs) out[key] = value;
  if (control::method_of(row) == http::Method::post && !request.body.empty()) {
    auto const body = nlohmann::json::parse(request.body, nullptr, false);
    if (!body.is_object()) return failure(ErrorKind::malformed, "the body is not a JSON object");
    for (auto const& [key, value] : body.items()) {
      if (value.is_null()) continue;
      if (value.is_object() || value.is_array())
        return failure(ErrorKind::malformed,
                       fmt::format("the parameter '{}' must be a text, number or flag", key));
      out[key] = value.is_string() ? value.get<std::string>() : value.dump();
    }
  }
  return out;
}

Result<void> check_params(VerbRow const& row,
                          std::map<std::string, std::string, std::less<>> const& params) {
  std::vector<std::string_view> known;
  for (auto const& param : row.params) {
    known.push_back(param.name);
    auto const it = params.find(param.name);
    if (param.required && (it == params.end() || it->second.empty()))
      return failure(ErrorKind::malformed, fmt::format("'{}' needs {}", row.words, param.value));
  }
  for (auto const& [key, value] : params) {
    if (std::ranges::find(known, key) != known.end()) continue;
    auto const near = nearest(key, known);
    return failure(ErrorKind::malformed,
                   fmt::format("'{}' has no parameter '{}'{}", row.words, key,
                               near ? fmt::format("; did you mean '{}'?", *near) : ""));
  }
  return {};
}

http::Response answer(VerbRow const& row, Result<nlohmann::ordered_json> result) {
  if (!result) return to_response(result.error());
  nlohmann::ordered_json body{{"schema", row.schema}};
  body.update(*result);
  return http::json_text(200, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

http::Response to_response(Error const& error, std::string_view remedy) {
  int status = 500;
  switch (error.kind) {
    case ErrorKind::malformed:
      status = 400;
      break;
    case ErrorKind::unauthorized:
    case ErrorKind::denied:
      status = 403;
      break;
    case ErrorKind::not_found:
      status = 404;
      break;
    case ErrorKind::conflict:
      status = 409;
      break;
    case ErrorKind::throttled:
      status = 429;
      break;
    case ErrorKind::unavailable:
      status = 503;
      break;
    case ErrorKind::timed_out:
      status = 504;
      break;
    case ErrorKind::cancelled:
    case ErrorKind::internal:
      status = 500;
      break;
  }
  return http::problem(status, name(error.kind), error.what, remedy);
}

namespace {

std::string remedy_for(LocalRights const& rights, std::string_view group) {
  auto const make = rights.group_exists ? "" : fmt::format("sudo groupadd --system {} && ", group);
  if (!rights.named)
    return fmt::format(
        "this uid has no name here: let the service run with SupplementaryGroups={0}{1}, or as an "
        "account of that group",
        group, rights.group_exists ? "" : fmt::format(" (after sudo groupadd --system {})", group));
  return fmt::format("{}sudo usermod -aG {} {}   (it counts at once)", make, group, rights.login);
}

/// The refusal for a caller without the verb's right: it names the group and the command that
/// grants it.
http::Response without_right(VerbRow const& row, LocalRights const& rights) {
  auto const group = group_for(row.right);
  return http::problem(
      403, "denied",
      fmt::format("{} may not use '{}': that needs the group {}", rights.login, row.words, group),
      remedy_for(rights, group));
}

constexpr std::string_view mend_the_store =
    "nothing was changed; look at `wardroomctl health`, mend the store and try again";

std::optional<front::FailedVerb> failure_of(Result<nlohmann::ordered_json> const& result) {
  if (result) return std::nullopt;
  return front::FailedVerb{std::string(name(result.error().kind)), result.error().what};
}

front::FailedVerb failure_of(std::exception_ptr const& why) {
  if (is_cancellation(why))
    return {"cancelled", "the daemon was told to stop meanwhile; it may have been done"};
  return {"internal", "it broke off (" + words_of(why) + "); it may have been done"};
}

}  // namespace

ControlServer::ControlServer(Ports ports)
    : router_(ports.router), tasks_(&ports.tasks), rights_(&ports.rights), audit_(&ports.audit) {}
ControlServer::ControlServer(http::Router& router, RightsOf rights)
    : router_(router), rights_at_once_(std::move(rights)) {}
ControlServer::ControlServer(http::Router& router, TaskGroup& tasks, RightsOf rights,
                             front::VerbAudit& audit)
    : router_(router), tasks_(&tasks), rights_at_once_(std::move(rights)), audit_(&audit) {}

ControlServer::Entry ControlServer::judge(VerbRow const& row, http::ServerRequest& request,
                                          Result<LocalRights> const& rights) {
  if (!rights) return {.refusal = to_response(rights.error())};
  request.caller.name = rights->login;
  if (!allows(*rights, row.right)) {
    if (audit_ != nullptr) audit_->refused(row, request.peer, *rights);
    return {.refusal = without_right(row, *rights)};
  }
  auto const help = fmt::format("wardroomctl {} --help", row.words);
  auto params = read_params(row, request);
  if (!params) return {.refusal = to_response(params.error(), help)};
  if (auto fine = check_params(row, *params); !fine)
    return {.refusal = to_response(fine.error(), help)};
  request.caller.role = http::Audience::operators;
  Entry entry{.call = {&row, std::move(*params), request.caller}};
  entry.call.right = rights->admin ? control::Right::admin
                     : rights->act ? control::Right::act
                                   : control::Right::read;
  return entry;
}

/// `request` lives until it is answered.
Task<ControlServer::Entry> ControlServer::enter(VerbRow const& row, http::ServerRequest& request) {
  auto rights = rights_ != nullptr ? co_await rights_->of(request.peer, row.right)
                                   : Result<LocalRights>(rights_at_once_(request.peer));
  auto entry = judge(row, request, rights);
  if (entry.refusal || !row.changes || audit_ == nullptr) co_return entry;
  auto asked = co_await audit_->asked(entry.call, request.peer, std::move(*rights));
  if (asked)
    entry.asked = std::move(*asked);
  else
    entry.refusal = to_response(asked.error(), mend_the_store);
  co_return entry;
}

Task<http::Response> ControlServer::run(VerbRow const& row, http::ServerRequest& request,
                                        control::VerbHandler const& handler) {
  auto entry = co_await enter(row, request);
  if (entry.refusal) co_return std::move(*entry.refusal);
  if (!entry.asked) {
    auto result = co_await handler(std::move(entry.call));
    co_return answer(row, std::move(result));
  }
  std::exception_ptr broken;
  Result<nlohmann::ordered_json> result;
  try {
    result = co_await handler(std::move(entry.call));
  } catch (...) {
    broken = std::current_exception();
  }
  if (broken) {
    audit_->broke_off(std::move(*entry.asked), failure_of(broken));
    std::rethrow_exception(broken);
  }
  // At the end of the daemon nothing may be waited for any more, but what was done is told.
  auto const ending = (co_await boost::asio::this_coro::cancellation_state).cancelled() !=
                      boost::asio::cancellation_type::none;
  if (ending)
    audit_->broke_off(std::move(*entry.asked), failure_of(result));
  else
    co_await audit_->ended(std::move(*entry.asked), failure_of(result));
  co_return answer(row, std::move(result));
}

void ControlServer::begin_stream(Entry entry, http::Responder responder,
                                 control::VerbStreamHandler const& handler) {
  if (entry.refusal) return responder.send(std::move(*entry.refusal));
  auto stream = responder.stream(
      {200, {{"Content-Type", "application/x-ndjson"}, {"Cache-Control", "no-store"}}, ""});
  if (entry.asked) stream = audit_->watch(std::move(stream), std::move(*entry.asked));
  handler(std::move(entry.call), std::move(stream));
}

VerbRow const& ControlServer::row_of(std::string_view words, bool stream) {
  auto const* row = control::find_verb(words);
  if (!row || row->stream != stream || row->local || !handled_.emplace(words, true).second)
    throw std::logic_error(fmt::format(
        "verb '{}' is unknown, of the other kind (answer, stream, local), or handled twice",
        words));
  return *row;
}

void ControlServer::handle(std::string_view words, control::VerbHandler handler) {
  auto const& row = row_of(words, false);
  router_.add_task(
      {control::method_of(row), control::path_of(row), http::Audience::operators, 1 << 20, false},
      [this, &row, handler = std::move(handler)](http::ServerRequest& request) {
        return run(row, request, handler);
      });
}

void ControlServer::handle_stream(std::string_view words, control::VerbStreamHandler handler) {
  auto const& row = row_of(words, true);
  router_.add(
      {control::method_of(row), control::path_of(row), http::Audience::operators, 1 << 20, false},
      [this, &row, handler = std::move(handler)](http::ServerRequest& request,
                                                 http::Responder responder) {
        if (tasks_ == nullptr)
          return begin_stream(judge(row, request, rights_at_once_(request.peer)),
                              std::move(responder), handler);
        // The handler in the router lives as long as the daemon; the responder until it is used.
        auto answer = std::make_shared<http::Responder>(std::move(responder));
        tasks_->spawn(fmt::format("verb {}", row.words),
                      [this, &row, &request, &handler, answer]() -> Task<void> {
                        auto entry = co_await enter(row, request);
                        begin_stream(std::move(entry), std::move(*answer), handler);
                      });
      });
}

std::vector<std::string> ControlServer::unhandled() const {
  std::vector<std::string> out;
  for (auto const& row : control::verb_table())
    if (!row.local && !handled_.contains(row.words)) out.emplace_back(row.words);
  return out;
}

}  // namespace wardroom
