#include "cisco/xsi/xsi_acks.hpp"

#include "base/log.hpp"
#include "cisco/xsi/xsi_documents.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace wardroom::xsi {
namespace {

constexpr Milliseconds pauses[] = {Milliseconds(100), Milliseconds(400)};
constexpr Milliseconds quiet{1'000};    // between two warnings
constexpr std::size_t remembered = 32;  // XSPs

}  // namespace

XsiAcks::XsiAcks(XsiHttp& lane, Clock& clock, Executor loop, TaskGroup& tasks, Milliseconds timeout,
                 AckCounts& counts, OnAnswered on_answered)
    : lane_(lane),
      clock_(clock),
      loop_(loop),
      tasks_(tasks),
      timeout_(timeout),
      counts_(counts),
      on_answered_(std::move(on_answered)) {}

XsiAcks::Way& XsiAcks::way_to(AckTarget const& target) {
  auto const same = [&](WayPtr const& way) {
    return way->target.url == target.url && way->target.connect_to == target.connect_to;
  };
  auto const known = std::ranges::find_if(ways_, same);
  if (known == ways_.end()) return *ways_.emplace_back(std::make_shared<Way>(Way{target, {}, 0}));
  if ((*known)->target.cookies != target.cookies) (*known)->target.cookies = target.cookies;
  return **known;
}

void XsiAcks::send(AckTarget const& target, EventId event) {
  if (tasks_.stopping()) return;
  auto& way = way_to(target);
  way.items.push_back({std::move(event), clock_.uptime()});
  ++waiting_;
  ++fresh_;
  if (way.items.size() > most_waiting) {
    auto const oldest = std::move(way.items.front());
    way.items.pop_front();
    --waiting_;
    give_up(oldest, 0, "too many events wait for their acknowledgement");
  }
  start_soon();
}

/// Posted, so that it runs behind everything that is ready now.
void XsiAcks::start_soon() {
  if (std::exchange(start_posted_, true)) return;
  boost::asio::post(loop_, [this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    start_posted_ = false;
    start_some();
  });
}

/// One of each XSP in turn. What is left goes on in the next turn of the loop, or when an answer
/// makes room.
void XsiAcks::start_some() {
  bool const wait = crowded();
  fresh_ = 0;
  if (wait) return start_soon();
  auto const began = clock_.uptime();
  std::size_t started = 0;
  for (bool any = true; any;) {
    any = false;
    for (std::size_t i = 0; i < ways_.size(); ++i) {
      if (started > 0 && (started == most_a_slice || clock_.uptime() - began >= slice))
        return start_soon();
      auto const way = ways_[i];
      if (!start_one(way)) continue;
      any = true;
      ++started;
    }
  }
  if (ways_.size() > remembered)
    std::erase_if(ways_, [](WayPtr const& way) { return way->items.empty() && !way->in_flight; });
}

/// More events stand in the streams than one turn of the loop takes.
bool XsiAcks::crowded() const {
  auto const now = clock_.uptime();
  return fresh_ >= crowd && std::ranges::none_of(ways_, [&](WayPtr const& way) {
           return !way->items.empty() && now - way->items.front().since >= patience;
         });
}

bool XsiAcks::start_one(WayPtr const& way) {
  if (way->items.empty() || !way->has_room() || tasks_.stopping()) return false;
  auto item = std::move(way->items.front());
  way->items.pop_front();
  --waiting_;
  if (clock_.uptime() - item.since > longest_wait) {
    give_up(item, 0, "its turn did not come in time");
    return true;
  }
  ++way->in_flight;
  ++in_flight_;
  tasks_.spawn("xsi ack", [this, way, item = std::move(item)]() mutable {
    return deliver(std::move(way), std::move(item));
  });
  return true;
}

Task<void> XsiAcks::deliver(WayPtr way, Item item) {
  struct Leave {
    XsiAcks& acks;
    Way& way;
    ~Leave() {
      --way.in_flight;
      --acks.in_flight_;
      if (!way.items.empty()) acks.start_soon();
    }
  } const leave{*this, *way};
  co_await ask(*way, item);
}

Task<void> XsiAcks::ask(Way& way, Item const& item) {
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = way.target.url;
  request.headers.add("Content-Type", std::string(content_type));
  if (!way.target.cookies.empty()) request.headers.add("Cookie", way.target.cookies);
  request.body = event_response_body(item.event);
  request.connect_to = way.target.connect_to;
  request.timeout = timeout_;
  request.response_limit = 64u << 10;
  int status = 0;
  std::string trouble;
  for (std::size_t attempt = 0;; ++attempt) {
    auto const began = clock_.uptime();
    auto const answer = co_await lane_.send(request);
    auto const took = clock_.uptime() - began;
    way.answer_time = (way.answer_time * 7 + took) / 8;
    if (way.has_room() && !way.items.empty()) start_soon();
    status = answer ? answer->status : 0;
    if (status / 100 == 2) {
      ++counts_.sent;
      co_return on_answered_(item.event, status, clock_.uptime() - item.since);
    }
    trouble = answer ? answered(answer->status, answer->headers) : answer.error().what;
    bool const again = answer ? answer->status >= 500 : is_transient(answer.error().kind);
    if (!again || attempt == std::size(pauses)) break;
    co_await clock_.sleep_for(pauses[attempt]);
  }
  give_up(item, status, trouble);
}

void XsiAcks::give_up(Item const& item, int status, std::string const& why) {
  ++counts_.failed;
  ++untold_;
  on_answered_(item.event, status, clock_.uptime() - item.since);
  auto const now = clock_.uptime();
  if (told_at_ && now - *told_at_ < quiet) return;
  told_at_ = now;
  log::warning(
      "events could not be acknowledged",
      {{"events", std::exchange(untold_, 0)}, {"newest", item.event.text()}, {"why", why}});
}

}  // namespace wardroom::xsi
