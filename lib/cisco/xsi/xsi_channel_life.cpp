// The part of XsiChannel that keeps an open channel alive and notices when it
// is dead.
#include "base/planted.hpp"
#include "cisco/xsi/xsi_channel.hpp"
#include "cisco/xsi/xsi_documents.hpp"

#include <algorithm>
#include <utility>

namespace wardroom::xsi {
namespace {
constexpr double jitter = 0.06;
constexpr Milliseconds last_words{2'000};
}  // namespace

Task<void> XsiChannel::keep_alive() {
  co_await open_for_heartbeat_.wait();
  HeartbeatPlan plan(settings_.timers.heartbeat);
  for (;;) {
    auto const asked = clock_.uptime();
    auto const answer = co_await beat();
    auto const next = plan.answered(answer, clock_.uptime(), last_byte_);
    if (answer.kind == HeartbeatAnswer::Kind::alive) known_at_ = asked;
    if (next.dead) co_return found_dead(trouble_, proven());
    double const stretch = next.regular ? 1 - jitter + 2 * jitter * dice_.fraction() : 1;
    auto const wait = std::chrono::duration_cast<BootClock::duration>(next.wait * stretch);
    co_await clock_.sleep_until((next.regular ? asked : clock_.uptime()) + wait);
  }
}

Task<HeartbeatAnswer> XsiChannel::beat() {
  using Kind = HeartbeatAnswer::Kind;
  auto put = request(http::Method::put, own_url("/heartbeat"));
  put.timeout = settings_.timers.heartbeat_timeout;
  auto const url = put.url;
  auto const answer = co_await http_.send(std::move(put));
  if (!answer) {
    trouble_ = "heartbeat: " + answer.error().what;
    co_return HeartbeatAnswer{answer.error().kind == ErrorKind::unauthorized ? Kind::unauthorized
                                                                             : Kind::unreachable};
  }
  cookies_.keep(answer->headers, url);
  refresh_ack_target();
  if (answer->status / 100 == 2) {
    trouble_.clear();
    co_return HeartbeatAnswer{Kind::alive};
  }
  trouble_ = "heartbeat: " + answered(answer->status, answer->headers);
  if (answer->status == 409 || says_missing(answer->status, answer->body))
    co_return HeartbeatAnswer{Kind::missing};
  switch (answer->status) {
    case 401:
      co_return HeartbeatAnswer{Kind::unauthorized};
    case 403:
      co_return HeartbeatAnswer{Kind::denied};
    case 429:
      co_return HeartbeatAnswer{
          Kind::throttled,
          http::parse_retry_after(answer->headers.get("Retry-After"), clock_.now())};
    default:
      co_return HeartbeatAnswer{Kind::overloaded};
  }
}

Task<void> XsiChannel::keep_fresh() {
  co_await open_for_refresh_.wait();
  Milliseconds pause{30'000};
  for (;;) {
    co_await clock_.sleep_until(*refresh_due_);
    auto const asked = clock_.uptime();
    auto put = request(http::Method::put, own_url());
    put.headers.add("Content-Type", std::string(content_type));
    put.body = channel_refresh_body(settings_.timers.expires);
    auto const answer = co_await http_.send(std::move(put));
    if (answer && answer->status / 100 == 2) {
      granted_ = usable_life(read_channel_expiry(answer->body).value_or(granted_));
      refresh_due_ = clock_.uptime() + Milliseconds(granted_) / 2;
      known_at_ = asked;
      pause = Milliseconds(30'000);
      continue;
    }
    trouble_ =
        "refresh: " + (answer ? answered(answer->status, answer->headers) : answer.error().what);
    if (answer && says_missing(answer->status, answer->body))
      co_return found_dead(trouble_, proven());
    refresh_due_ = clock_.uptime() + std::min<Milliseconds>(pause, granted_ / 8);
    pause = std::min(pause * 2, Milliseconds(120'000));
  }
}

// --- noticing that nothing comes
// -----------------------------------------------------------------

std::optional<Uptime> XsiChannel::deadline() const {
  auto const& timers = settings_.timers;
  if (!asked_at_) return std::nullopt;
  if (!head_at_) return *asked_at_ + timers.head_timeout;
  if (!opened_at_) return *head_at_ + timers.opening_timeout;
  if (WARDROOM_PLANTED("silent-channel-believed")) return std::nullopt;
  if (hears_heartbeats_) return *last_byte_ + timers.silence;
  return std::nullopt;
}

Task<void> XsiChannel::watch() {
  for (;;) {
    auto const now = clock_.uptime();
    auto const due = deadline();
    if (due && *due <= now) {
      auto const waited = std::chrono::duration_cast<std::chrono::seconds>(
          opened_at_ ? now - *last_byte_ : now - *asked_at_);
      // Heartbeats have a connection of their own: what proves the stream is
      // its last byte alone.
      co_return found_dead((opened_at_ ? "no byte for " : "the channel did not open within ") +
                               std::to_string(waited.count()) + " s",
                           last_byte_.value_or(now));
    }
    // A deadline only ever moves later, so sleeping until it is never too long;
    // without one, look again after a while.
    auto const glance = now + (opened_at_ ? std::chrono::seconds(5) : std::chrono::seconds(1));
    co_await clock_.sleep_until(due.value_or(glance));
  }
}

// --- giving way to a successor
// -------------------------------------------------------------------

Task<void> XsiChannel::take_leave() {
  co_await leave_.wait();
  if (auto request = removal()) co_await http_.send(std::move(*request));
  co_await clock_.sleep_for(last_words);
  if (end_) co_return;
  // The server ends what it lives for. This one may have been half-open for a while.
  found_dead("the server did not end a channel that another replaced: it was dead", proven());
  end_->next = ChannelEnd::Next::nothing;
}

}  // namespace wardroom::xsi
