#include "cisco/xsi/xsi_acks.hpp"

#include "base/log.hpp"
#include "cisco/xsi/xsi_documents.hpp"

#include <utility>

namespace wardroom::xsi {
namespace {

/// Beyond this the server is not answering at all; it will close the channel and tell us again.
constexpr std::size_t most_in_flight = 10'000;
constexpr Milliseconds pauses[] = {Milliseconds(100), Milliseconds(400)};

}  // namespace

XsiAcks::XsiAcks(XsiHttp& lane, Clock& clock, TaskGroup& tasks, Milliseconds timeout,
                 AckCounts& counts, OnAnswered on_answered)
    : lane_(lane),
      clock_(clock),
      tasks_(tasks),
      timeout_(timeout),
      counts_(counts),
      on_answered_(std::move(on_answered)) {}

void XsiAcks::send(AckTarget target, EventId event) {
  if (tasks_.stopping()) return;
  if (in_flight_ >= most_in_flight) {
    ++counts_.failed;
    return;
  }
  ++in_flight_;
  tasks_.spawn("xsi ack", [this, target = std::move(target), event = std::move(event)]() mutable {
    return deliver(std::move(target), std::move(event));
  });
}

Task<void> XsiAcks::deliver(AckTarget target, EventId event) {
  struct Leave {
    std::size_t& count;
    ~Leave() { --count; }
  } const leave{in_flight_};
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = std::move(target.url);
  request.headers.add("Content-Type", std::string(content_type));
  if (!target.cookies.empty()) request.headers.add("Cookie", std::move(target.cookies));
  request.body = event_response_body(event);
  request.connect_to = std::move(target.connect_to);
  request.timeout = timeout_;
  request.response_limit = 64u << 10;
  auto const began = clock_.uptime();
  int status = 0;
  std::string trouble;
  for (std::size_t attempt = 0;; ++attempt) {
    auto const answer = co_await lane_.send(request);
    status = answer ? answer->status : 0;
    if (status / 100 == 2) {
      ++counts_.sent;
      co_return on_answered_(event, status, clock_.uptime() - began);
    }
    trouble = answer ? answered(answer->status, answer->headers) : answer.error().what;
    bool const again = answer ? answer->status >= 500 : is_transient(answer.error().kind);
    if (!again || attempt == std::size(pauses)) break;
    co_await clock_.sleep_for(pauses[attempt]);
  }
  ++counts_.failed;
  on_answered_(event, status, clock_.uptime() - began);
  log::warning("an event could not be acknowledged", {{"event", event.text()}, {"why", trouble}});
}

}  // namespace wardroom::xsi
