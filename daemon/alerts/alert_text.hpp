/// The words of alerts: one message tells all that a target is to hear at that moment. Pure.
#pragma once
#include "alerts/alert_rows.hpp"

#include <span>
#include <string>
#include <string_view>

namespace wardroom::alerts {

/// One message, for channels of plain text and of Markdown.
struct Bulletin {
  std::string subject;
  std::string text;
  std::string markdown;
  std::string id;  ///< the same when the same message is sent again; letters, digits, dots
};

struct Site {
  std::string name;  ///< in the subject: "wardroom.acme.example"
  std::string host;  ///< the machine
};

struct Item {
  Notice notice = Notice::raised;
  Alert const* alert = nullptr;
};

/// Worst first; what does not fit is counted in the last line.
Bulletin compose(Site const& site, std::span<Item const> items, Instant now);
Bulletin compose_test(Site const& site, Instant now);

/// "Webex login of admin: the refresh token was refused".
std::string headline(OpenFact const& fact);
/// What it means for the protection of people and calls.
std::string meaning(OpenFact const& fact);
/// "2 h 5 min", "3 d 4 h", "20 s".
std::string span_text(Milliseconds span);
/// "2026-11-22 04:05 UTC".
std::string moment_text(Instant at);
/// Characters that Webex's Markdown would take for markup, mentions or HTML become harmless.
std::string escape_markdown(std::string_view text);
/// Whole characters within `most` bytes.
std::string cut(std::string_view text, std::size_t most);

/// Webex takes 7439 bytes a message. Source: webex-rest.md 5.2.
inline constexpr std::size_t longest_message = 7439;

}  // namespace wardroom::alerts
