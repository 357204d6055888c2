#include "sim/authorize_page.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

namespace wardroom::sim {
namespace {

constexpr std::string_view style = R"(
:root{color-scheme:light dark;--edge:#8884;--ink:#1b3a57;--soft:#f3f6f9}
@media(prefers-color-scheme:dark){:root{--ink:#9cc8f0;--soft:#20262c}}
body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:0 auto;padding:2rem 1rem}
h1{font-size:1.4rem;color:var(--ink);margin:.2rem 0}
p.sim{font-size:.85rem;border:1px solid var(--edge);border-radius:.4rem;padding:.4rem .7rem;display:inline-block}
ul{list-style:none;padding:0;margin:1rem 0;display:grid;gap:.4rem}
button{font:inherit;width:100%;text-align:left;padding:.6rem .9rem;border:1px solid var(--edge);
border-radius:.6rem;background:var(--soft);color:inherit;cursor:pointer;display:flex;gap:.8rem;align-items:center}
button:hover,button:focus-visible{border-color:var(--ink);outline:2px solid var(--ink);outline-offset:1px}
.dot{flex:none;width:2.2rem;height:2.2rem;border-radius:50%;display:grid;place-items:center;
background:var(--ink);color:Canvas;font-weight:600}
small{display:block;opacity:.75}
.badge{margin-left:auto;font-size:.75rem;border:1px solid currentColor;border-radius:1rem;padding:0 .6rem}
input{font:inherit;font-size:1.4rem;letter-spacing:.2em;padding:.3rem .6rem}
[role=alert]{color:#c0392b;font-weight:600}
button.deny{justify-content:center;background:none}
details{margin:1rem 0}code{font-size:.85em}
)";

std::string initial(std::string const& name) {
  std::size_t n = 1;
  while (n < name.size() && (static_cast<unsigned char>(name[n]) & 0xC0) == 0x80) ++n;
  return name.substr(0, n);
}

std::string row(Person const& p) {
  return fmt::format(
      "<li><button name=\"person\" value=\"{}\"><span class=\"dot\" aria-hidden=\"true\">{}</span>"
      "<span>{}<small>{}</small></span>{}</button></li>",
      html_escape(p.email), html_escape(initial(p.first_name)), html_escape(p.name()),
      html_escape(p.email), p.full_admin ? "<span class=\"badge\">full administrator</span>" : "");
}

}  // namespace

std::string login_page_head(std::string_view title) {
  return fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{}</title>"
      "<style>{}</style></head><body><p class=\"sim\">Simulated Webex. Nothing here is real.</p>",
      title, style);
}

std::string person_buttons(Organisation const& org) {
  constexpr std::size_t shown = 40;  // a page, not a directory
  std::string rows;
  for (std::size_t i = 0; i < org.people().size() && i < shown; ++i) rows += row(org.people()[i]);
  return rows;
}

std::string authorize_page(Organisation const& org, OauthClient const& client, Scopes const& scopes,
                           std::string const& query) {
  std::string wanted;
  for (auto const& s : scopes) wanted += fmt::format("<li><code>{}</code></li>", html_escape(s));
  return fmt::format(
      "{}<h1>Log in to {}</h1><p><strong>{}</strong> wants to know who you are. Who are you?</p>"
      "<form method=\"post\" action=\"/v1/authorize?{}\"><ul>{}</ul>"
      "<button class=\"deny\" name=\"decline\" value=\"yes\">Decline</button></form>"
      "<details><summary>What it asks for</summary><ul>{}</ul></details></body></html>",
      login_page_head("Log in to simulated Webex"), html_escape(org.name()),
      html_escape(client.name), html_escape(query), person_buttons(org), wanted);
}

std::string authorize_problem_page(std::string const& what) {
  return fmt::format("{}<h1>This login cannot go on</h1><p>{}</p></body></html>",
                     login_page_head("Login refused"), html_escape(what));
}

}  // namespace wardroom::sim
