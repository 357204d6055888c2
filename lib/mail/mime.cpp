#include "mail/mime.hpp"

#include "base/encoding.hpp"
#include "http/message.hpp"
#include "mail/header_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace wardroom::mail {
namespace {

constexpr std::size_t wanted_line = 76;

std::string with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 64);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (text[i] == '\n' || text[i] == '\r')
      out += "\r\n";
    else
      out += text[i];
  }
  if (!out.ends_with("\r\n")) out += "\r\n";
  return out;
}

bool is_plain(std::string_view text) {
  std::size_t line = 0;
  char before = 0;
  for (char const c : text) {
    bool const printable = (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\r' || c == '\n';
    bool const blank_at_end = c == '\r' && (before == ' ' || before == '\t');
    if (!printable || blank_at_end) return false;
    line = c == '\n' ? 0 : line + 1;
    if (line > wanted_line + 1) return false;  // + the CR
    before = c;
  }
  return true;
}

/// `text` has CRLF line ends, which stay.
std::string quoted_printable(std::string_view text) {
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const c = text[i];
    if (c == '\r' && text.substr(i).starts_with("\r\n")) {
      out += "\r\n";
      column = 0;
      ++i;
      continue;
    }
    bool const at_end = text.substr(i + 1).starts_with("\r\n");
    bool const blank = c == ' ' || c == '\t';
    bool const plain = (c > 0x20 && c < 0x7f && c != '=') || (blank && !at_end);
    std::size_t const size = plain ? 1 : 3;
    if (column + size > wanted_line - 1) {
      out += "=\r\n";
      column = 0;
    }
    if (plain)
      out += c;
    else
      out += fmt::format("={:02X}", static_cast<unsigned char>(c));
    column += size;
  }
  return out;
}

std::string base64_lines(std::string_view bytes) {
  auto const all = to_base64(bytes);
  std::string out;
  for (std::size_t i = 0; i < all.size(); i += wanted_line)
    out.append(all, i, wanted_line).append("\r\n");
  return out;
}

/// Fields the writer sets itself; a second one would make the mail ambiguous.
bool is_ours(std::string_view name) {
  static constexpr std::array ours{
      "From",       "To",           "Subject",      "Date",
      "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"};
  return std::ranges::any_of(
      ours, [&](auto const* known) { return http::equal_ignoring_case(known, name); });
}

bool is_type(std::string_view text) {
  auto const slash = text.find('/');
  return slash != text.npos && slash > 0 && slash + 1 < text.size() &&
         std::ranges::all_of(text, [](char c) {
           return c > 0x20 && c < 0x7f && !std::string_view("()<>@,;:\\\"[]?=").contains(c);
         });
}

std::unexpected<Error> refuse(std::string why) {
  return failure(ErrorKind::malformed, "the mail is not sent: " + std::move(why));
}

class Writer {
 public:
  explicit Writer(std::function<std::string()> const& token) : token_(token) {}

  Result<void> fields(Fields const& all, bool content_only) {
    for (auto const& [name, value] : all) {
      if (!is_field_name(name) || is_ours(name) ||
          (content_only && !http::equal_ignoring_case(name.substr(0, 8), "Content-")))
        return refuse(fmt::format("'{}' cannot be given as a further header", mend_utf8(name)));
      if (!fits_a_header(value))
        return refuse(fmt::format("the header {} has a line break in it", name));
      out_ += fold(name, encode_text(value));
    }
    return {};
  }

