/// Listens to the posts of bridges on their way to the daemon, and to what became of them.
#pragma once
#include "http/client.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace wardroom::world {

/// One post as its bridge sent it.
struct NoticesPost {
  std::size_t bridge = 0;
  std::string session{}, body{};
  bool whole = true;  ///< nothing of it was garbled
};

class NoticesPosts final : public http::Client {
 public:
  struct Ears {
    std::function<NoticesPost(http::ClientRequest const&)> leaves{};
    std::function<void(NoticesPost const&, int status)> answered{};  ///< 0 = no answer came
  };
  NoticesPosts(http::Client& way, Ears ears) : way_(way), ears_(std::move(ears)) {}

  Task<Result<http::ClientResponse>> send(http::ClientRequest request) override {
    auto const post = ears_.leaves(request);
    auto answer = co_await way_.send(std::move(request));
    ears_.answered(post, answer ? answer->status : 0);
    co_return answer;
  }
  Task<Result<void>> stream(http::ClientRequest request, http::StreamSink& sink) override {
    return way_.stream(std::move(request), sink);
  }

 private:
  http::Client& way_;
  Ears ears_;
};

}  // namespace wardroom::world
