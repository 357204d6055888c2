#include "mail/smtp_dialogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace wardroom::mail {
namespace {

bool begins(std::string_view command, std::string_view verb) {
  return command.size() >= verb.size() &&
         std::ranges::equal(command.substr(0, verb.size()), verb, [](char a, char b) {
           return std::toupper(static_cast<unsigned char>(a)) == b;
         });
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string tidy(std::string_view text) {
  std::string out;
  for (char const c : text.substr(0, 200)) {
    auto const byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte >= 0x7f ? '?' : c;
  }
  return out;
}

}  // namespace

void SmtpDialogue::sent(std::string_view command) {
  if (begins(command, "QUIT")) {
    quitting_ = true;  // the answer before it stays the one that counts
    return;
  }
  code_ = 0;
  text_.clear();
  if (begins(command, "EHLO") || begins(command, "HELO")) {
    stage_ = SmtpStage::hello;
  } else if (begins(command, "STARTTLS")) {
    stage_ = SmtpStage::starttls;
  } else if (begins(command, "MAIL FROM:")) {
    stage_ = SmtpStage::sender;
  } else if (begins(command, "RCPT TO:")) {
    stage_ = SmtpStage::recipient;
    auto const open = command.find('<');
    auto const close = command.find('>');
    recipient_ = open < close && close != command.npos
                     ? tidy(command.substr(open + 1, close - open - 1))
                     : std::string();
  } else if (begins(command, "DATA")) {
    stage_ = SmtpStage::data;
  } else {
    stage_ = SmtpStage::login;
  }
}

void SmtpDialogue::came(std::string_view lines) {
  if (quitting_) return;
  while (!lines.empty()) {
    auto const end = std::min(lines.find('\n'), lines.size());
    auto line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    while (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() < 3 || !std::ranges::all_of(line.substr(0, 3), is_digit)) continue;
    code_ = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    text_ = tidy(line.substr(std::min<std::size_t>(4, line.size())));
  }
}

std::string SmtpDialogue::answer() const {
  if (stage_ == SmtpStage::login || text_.empty()) return fmt::to_string(code_);
  return fmt::format("{} {}", code_, text_);
}

Error SmtpDialogue::refusal(std::string_view where) const {
  bool const later = code_ < 500;
  auto const said = answer();
  auto say = [&](ErrorKind lasting, std::string_view what, std::string_view remedy) {
    return Error{later ? ErrorKind::unavailable : lasting,
                 fmt::format("{}: the server {} ({}); {}", where, what, said,
                             later ? "it is temporary by its own word" : remedy),
                 std::nullopt};
  };
  switch (stage_) {
    case SmtpStage::connecting:
      return say(ErrorKind::denied, "does not serve us",
                 "ask its administrator to let this machine in");
    case SmtpStage::hello:
      return say(ErrorKind::denied, "refused our greeting",
                 "ask its administrator to let this machine in");
    case SmtpStage::starttls:
      return say(ErrorKind::denied, "refused to begin TLS",
                 "mend its TLS, or use its smtps:// port");
    case SmtpStage::login:
      return say(ErrorKind::unauthorized, "refused the login",
                 "check smtp.username and the password file");
    case SmtpStage::sender:
      return say(code_ == 530 ? ErrorKind::unauthorized : ErrorKind::denied, "refused the sender",
                 code_ == 530 ? "it wants a login: set smtp.username and smtp.password_file"
                              : "check smtp.from, and whether this login may send under it");
    case SmtpStage::recipient:
      return say(ErrorKind::denied,
                 fmt::format("refused the recipient {}, so nothing was sent", recipient_),
                 "check that address, and whether the server relays for us");
    case SmtpStage::data:
    case SmtpStage::message:
      return say(ErrorKind::denied, "refused the mail", "its words say why; ask its administrator");
  }
  return say(ErrorKind::denied, "refused", "its words say why");
}

std::string SmtpDialogue::place() const {
  switch (stage_) {
    case SmtpStage::connecting:
      return "before the server had said anything";
    case SmtpStage::hello:
      return "while waiting for the answer to EHLO";
    case SmtpStage::starttls:
      return "while beginning TLS";
    case SmtpStage::login:
      return "during the login";
    case SmtpStage::sender:
      return "while waiting for the answer to MAIL FROM";
    case SmtpStage::recipient:
      return "while waiting for the answer to RCPT TO";
    case SmtpStage::data:
      return "while the mail was being sent";
    case SmtpStage::message:
      return "after the mail was handed over";
  }
  return "";
}

}  // namespace wardroom::mail
