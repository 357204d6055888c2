#include "sim/smtp_session.hpp"

#include "base/encoding.hpp"
#include "http/message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace wardroom::sim {
namespace {

constexpr std::size_t longest_command = 2048, longest_line = 64 * 1024, most_recipients = 100;
constexpr std::string_view known_user = "wardroom", known_password = "demo-smtp-password";

bool is_word(std::string_view line, std::string_view word) {
  return line.size() >= word.size() &&
         http::equal_ignoring_case(line.substr(0, word.size()), word) &&
         (line.size() == word.size() || line[word.size()] == ' ' || word.ends_with(':'));
}

// "<a@b> SIZE=3" → address and what follows.
struct Path {
  std::string address;
  std::string_view parameters;
};
std::optional<Path> path_in(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  auto const end = text.find('>');
  if (!text.starts_with('<') || end == std::string_view::npos) return std::nullopt;
  return Path{std::string(text.substr(1, end - 1)), text.substr(end + 1)};
}

std::size_t size_in(std::string_view parameters) {
  auto const at = parameters.find("SIZE=");
  std::size_t n = 0;
  if (at != std::string_view::npos)
    std::from_chars(parameters.data() + at + 5, parameters.data() + parameters.size(), n);
  return n;
}

SmtpSession::Step say(std::string_view text) { return {std::string(text) + "\r\n"}; }

}  // namespace

SmtpSession::Step SmtpSession::greet() const {
  if (faults_.smtp_refuse == "hang") return {};
  return say("220 mail.acme.example ESMTP simulated");
}

void SmtpSession::start_over() {
  mail_ = {};
  too_large_ = bare_lf_ = false;
  if (state_ != State::start) state_ = State::greeted;
}

SmtpSession::Step SmtpSession::take(std::string_view bytes) {
  if (faults_.smtp_refuse == "hang") return {};
  in_ += bytes;
  Step all;
  while (all.then == Step::Then::go_on) {
    auto const end = in_.find('\n');
    if (end == std::string::npos) break;
    auto one = in_.substr(0, end);
    in_.erase(0, end + 1);
    bool const crlf = one.ends_with('\r');
    if (crlf) one.pop_back();
    auto step = line(one, crlf);
    all.reply += step.reply;
    all.then = step.then;
  }
  if (in_.size() > (state_ == State::data ? longest_line : longest_command))
    return {all.reply + "500 the line is too long\r\n", Step::Then::close};
  return all;
}

// People at a keyboard may leave the CR out of a command; in a mail it is a mistake.
SmtpSession::Step SmtpSession::line(std::string_view text, bool crlf) {
  if (state_ == State::data) return data_line(text, crlf);
  if (state_ == State::auth_plain || state_ == State::auth_user || state_ == State::auth_password)
    return auth(text);
  return command(text);
}

SmtpSession::Step SmtpSession::command(std::string_view text) {
  if (is_word(text, "EHLO") || is_word(text, "HELO")) {
    bool const extended = is_word(text, "EHLO");
    start_over();
    state_ = State::greeted;
    if (!extended) return say("250 mail.acme.example");
    return say(
        fmt::format("250-mail.acme.example\r\n250-SIZE {}\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
                    largest_mail));
  }
  if (is_word(text, "NOOP")) return say("250 fine");
  if (is_word(text, "QUIT")) return {"221 good bye\r\n", Step::Then::close};
  if (is_word(text, "RSET")) {
    start_over();
    return say("250 forgotten");
  }
  if (is_word(text, "VRFY")) return say("252 send some mail, then we see");
  if (is_word(text, "MAIL FROM:")) return mail_from(text.substr(10));
  if (is_word(text, "RCPT TO:")) return rcpt_to(text.substr(8));
  if (is_word(text, "AUTH"))
    return state_ == State::greeted ? auth(text.substr(std::min<std::size_t>(5, text.size())))
                                    : say("503 log in after EHLO, before MAIL");
  if (!is_word(text, "DATA")) return say("500 no such command here");
  if (state_ != State::rcpt) return say("503 RCPT first");
  if (faults_.smtp_refuse == "data_4xx") {
    start_over();
    return say("451 4.3.0 local error in processing, try again later");
  }
  state_ = State::data;
  return say("354 go on, end with a dot on a line of its own");
}

