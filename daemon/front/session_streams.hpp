/// The streams that web sessions have opened, so that they end with them. On the loop.
#pragma once
#include "http/server_request.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace wardroom::front {

class SessionStreams {
 public:
  /// `session` as in http::Caller.
  void add(std::string const& session, std::shared_ptr<http::ResponseStream> const& stream) {
    auto& mine = streams_[session];
    std::erase_if(mine, gone);
    mine.push_back(stream);
  }
  void end(std::string const& session) {
    auto const found = streams_.find(session);
    if (found == streams_.end()) return;
    auto const mine = std::move(found->second);
    streams_.erase(found);
    for (auto const& each : mine)
      if (auto const stream = each.lock(); stream && stream->open()) stream->close();
  }
  std::size_t sessions() const { return streams_.size(); }

 private:
  using Stream = std::weak_ptr<http::ResponseStream>;
  static bool gone(Stream const& each) {
    auto const stream = each.lock();
    return !stream || !stream->open();
  }
  std::unordered_map<std::string, std::vector<Stream>> streams_;
};

}  // namespace wardroom::front
