#include "sim/mail_box.hpp"

#include "base/encoding.hpp"
#include "sim/instant_text.hpp"
#include "sim/webex_answer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace wardroom::sim {
namespace {

using nlohmann::json;
constexpr std::size_t kept_mails = 500;

std::string page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{}</title>"
      "<link rel=\"stylesheet\" href=\"/sim.css\"></head><body><header><h1>{}</h1>"
      "<p><a href=\"/\">Simulated Webex</a></p></header><main class=\"mail\"><section>{}</section>"
      "</main></body></html>",
      html_escape(title), html_escape(title), body);
}

std::string subject_of(MailText const& read) {
  auto subject = read.header("Subject");
  return subject.empty() ? "(no subject)" : subject;
}

}  // namespace

void MailBox::keep(SmtpMail mail) {
  auto read = read_mail(mail.raw);
  mails_.push_back({next_++, clock_.now(), std::move(mail), std::move(read)});
  if (mails_.size() > kept_mails) mails_.pop_front();
}

json MailBox::list() const {
  auto out = json::array();
  for (auto const& k : mails_) {
    json headers = json::object();
    for (auto const& [name, value] : k.read.headers)
      headers[name] =
          headers.contains(name) ? headers[name].get<std::string>() + "\n" + value : value;
    out.push_back({{"id", k.id},
                   {"at", text_of(k.at)},
                   {"from", k.mail.from},
                   {"to", k.mail.to},
                   {"user", k.mail.user},
                   {"subject", k.read.header("Subject")},
                   {"headers", std::move(headers)},
                   {"text", k.read.text},
                   {"raw", k.mail.raw}});
  }
  return out;
}

Answer MailBox::page(Request const& request) const {
  auto const query = http::parse_query(request.query).value_or(http::QueryPairs{});
  auto const wanted = http::find(query, "id");
  auto answer =
      html_answer(404, sim::page("No such mail", "<p><a href=\"/mail\">Back to the list</a></p>"));
  if (!wanted) answer = html_answer(200, list_page());
  for (auto const& k : mails_)
    if (wanted == std::to_string(k.id)) answer = html_answer(200, mail_page(k));
  answer.response.headers.add("Content-Security-Policy",
                              "default-src 'none'; style-src 'self'; base-uri 'none'; "
                              "form-action 'none'; frame-ancestors 'none'");
  return answer;
}

std::string MailBox::list_page() const {
  if (mails_.empty()) return sim::page("Mail", "<p>No mail yet. It comes by SMTP.</p>");
  std::string rows;
  for (auto k = mails_.rbegin(); k != mails_.rend(); ++k)
    rows += fmt::format(
        "<tr><td><a href=\"/mail?id={}\">{}</a></td><td>{}</td><td>{}</td><td>{}</td></tr>", k->id,
        html_escape(subject_of(k->read)), html_escape(k->mail.from),
        html_escape(fmt::format("{}", fmt::join(k->mail.to, ", "))), text_of(k->at));
  return sim::page("Mail",
                   "<div class=\"wide\"><table><thead><tr><th>Subject</th><th>From</th><th>To</th>"
                   "<th>When</th></tr></thead><tbody>" +
                       rows + "</tbody></table></div>");
}

std::string MailBox::mail_page(Kept const& k) const {
  std::string headers;
  for (auto const& [name, value] : k.read.headers)
    headers += fmt::format("<dt>{}</dt><dd>{}</dd>", html_escape(name), html_escape(value));
  return sim::page(
      subject_of(k.read),
      fmt::format("<p>From {} to {}, {}</p><pre class=\"text\">{}</pre>"
                  "<details><summary>Headers</summary><dl>{}</dl></details>"
                  "<details><summary>As it came</summary><pre>{}</pre></details>"
                  "<p><a href=\"/mail\">Back to the list</a></p>",
                  html_escape(k.mail.from),
                  html_escape(fmt::format("{}", fmt::join(k.mail.to, ", "))), text_of(k.at),
                  html_escape(k.read.text), headers, html_escape(k.mail.raw)));
}

}  // namespace wardroom::sim