SmtpSession::Step SmtpSession::mail_from(std::string_view rest) {
  if (state_ == State::start) return say("503 EHLO first");
  if (state_ != State::greeted) return say("503 one mail at a time");
  auto const path = path_in(rest);
  if (!path) return say("501 MAIL FROM:<address>");
  if (size_in(path->parameters) > largest_mail) return say("552 5.3.4 the mail is too large");
  mail_.from = path->address;
  mail_.user = user_;
  state_ = State::mail;
  return say("250 2.1.0 sender ok");
}

SmtpSession::Step SmtpSession::rcpt_to(std::string_view rest) {
  if (state_ != State::mail && state_ != State::rcpt) return say("503 MAIL first");
  auto const path = path_in(rest);
  if (!path || path->address.find('@') == std::string::npos) return say("501 RCPT TO:<address>");
  if (faults_.smtp_refuse == "rcpt_4xx") return say("450 4.2.1 mailbox busy, try again later");
  if (faults_.smtp_refuse == "rcpt_5xx") return say("550 5.1.1 no such mailbox");
  if (mail_.to.size() >= most_recipients) return say("452 4.5.3 too many recipients");
  mail_.to.push_back(path->address);
  state_ = State::rcpt;
  return say("250 2.1.5 recipient ok");
}

SmtpSession::Step SmtpSession::auth(std::string_view text) {
  auto const said = from_base64(text).value_or("");
  if (state_ == State::auth_plain || is_word(text, "PLAIN")) {
    auto const offered =
        state_ == State::auth_plain
            ? said
            : from_base64(text.substr(std::min<std::size_t>(6, text.size()))).value_or("");
    if (offered.empty() && state_ != State::auth_plain) {
      state_ = State::auth_plain;
      return say("334 ");
    }
    auto const first = offered.find('\0');
    auto const second = first == std::string::npos ? first : offered.find('\0', first + 1);
    if (second == std::string::npos) return check_password("", "");
    return check_password(offered.substr(first + 1, second - first - 1),
                          offered.substr(second + 1));
  }
  if (state_ == State::auth_password) return check_password(user_, said);
  if (state_ == State::auth_user) {
    user_ = said;
    state_ = State::auth_password;
    return say("334 UGFzc3dvcmQ6");
  }
  if (!is_word(text, "LOGIN")) return say("504 PLAIN and LOGIN are known here");
  if (auto const name = from_base64(text.substr(std::min<std::size_t>(6, text.size())));
      name && !name->empty()) {
    user_ = *name;
    state_ = State::auth_password;
    return say("334 UGFzc3dvcmQ6");
  }
  state_ = State::auth_user;
  return say("334 VXNlcm5hbWU6");
}

SmtpSession::Step SmtpSession::check_password(std::string const& user,
                                              std::string const& password) {
  state_ = State::greeted;
  bool const right = user == known_user && password == known_password;
  user_ = right ? user : std::string();
  return say(right ? "235 2.7.0 welcome" : "535 5.7.8 wrong user or password");
}

SmtpSession::Step SmtpSession::data_line(std::string_view text, bool crlf) {
  if (text == "." && crlf) return end_of_data();
  bare_lf_ = bare_lf_ || !crlf;
  if (text.starts_with('.')) text.remove_prefix(1);
  too_large_ = too_large_ || mail_.raw.size() + text.size() > largest_mail;
  if (!too_large_) mail_.raw.append(text).append("\r\n");
  return {};
}

SmtpSession::Step SmtpSession::end_of_data() {
  bool const fits = !too_large_, lines = !bare_lf_;
  auto mail = std::move(mail_);
  start_over();
  if (!fits) return say("552 5.3.4 the mail is too large");
  if (!lines) return say("550 5.6.11 lines of a mail end in CRLF");
  deliver_(std::move(mail));
  if (faults_.smtp_refuse == "cut_after_data") return {{}, Step::Then::reset};
  return say("250 2.0.0 kept");
}

}  // namespace wardroom::sim