  Result<void> part(Part const& part) {
    if (!is_type(part.type)) return refuse("a part has no proper type");
    bool const many = !part.parts.empty();
    if (many != part.type.starts_with("multipart/"))
      return refuse("a multipart needs parts, and only it may have them");
    bool const text = part.type.starts_with("text/");
    std::string type = part.type;
    for (auto const& [name, value] : part.parameters) {
      if (!is_field_name(name) || !fits_a_header(value))
        return refuse("a parameter of a part has a character that would end it early");
      type += "; " + encode_parameter(name, value);
    }
    if (text) type += "; charset=utf-8";
    std::string const boundary = many ? "=_" + token_() : "";  // "=_" occurs in no encoding
    if (many) type += fmt::format("; boundary=\"{}\"", boundary);
    out_ += fold("Content-Type", type);
    if (auto fine = fields(part.headers, true); !fine) return fine;
    if (!many) {
      leaf(part, text);
      return {};
    }
    out_ += "\r\n";
    for (auto const& inner : part.parts) {
      out_ += "--" + boundary + "\r\n";
      if (auto fine = this->part(inner); !fine) return fine;
    }
    out_ += "--" + boundary + "--\r\n";
    return {};
  }

  std::string& out() { return out_; }

 private:
  void leaf(Part const& part, bool text) {
    if (!text) {
      out_ += "Content-Transfer-Encoding: base64\r\n\r\n" + base64_lines(part.body);
      return;
    }
    auto const body = with_crlf(mend_utf8(part.body));
    if (is_plain(body))
      out_ += "Content-Transfer-Encoding: 7bit\r\n\r\n" + body;
    else
      out_ += "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + quoted_printable(body);
  }

  std::function<std::string()> const& token_;
  std::string out_;
};

std::string mailbox_text(Mailbox const& mailbox) {
  if (mailbox.name.empty()) return mailbox.address;
  return encode_phrase(mailbox.name) + " <" + mailbox.address + ">";
}

std::optional<std::string> fault(Message const& message) {
  if (!is_address(message.from.address))
    return fmt::format("the sender '{}' is no mail address", mend_utf8(message.from.address));
  if (message.to.empty()) return "it has no recipient";
  for (auto const& to : message.to)
    if (!is_address(to.address))
      return fmt::format("the recipient '{}' is no mail address", mend_utf8(to.address));
  if (!fits_a_header(message.subject)) return "its subject has a line break in it";
  bool names_fit = fits_a_header(message.from.name);
  for (auto const& to : message.to) names_fit = names_fit && fits_a_header(to.name);
  if (!names_fit) return "a name has a line break in it";
  if (!message.message_id.empty() && !is_address(message.message_id))
    return "its Message-ID is not of the form word@domain";
  return std::nullopt;
}

}  // namespace

std::string date_text(Instant at) {
  using namespace std::chrono;
  static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto const day = floor<std::chrono::days>(at);
  year_month_day const date(day);
  hh_mm_ss const time(floor<seconds>(at - day));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", days[weekday(day).c_encoding()],
                     unsigned(date.day()), months[unsigned(date.month()) - 1], int(date.year()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

Result<std::string> write(Message const& message, Instant date,
                          std::function<std::string()> const& token) {
  if (auto const why = fault(message)) return refuse(*why);
  Writer writer(token);
  auto& out = writer.out();
  out += fold("Date", date_text(date));
  out += fold("From", mailbox_text(message.from));
  std::string to;
  for (auto const& one : message.to) to += (to.empty() ? "" : ", ") + mailbox_text(one);
  out += fold("To", to);
  out += fold("Subject", encode_text(message.subject));
  auto const domain = message.from.address.substr(message.from.address.find('@') + 1);
  auto const id = message.message_id.empty() ? token() + "@" + domain : message.message_id;
  out += "Message-ID: <" + id + ">\r\n";
  bool const says_who = std::ranges::any_of(message.headers, [](auto const& field) {
    return http::equal_ignoring_case(field.first, "Auto-Submitted");
  });
  if (!says_who) out += "Auto-Submitted: auto-generated\r\n";
  if (auto fine = writer.fields(message.headers, false); !fine)
    return std::unexpected(std::move(fine.error()));
  out += "MIME-Version: 1.0\r\n";
  if (auto fine = writer.part(message.body); !fine) return std::unexpected(std::move(fine.error()));
  return std::move(out);
}

}  // namespace wardroom::mail
