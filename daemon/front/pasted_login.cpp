#include "front/pasted_login.hpp"

#include "base/encoding.hpp"
#include "front/login_refusals.hpp"
#include "oauth/code_flow.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::front {
namespace {

constexpr std::size_t most_attempts = 32, longest_text = 8192;
constexpr auto begin_again =
    "Run `wardroomctl login --browser` again and paste what the newest address leads to; the "
    "stored "
    "login is unchanged.";

LoginRefusal not_open(bool address) {
  return {409, "No such login",
          address ? "This address belongs to no open login: it was used before, is older than 30 "
                    "minutes, or was not begun with `wardroomctl login --browser` here."
                  : "No login is open that a code could finish: it was used before, or it is older "
                    "than 30 minutes.",
          begin_again};
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view junk = " \t\r\n'\"<>";
  auto const begin = text.find_first_not_of(junk);
  if (begin == text.npos) return "";
  return text.substr(begin, text.find_last_not_of(junk) - begin + 1);
}

}  // namespace

std::optional<PastedText> read_pasted(std::string_view text) {
  text = trimmed(text);
  bool const broken =
      std::ranges::any_of(text, [](unsigned char c) { return c <= 0x20 || c == 0x7F; });
  if (text.empty() || text.size() > longest_text || broken) return std::nullopt;
  PastedText out;
  auto const question = text.find('?');
  bool const url = text.starts_with("http://") || text.starts_with("https://");
  bool const query = text.find("state=") != text.npos && text.find('=') != text.npos;
  if (!url && !query) {
    out.code = std::string(text);
    return out;
  }
  if (url && question == text.npos) return std::nullopt;
  auto rest = question == text.npos ? text : text.substr(question + 1);
  rest = rest.substr(0, rest.find('#'));
  auto const pairs = http::parse_query(rest);
  if (!pairs) return std::nullopt;
  out.address = true;
  out.code = http::find(*pairs, "code").value_or("");
  out.state = http::find(*pairs, "state").value_or("");
  out.error = http::find(*pairs, "error");
  out.issuer = http::find(*pairs, "iss");
  if (out.state.empty() || (out.code.empty() && !out.error)) return std::nullopt;
  return out;
}

std::expected<std::string, LoginRefusal> PastedLogins::offer(std::string const& identity) {
  auto const* const known = ports_.vault.identity(identity);
  if (auto why = judge_identity(known, identity)) return std::unexpected(std::move(*why));
  forget_old();
  if (attempts_.size() >= most_attempts) attempts_.pop_front();
  auto const state = ports_.random.token();
  auto pkce = oauth::make_pkce(ports_.random);
  attempts_.push_back({sha256(state), identity, std::move(pkce.verifier), known->scopes,
                       ports_.clock.uptime() + life});
  return oauth::authorize_url(known->client, known->scopes, state, pkce.challenge);
}

void PastedLogins::forget_old() {
  auto const now = ports_.clock.uptime();
  std::erase_if(attempts_, [now](Attempt const& attempt) { return attempt.ends <= now; });
}

bool PastedLogins::knows(std::string_view state) const {
  auto const digest = sha256(state);
  auto const now = ports_.clock.uptime();
  return std::ranges::any_of(attempts_, [&](Attempt const& attempt) {
    return attempt.ends > now && attempt.state == digest;
  });
}

std::expected<PastedLogins::Attempt, LoginRefusal> PastedLogins::take(PastedText const& text,
                                                                      std::string const& identity) {
  forget_old();
  auto const digest = text.address ? sha256(text.state) : std::string();
  auto const found =
      std::find_if(attempts_.rbegin(), attempts_.rend(), [&](Attempt const& attempt) {
        if (text.address) return attempt.state == digest;
        return identity.empty() || attempt.identity == identity;
      });
  if (found == attempts_.rend()) return std::unexpected(not_open(text.address));
  if (!identity.empty() && found->identity != identity)
    return std::unexpected(LoginRefusal{
        409, "Another identity",
        fmt::format("This address finishes the login of the identity '{}', not of '{}'.",
                    found->identity, identity),
        fmt::format("Run `wardroomctl auth --identity {} …` with it.", found->identity)});
  auto attempt = std::move(*found);
  attempts_.erase(std::next(found).base());
  return attempt;
}

Task<Acceptance> PastedLogins::complete(std::string text, std::string identity,
                                        std::string operator_name) {
  Throttle::Who const who{.door = "pasted code", .account = operator_name};
  if (auto const wait = ports_.throttle.refuse(who))
    co_return std::unexpected(LoginRefusal{429, "Too many wrong codes",
                                           "Too many codes did not lead to a login.",
                                           fmt::format("Try again in {} s.", wait->count())});
  auto done = co_await judge(std::move(text), std::move(identity), std::move(operator_name));
  if (done)
    co_await ports_.throttle.succeeded(who);
  else if (done.error().status >= 500)
    co_await ports_.throttle.withdraw(who);
  else
    co_await ports_.throttle.failed(who);
  co_return done;
}

Task<Acceptance> PastedLogins::judge(std::string text, std::string identity,
                                     std::string operator_name) {
  LoginClaim const claim{.door = LoginDoor::pasted, .operator_name = std::move(operator_name)};
  auto refuse = [&](LoginRefusal why, std::string const& whose) {
    if (!why.remedy.ends_with("is unchanged.")) why.remedy += " The stored login is unchanged.";
    ports_.acceptance.refused(whose, claim, why);
    return std::unexpected(std::move(why));
  };
  auto const pasted = read_pasted(text);
  if (!pasted)
    co_return refuse(
        {400, "Neither a code nor an address",
         "That is neither a code nor the whole address the browser ended on.",
         "Paste the address from the browser's address bar, in quotes: it holds code=… and "
         "state=…."},
        identity);
  auto attempt = take(*pasted, identity);
  if (!attempt) co_return refuse(std::move(attempt.error()), identity);
  auto const& known = *ports_.vault.identity(attempt->identity);
  if (pasted->issuer && !issuer_fits(*pasted->issuer, issuer_, known.client.authorize_url))
    co_return refuse(wrong_issuer(), attempt->identity);
  if (pasted->error) co_return refuse(webex_said(*pasted->error), attempt->identity);
  auto answer = co_await oauth::exchange_code(ports_.http, ports_.clock, known.client,
                                              Secret(pasted->code), attempt->verifier);
  if (!answer) {
    auto why = no_token(answer.error(), attempt->identity);
    if (answer.error().refusal == oauth::Refusal::retired) {
      why.status = 409;
      why.sentence =
          "Webex does not take this code: it is wrong, was used before, or is too old (codes live "
          "about a minute).";
      why.remedy = begin_again;
    }
    why.cause = answer.error().error.what;
    co_return refuse(std::move(why), attempt->identity);
  }
  auto accepted = co_await ports_.acceptance.accept(
      oauth::grant_of(attempt->identity, std::move(*answer), attempt->scopes), claim);
  if (!accepted && !accepted.error().remedy.ends_with("is unchanged."))
    accepted.error().remedy += " The stored login is unchanged.";
  co_return accepted;
}

}  // namespace wardroom::front
