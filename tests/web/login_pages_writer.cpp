// Writes every page that a login can end on into a folder, for the browser tests to look at.
#include "front/login_pages.hpp"
#include "front/login_refusals.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

namespace wardroom::front {
namespace {

std::string const org = "0f1e2d3c-4b5a-4968-8777-aabbccddeeff";
std::string const full_admin = "Y2lzY29zcGFyazovL3VzL1JPTEUvaWRfZnVsbF9hZG1pbg";
using Refusals = std::map<std::string, LoginRefusal>;

Person person(std::string email = "eve@acme.example", std::string org_id = org) {
  Person out;
  out.id = PersonId("f5b36187-c8dd-4727-8b2f-f9c447f29046");
  out.display_name = "Eve Adams";
  out.emails = {std::move(email)};
  out.org_id = std::move(org_id);
  return out;
}

void add_people(Refusals& out) {
  std::string const other = "11111111-4b5a-4968-8777-aabbccddeeff";
  AdminFacts facts;
  facts.org_id = org;
  facts.admins = {"eve@acme.example"};
  auto bot = person();
  bot.is_person = false;
  out.emplace("bot", *judge_admin(bot, facts));
  out.emplace("wrong-org", *judge_admin(person("eve@acme.example", other), facts));
  out.emplace("wrong-person", *judge_admin(person("mallory@acme.example"), facts));
  out.emplace(
      "hostile",
      *judge_admin(person("<img src=x onerror=\"document.title=1\">`<b>`@acme.example"), facts));
  out.emplace("missing-role", *judge_admin(person(), facts));
  facts.missing_scopes = {{"spark-admin:xsi", "call_blocking"},
                          {"spark-admin:telephony_config_write", "call_blocking, alerts"},
                          {"identity:tokens_write", ""}};
  out.emplace("missing-scope", *judge_admin(person(), facts));
  facts.admins.clear();
  out.emplace("code-needed", *judge_admin(person(), facts));
  out.emplace("not-set-up", *judge_person(person(), ""));
  out.emplace("person-wrong-org", *judge_person(person("eve@acme.example", other), org));
}

void add_webex(Refusals& out) {
  out.emplace("expired", stale_login());
  out.emplace("wrong-issuer", wrong_issuer());
  out.emplace("denied", webex_said("access_denied"));
  out.emplace("webex-error", webex_said("invalid_scope<script>"));
  out.emplace("code-refused", no_token({oauth::Refusal::retired, {}}, "admin"));
  out.emplace("integration-refused", no_token({oauth::Refusal::configuration, {}}, "admin"));
  out.emplace("unavailable", trouble({ErrorKind::unavailable, "cause-that-stays-in-the-log"},
                                     "asking Webex who you are"));
}

void add_identities(Refusals& out) {
  oauth::IdentitySettings app;
  app.kind = oauth::IdentityKind::service_app;
  out.emplace("no-identity", *judge_identity(nullptr, "reports"));
  out.emplace("service-app", *judge_identity(&app, "guests"));
  oauth::IdentitySettings const nothing;
  out.emplace("not-configured", *judge_identity(&nothing, "admin"));
}

void write(std::filesystem::path const& folder) {
  Refusals refusals;
  add_people(refusals);
  add_webex(refusals);
  add_identities(refusals);
  std::map<std::string, http::Response> pages;
  for (auto const& [name, why] : refusals)
    pages.emplace(name, render({why.status, why.title, why.sentence, why.remedy, "/admin/login",
                                "Log in again"}));
  pages.emplace("code", code_form(false, "/dashboard/logins"));
  pages.emplace("code-wrong", code_form(true, "/dashboard/logins"));
  pages.emplace("one-step-left", one_step_left());
  nlohmann::json statuses;
  std::filesystem::create_directories(folder);
  for (auto const& [name, page] : pages) {
    std::ofstream(folder / (name + ".html")) << page.body;
    statuses[name] = page.status;
  }
  std::ofstream file(folder / "statuses.json");
  file << statuses.dump(2) << "\n";
  if (!file.flush()) throw std::runtime_error("the pages could not be written");
}

}  // namespace
}  // namespace wardroom::front

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: {} FOLDER\n", argv[0]);
    return 2;
  }
  wardroom::front::write(argv[1]);
}
