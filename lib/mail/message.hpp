/// A mail as a value: who, to whom, about what, and its body as a small tree of MIME parts.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wardroom::mail {

struct Mailbox {
  std::string address;  ///< "ops@acme.example"
  std::string name{};   ///< "Wardroom", any UTF-8; may be empty
  bool operator==(Mailbox const&) const = default;
};

using Fields = std::vector<std::pair<std::string, std::string>>;

/// A leaf with a body, or a multipart when it has parts.
struct Part {
  std::string type = "text/plain";  ///< "text/calendar", "multipart/alternative"
  Fields parameters{};              ///< of the type; charset and boundary are added by the writer
  Fields headers{};                 ///< further Content-… fields
  std::string body{};               ///< UTF-8 for text/…, any bytes for other types
  std::vector<Part> parts{};
};

Part text_part(std::string text);
/// An invitation for the mail program: `method` = REQUEST, CANCEL, REPLY …
Part calendar_part(std::string icalendar, std::string method);
Part attachment(std::string file_name, std::string type, std::string bytes);
/// `kind` = "alternative" (the last the reader knows is shown) or "mixed" (all of them).
Part multipart(std::string kind, std::vector<Part> parts);

struct Message {
  Mailbox from;
  std::vector<Mailbox> to;
  std::string subject;  ///< UTF-8, one line
  Part body;
  Fields headers{};  ///< further ones: "Reply-To", "X-…"
  std::string
      message_id{};  ///< without <>; empty = a new one. Give it when a mail may be sent again.
};

/// An address every server understands: ASCII, one @, no quoting, 254 characters at most.
bool is_address(std::string_view text);

}  // namespace wardroom::mail
