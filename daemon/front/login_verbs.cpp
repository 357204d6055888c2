#include "front/login_verbs.hpp"

#include "base/log.hpp"
#include "base/time_text.hpp"
#include "front/grant_json.hpp"
#include "front/identity_logout.hpp"
#include "front/identity_report.hpp"
#include "front/login_refusals.hpp"
#include "front/ndjson.hpp"

namespace wardroom::front {
namespace {

using control::VerbCall;
using nlohmann::ordered_json;
using Answer = Task<Result<ordered_json>>;
using Shared = std::shared_ptr<LoginVerbFacts>;
using Stream = std::shared_ptr<http::ResponseStream>;

std::string identity_of(VerbCall const& call) {
  auto const given = call.get("identity");
  return given.empty() ? "admin" : std::string(given);
}

/// {"step":"browser", …}, and the end of the stream.
void offer_browser(LoginDesk& desk, std::string const& identity, Stream const& stream) {
  auto const url = desk.pasted().offer(identity);
  if (!url) {
    write_line(*stream, to_line(url.error()));
    return stream->close();
  }
  ordered_json line{{"step", "browser"}, {"identity", identity}, {"url", *url}};
  if (identity == "admin") {
    auto const page = desk.offer_page();
    line["page"] = page.url;
    if (!page.code.empty()) line["code"] = page.code;
  }
  line["expires_in_s"] = PastedLogins::life / std::chrono::seconds(1);
  write_line(*stream, line);
  stream->close();
}

void add_ways_in(control::Verbs& verbs, Shared facts) {
  verbs.handle_stream("login", [facts](VerbCall call, Stream stream) {
    call.change->object = audited_identity(facts->vault, identity_of(call));
    if (call.flag("browser")) return offer_browser(facts->desk, identity_of(call), stream);
    facts->desk.device().begin(identity_of(call), call.caller.name, std::move(stream));
  });
  verbs.handle("auth", [facts](VerbCall call) -> Answer {
    call.change->object = audited_identity(facts->vault, identity_of(call));
    auto accepted = co_await facts->desk.pasted().complete(
        std::string(call.get("code")), std::string(call.get("identity")), call.caller.name);
    if (!accepted) co_return std::unexpected(to_error(accepted.error()));
    call.change->object = "identity " + accepted->identity;
    call.change->after = ordered_json{{"scopes", accepted->scopes}}.dump();
    co_return accepted_json(*accepted);
  });
}

void add_way_out(control::Verbs& verbs, Shared facts) {
  verbs.handle("logout", [facts](VerbCall call) -> Answer {
    call.change->object = audited_identity(facts->vault, identity_of(call));
    auto out = co_await log_out(
        {facts->vault, facts->http, facts->clock, facts->desk.journal(), facts->api},
        identity_of(call), call.caller.name);
    if (!out) co_return std::unexpected(std::move(out.error()));
    call.change->before = R"({"login":true})";
    call.change->after = ordered_json{{"login", false}, {"revoked", out->revoked}}.dump();
    co_return ordered_json{{"identity", out->identity},
                           {"person", out->person},
                           {"revoked", out->revoked},
                           {"message", out->message}};
  });
}

void add_tokens(control::Verbs& verbs, Shared facts) {
  verbs.handle("whoami", [facts](VerbCall call) -> Answer {
    auto report = co_await report_identity(facts->vault, facts->webex, identity_of(call));
    if (!report) co_return std::unexpected(std::move(report.error()));
    co_return to_json(*report);
  });
  verbs.handle("token show", [facts](VerbCall) -> Answer {
    co_return ordered_json{{"grants", grants_json(facts->vault.grants(), facts->vault.signs())},
                           {"key_id", facts->key_id}};
  });
  verbs.handle("token check", [facts](VerbCall call) -> Answer {
    auto report = co_await report_identity(facts->vault, facts->webex, identity_of(call));
    if (!report) co_return std::unexpected(std::move(report.error()));
    auto const& emails = report->person.emails;
    co_return ordered_json{{"identity", report->identity},
                           {"valid", true},
                           {"who", emails.empty() ? report->person.display_name : emails.front()}};
  });
  verbs.handle("token refresh", [facts](VerbCall call) -> Answer {
    auto const identity = identity_of(call);
    call.change->object = audited_identity(facts->vault, identity);
    auto const until = co_await facts->vault.renew_now(identity);
    if (!until) co_return std::unexpected(until.error());
    call.change->after = ordered_json{{"access_expires_at", iso_text(*until)}}.dump();
    log::info("a grant was renewed on request", {{"identity", identity}, {"by", call.caller.name}});
    co_return ordered_json{{"identity", identity}, {"access_expires_at", iso_text(*until)}};
  });
}

}  // namespace

void add_login_verbs(control::Verbs& verbs, LoginVerbFacts given) {
  auto facts = std::make_shared<LoginVerbFacts>(std::move(given));
  add_ways_in(verbs, facts);
  add_way_out(verbs, facts);
  add_tokens(verbs, facts);
}

}  // namespace wardroom::front
