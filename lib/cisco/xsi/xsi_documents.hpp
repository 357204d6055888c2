/// The XML we send to XSI and the answers it gives outside the stream. Pure.
/// Source: xsi.md 3-9.
#pragma once
#include "base/result.hpp"
#include "domain/call.hpp"
#include "ports/directory.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::xsi {

inline constexpr std::string_view content_type = "application/xml; charset=UTF-8";

std::string channel_body(std::string_view channel_set, std::string_view application,
                         std::chrono::seconds expires);
std::string channel_refresh_body(std::chrono::seconds expires);
std::string subscription_body(std::string_view package, std::string_view channel_set,
                              std::string_view application, std::chrono::seconds expires);
std::string subscription_refresh_body(std::chrono::seconds expires);
std::string event_response_body(EventId const& event);

/// What a subscribe or refresh granted.
struct Granted {
  std::string id;
  std::chrono::seconds expires{0};  ///< 0 = not said
};
Result<Granted> read_subscription(std::string_view body);
/// The `expires` of a Channel answer to a refresh; nullopt when there is none.
std::optional<std::chrono::seconds> read_channel_expiry(std::string_view body);
/// A granted life to reckon with: "never" is written as 2147483647 and
/// refreshed daily all the same.
std::chrono::seconds usable_life(std::chrono::seconds granted);

/// The ids of the channels a ChannelSet document lists.
Result<std::vector<std::string>> read_channel_set(std::string_view body);

/// ErrorInfo of a refused request, in XML of any declared encoding or in
/// BadgerFish JSON; nullopt when the body is something else (HTML, empty).
struct ErrorInfo {
  std::int64_t code = 0;
  std::string summary;  ///< free text of the server, for the log
};
std::optional<ErrorInfo> read_error(std::string_view body);
/// 110842: the channel set is not known. 110862: the subscription is not known.
inline constexpr std::int64_t unknown_channel_set = 110842;
inline constexpr std::int64_t unknown_subscription = 110862;
/// BroadWorks answers 403 with a code 1108xx where others say 404.
bool says_missing(int status, std::string_view body);

Result<std::vector<CallId>> read_call_list(std::string_view body);
Result<CallLeg> read_call(std::string_view body);

Result<CallingUser> read_profile(std::string_view body);
struct DirectoryPage {
  std::int64_t start = 0, total = 0;
  std::int64_t records = 0;  ///< in this page, with or without a userId
  std::vector<CallingUser> users;
};
Result<DirectoryPage> read_directory_page(std::string_view body);

}  // namespace wardroom::xsi
