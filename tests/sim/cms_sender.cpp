#include "sim/cms_sender.hpp"

#include "runtime/backoff.hpp"
#include "runtime/wake.hpp"
#include "sim/cms_odd_post.hpp"

namespace wardroom::sim {

CmsSender::CmsSender(CmsSim& all, Executor loop, Clock& clock, Random& dice, http::Client& client,
                     TaskGroup& tasks)
    : all_(all), loop_(loop), clock_(clock), dice_(dice), client_(client), tasks_(tasks) {
  for (std::size_t i = 0; i < all_.bridges(); ++i)
    for (auto const& receiver : all_.bridge(i).receivers) serve(all_.bridge(i), receiver);
  all_.on_receiver = [this](CmsBridge& bridge, std::shared_ptr<CmsReceiver> receiver) {
    serve(bridge, std::move(receiver));
  };
}

CmsSender::~CmsSender() { all_.on_receiver = {}; }

void CmsSender::serve(CmsBridge& bridge, std::shared_ptr<CmsReceiver> receiver) {
  tasks_.spawn("cms posts", [this, &bridge, receiver] { return work(bridge, receiver); });
}

Task<void> CmsSender::work(CmsBridge& bridge, std::shared_ptr<CmsReceiver> receiver) {
  auto const wake = std::make_shared<Wake>(loop_);
  receiver->on_waiting = [wake] { wake->raise(); };
  struct Leave {
    CmsReceiver& of;
    ~Leave() { of.on_waiting = {}; }
  } const leave{*receiver};
  Backoff pause(first_pause, longest_pause);
  while (!receiver->gone) {
    auto next = bridge.next_post(*receiver);
    if (!next) {
      co_await wake->wait();
      continue;
    }
    auto const status = co_await post(std::move(*next));
    bridge.answered(*receiver, status);
    if (status == 200)
      pause.reset();
    else
      co_await clock_.sleep_for(pause.next(dice_));
  }
}

/// The status; 0 = no answer.
Task<int> CmsSender::post(CmsPost post) {
  if (post.wire != "whole" && post.uri.starts_with("http://")) {
    auto sent = co_await within(clock_, patience, "a post", odd_post(loop_, clock_, post));
    co_return sent.value_or(0);
  }
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = post.uri;
  request.body = std::move(post.body);
  // An empty one takes away what libcurl would write by itself.
  request.headers.add("Content-Type", post.content_type);
  if (post.close) request.headers.add("Connection", "close");
  request.timeout = patience;
  auto const answer = co_await client_.send(std::move(request));
  co_return answer ? answer->status : 0;
}

}  // namespace wardroom::sim
