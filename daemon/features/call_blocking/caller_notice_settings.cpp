#include "features/call_blocking/caller_notice_settings.hpp"

#include <fmt/format.h>

namespace wardroom::call_blocking {
namespace {

constexpr std::size_t kLongestText = 500;

}  // namespace

CallerNoticeSettings CallerNoticeSettings::parse(config::Section section) {
  CallerNoticeSettings out;
  out.enabled = section.flag("enabled", out.enabled);
  out.identity = section.text("identity", out.identity);
  out.bot_token_file = section.secret_file("bot_token_file");
  out.text = section.text("text");
  if (out.text.size() > kLongestText)
    section.complain("text", fmt::format("is longer than {} bytes", kLongestText));
  out.again_after = section.duration("again_after", out.again_after);
  if (out.again_after < std::chrono::seconds(1) || out.again_after > std::chrono::hours(24))
    section.complain("again_after", "must be from 1s to 24h");
  section.finish();
  return out;
}

std::vector<std::string> CallerNoticeSettings::needed_scopes() const {
  if (enabled && bot_token_file.empty()) return {"spark:messages_write"};
  return {};
}

}  // namespace wardroom::call_blocking
