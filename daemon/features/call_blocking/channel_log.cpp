#include "features/call_blocking/channel_log.hpp"

#include "features/call_blocking/monitoring.hpp"

#include <algorithm>

namespace wardroom::call_blocking {
namespace {

constexpr auto kAnotherError = std::chrono::minutes(1);

}  // namespace

std::vector<nlohmann::ordered_json> ChannelLog::changes(ChannelHealth const& health, Uptime now) {
  std::vector<nlohmann::ordered_json> out;
  for (auto const& channel : health.channels) {
    auto const error = brief_error(channel);
    auto const known = told_.find(channel.host);
    bool const fresh = known == told_.end();
    if (fresh && !channel.up && error.empty()) continue;  // it is being opened
    bool const turned = fresh || known->second.up != channel.up;
    bool const blinked = !turned && channel.up && known->second.since != channel.since;
    bool const otherwise = !turned && !channel.up && known->second.error != error &&
                           now - known->second.at >= kAnotherError;
    if (!turned && !blinked && !otherwise) continue;
    told_[channel.host] = {channel.up, error, channel.since, now};
    auto& row =
        out.emplace_back(nlohmann::ordered_json{{"host", channel.host}, {"up", channel.up}});
    if (!error.empty() && (!channel.up || blinked)) row["last_error"] = error;
  }
  std::erase_if(told_, [&](auto const& one) {
    return std::ranges::none_of(health.channels,
                                [&](auto const& c) { return c.host == one.first; });
  });
  return out;
}

}  // namespace wardroom::call_blocking
