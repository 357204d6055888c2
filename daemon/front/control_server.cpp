#include "front/control_server.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace wardroom {
namespace {

using control::ParamKind;
using control::Right;
using control::VerbRow;

std::string login_of(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found)
    return found->pw_name;
  return fmt::format("uid {}", uid);
}

bool in_group(std::vector<gid_t> const& groups, char const* name) {
  group entry{};
  group* found = nullptr;
  std::array<char, 16384> buffer{};
  return getgrnam_r(name, &entry, buffer.data(), buffer.size(), &found) == 0 && found &&
         std::ranges::find(groups, found->gr_gid) != groups.end();
}

std::string_view group_for(Right right) {
  switch (right) {
    case Right::read:
      return "wardroom";
    case Right::act:
      return "wardroom-operator";
    case Right::admin:
      return "wardroom-admin";
  }
  return "wardroom-admin";
}

bool allows(LocalRights const& rights, Right needed) {
  return needed == Right::read ? rights.read : needed == Right::act ? rights.act : rights.admin;
}

/// Parameters from the query, or from the members of a JSON object.
Result<std::map<std::string, std::string, std::less<>>> read_params(VerbRow const& row,
                                                                    http::ServerRequest& request) {
  std::map<std::string, std::string, std::less<>> out;
  auto const pairs = http::parse_query(request.query);
  if (!pairs) return failure(ErrorKind::malformed, "the query has a broken %-escape");
  for (auto const& [key, value] : *pairs) out[key] = value;
  if (row.changes && !request.body.empty()) {
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

LocalRights local_rights(http::PeerCredentials const& peer) {
  LocalRights rights{.login = login_of(peer.uid)};
  if (peer.uid == 0 || peer.uid == geteuid()) {
    rights.read = rights.act = rights.admin = true;
    return rights;
  }
  std::vector<gid_t> groups(64);
  int count = static_cast<int>(groups.size());
  if (getgrouplist(rights.login.c_str(), peer.gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
    getgrouplist(rights.login.c_str(), peer.gid, groups.data(), &count);
  }
  groups.resize(static_cast<std::size_t>(std::max(count, 0)));
  rights.admin = in_group(groups, "wardroom-admin");
  rights.act = rights.admin || in_group(groups, "wardroom-operator");
  rights.read = rights.act || in_group(groups, "wardroom");
  return rights;
}

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

ControlServer::ControlServer(http::Router& router, RightsOf rights)
    : router_(router), rights_(std::move(rights)) {}

Result<control::VerbCall> ControlServer::check(VerbRow const& row,
                                               http::ServerRequest& request) const {
  auto params = read_params(row, request);
  if (!params) return std::unexpected(params.error());
  if (auto fine = check_params(row, *params); !fine) return std::unexpected(fine.error());
  request.caller.role = http::Audience::operators;
  return control::VerbCall{&row, std::move(*params), request.caller};
}

namespace {

/// The refusal for a caller without the verb's right, naming the group and the command that grants
/// it.
std::optional<http::Response> refuse(VerbRow const& row, http::ServerRequest& request,
                                     LocalRights const& rights) {
  request.caller.name = rights.login;
  if (allows(rights, row.right)) return std::nullopt;
  log::warning("refused a control verb", {{"verb", row.words},
                                          {"login", rights.login},
                                          {"uid", request.peer.uid},
                                          {"pid", request.peer.pid}});
  auto const group = group_for(row.right);
  return http::problem(
      403, "denied",
      fmt::format("{} may not use '{}': that needs the group {}", rights.login, row.words, group),
      fmt::format("sudo usermod -aG {} {}   (then log in again)", group, rights.login));
}

}  // namespace

void ControlServer::handle(std::string_view words, control::VerbHandler handler) {
  auto const* row = control::find_verb(words);
  if (!row || row->stream || !handled_.emplace(words, true).second)
    throw std::logic_error(fmt::format("verb '{}' is unknown, a stream, or handled twice", words));
  router_.add_task(
      {control::method_of(*row), control::path_of(*row), http::Audience::operators, 1 << 20, false},
      [this, row,
       handler = std::move(handler)](http::ServerRequest& request) -> Task<http::Response> {
        if (auto refusal = refuse(*row, request, rights_(request.peer))) co_return *refusal;
        auto call = check(*row, request);
        if (!call)
          co_return to_response(call.error(), fmt::format("wardroomctl {} --help", row->words));
        auto result = co_await handler(std::move(*call));
        co_return answer(*row, std::move(result));
      });
}

void ControlServer::handle_stream(std::string_view words, control::VerbStreamHandler handler) {
  auto const* row = control::find_verb(words);
  if (!row || !row->stream || !handled_.emplace(words, true).second)
    throw std::logic_error(fmt::format("verb '{}' is unknown, no stream, or handled twice", words));
  router_.add(
      {control::method_of(*row), control::path_of(*row), http::Audience::operators, 1 << 20, false},
      [this, row, handler = std::move(handler)](http::ServerRequest& request,
                                                http::Responder responder) {
        if (auto refusal = refuse(*row, request, rights_(request.peer)))
          return responder.send(*refusal);
        auto call = check(*row, request);
        if (!call) return responder.send(to_response(call.error()));
        handler(std::move(*call), responder.stream({200,
                                                    {{"Content-Type", "application/x-ndjson"},
                                                     {"Cache-Control", "no-store"}},
                                                    ""}));
      });
}

std::vector<std::string> ControlServer::unhandled() const {
  std::vector<std::string> out;
  for (auto const& row : control::verb_table())
    if (!row.local && !handled_.contains(row.words)) out.emplace_back(row.words);
  return out;
}

}  // namespace wardroom
