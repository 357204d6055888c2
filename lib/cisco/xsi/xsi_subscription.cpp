#include "cisco/xsi/xsi_subscription.hpp"

#include "base/log.hpp"
#include "cisco/xsi/xsi_documents.hpp"

#include <algorithm>
#include <utility>

namespace wardroom::xsi {
namespace {

constexpr Milliseconds first_refresh_pause{30'000};
constexpr Milliseconds glance_for_token{2'000};

}  // namespace

XsiSubscription::XsiSubscription(XsiSettings const& settings, XsiHttp& http,
                                 XsiOrganisation& organisation, Clock& clock, Random& dice,
                                 Executor loop, Host& host)
    : settings_(settings),
      http_(http),
      organisation_(organisation),
      clock_(clock),
      dice_(dice),
      host_(host),
      wake_(loop),
      backoff_(settings.timers.reconnect_first, settings.timers.reconnect_cap) {}

Task<void> XsiSubscription::keep() {
  for (;;) {
    auto const base = host_.events_base();
    auto const now = clock_.uptime();
    if (!base)
      co_await wake_.wait();
    else if (id_.empty())
      co_await subscribe(*base);
    else if (!confirmed_ || now >= audit_due_)
      co_await verify(*base);
    else if (now >= refresh_due_)
      co_await refresh(*base);
    else
      co_await wake_.wait_until(clock_, std::min(refresh_due_, audit_due_));
  }
}

Task<void> XsiSubscription::pause(Milliseconds wait) {
  co_await wake_.wait_until(clock_, clock_.uptime() + wait);
}

void XsiSubscription::doubt() {
  ++doubts_;
  if (confirmed()) lost_at_ = clock_.uptime();
  confirmed_ = false;
  backoff_.reset();
}

void XsiSubscription::terminated(std::string_view id) {
  if (id_.empty() || id != id_) return;
  lose("the server ended the subscription", clock_.uptime());
}

void XsiSubscription::forget() {
  if (confirmed()) lost_at_ = clock_.uptime();
  id_.clear();
  confirmed_ = false;
  wake_.raise();
}

void XsiSubscription::lose(std::string why, Uptime when) {
  forget();
  lost_at_ = when;
  trouble_ = why;
  backoff_.reset();
  host_.on_subscription_lost(why);
}

void XsiSubscription::adopt(std::string id, std::chrono::seconds granted, Uptime asked,
                            std::uint64_t doubts) {
  auto const now = clock_.uptime();
  heard(asked);
  id_ = std::move(id);
  granted_ = usable_life(granted.count() > 0 ? granted : settings_.timers.expires);
  confirmed_ = doubts == doubts_;
  trouble_.clear();
  refresh_due_ = now + Milliseconds(granted_) / 2;
  refresh_pause_ = first_refresh_pause;
  audit_due_ = now + settings_.timers.audit;
}

http::ClientRequest XsiSubscription::own_request(http::Method method,
                                                 std::string_view events_base) const {
  http::ClientRequest out;
  out.method = method;
  out.url = at(events_base, "/subscription/" + segment(id_));
  out.timeout = settings_.timers.request_timeout;
  out.response_limit = 64u << 10;
  return out;
}

std::optional<http::ClientRequest> XsiSubscription::removal(std::string_view events_base) const {
  if (id_.empty()) return std::nullopt;
  return own_request(http::Method::delete_, events_base);
}

Task<void> XsiSubscription::subscribe(std::string events_base) {
  auto const org = co_await organisation_.org_uuid();
  if (!org) {
    trouble_ = org.error().what;
    co_return co_await pause(glance_for_token);
  }
  http::ClientRequest post;
  post.method = http::Method::post;
  post.url = at(events_base, "/serviceprovider/" + segment(*org));
  post.headers.add("Content-Type", std::string(content_type));
  post.body = subscription_body(settings_.package, host_.channel_set(), settings_.application_id,
                                settings_.timers.expires);
  post.timeout = settings_.timers.subscribe_timeout;
  post.response_limit = 64u << 10;
  auto const set = host_.channel_set();
  auto const asked = clock_.uptime();
  auto const doubts = doubts_;
  auto answer = co_await http_.send(std::move(post));
  if (set != host_.channel_set()) co_return;  // meanwhile another set began
  if (!answer) {
    trouble_ = "subscribing: " + answer.error().what;
    if (answer.error().kind == ErrorKind::unauthorized) co_return co_await pause(glance_for_token);
    co_return co_await unanswered();
  }
  if (answer->status / 100 != 2) co_return co_await refused(std::move(*answer));
  auto const granted = read_subscription(answer->body);
  if (!granted) {
    trouble_ = granted.error().what;
    co_return co_await unanswered();
  }
  adopt(granted->id, granted->expires, asked, doubts);
  backoff_.reset();
  host_.on_not_permitted("");
  host_.on_subscribed(std::exchange(ever_, true));
}

Task<void> XsiSubscription::refused(http::ClientResponse answer) {
  trouble_ = xsi::refused("subscribing", answer, clock_.now()).what;
  auto const info = read_error(answer.body);
  if (answer.status == 403 && info && info->code == unknown_channel_set) {
    log::warning("XSI does not know our channel set; beginning a new one");
    host_.on_unknown_channel_set();
    co_return co_await pause(backoff_.next(dice_));
  }
  if (answer.status == 401 || answer.status == 403) {
    log::warning(trouble_);
    host_.on_not_permitted(trouble_ +
                           "; the token may not watch the organisation's calls: enable XSI, "
                           "give spark-admin:xsi and log in again");
    co_return co_await pause(answer.status == 401 ? Milliseconds(30'000)
                                                  : settings_.timers.denied_retry);
  }
  co_await unanswered();
}

// Nothing can be said against the subscription, so another XSP is asked soon.
Task<void> XsiSubscription::unanswered() {
  host_.on_base_failed();
  co_await pause(backoff_.next(dice_));
}

Task<void> XsiSubscription::refresh(std::string events_base) {
  auto put = own_request(http::Method::put, events_base);
  put.headers.add("Content-Type", std::string(content_type));
  put.body = subscription_refresh_body(settings_.timers.expires);
  auto const asked = id_;
  auto const asked_at = clock_.uptime();
  auto const doubts = doubts_;
  auto const answer = co_await http_.send(std::move(put));
  if (asked != id_) co_return;
  if (answer && answer->status / 100 == 2) {
    auto const granted = read_subscription(answer->body);
    adopt(id_, granted ? granted->expires : granted_, asked_at, doubts);
    co_return;
  }
  if (answer && says_missing(answer->status, answer->body))
    co_return lose("the subscription was gone when it was refreshed", proven_);
  trouble_ = answer ? xsi::refused("refreshing the subscription", *answer, clock_.now()).what
                    : "refreshing the subscription: " + answer.error().what;
  log::warning(trouble_);
  host_.on_base_failed();
  refresh_due_ = clock_.uptime() + std::min<Milliseconds>(refresh_pause_, granted_ / 8);
  refresh_pause_ = std::min(refresh_pause_ * 2, Milliseconds(240'000));
}

void XsiSubscription::look_soon() {
  ++looks_;
  audit_due_ = clock_.uptime();
  wake_.raise();
}

Task<void> XsiSubscription::verify(std::string events_base) {
  auto get = own_request(http::Method::get, events_base);
  if (!confirmed_) get.timeout = settings_.timers.subscribe_timeout;
  auto const asked = id_;
  auto const asked_at = clock_.uptime();
  auto const doubts = doubts_;
  auto const looks = looks_;
  auto const answer = co_await http_.send(std::move(get));
  if (asked != id_) co_return;
  if (answer && answer->status / 100 == 2) {
    heard(asked_at);
    if (doubts != doubts_) co_return;  // all channels broke meanwhile: ask again
    bool const doubted = !std::exchange(confirmed_, true);
    if (looks == looks_) audit_due_ = clock_.uptime() + settings_.timers.audit;
    trouble_.clear();
    backoff_.reset();
    if (doubted) host_.on_confirmed();
    co_return;
  }
  if (answer && says_missing(answer->status, answer->body))
    co_return lose("the subscription was gone", proven_);
  trouble_ = answer ? xsi::refused("asking for the subscription", *answer, clock_.now()).what
                    : "asking for the subscription: " + answer.error().what;
  if (!confirmed_) co_return co_await unanswered();
  host_.on_base_failed();
  audit_due_ = clock_.uptime() + first_refresh_pause;
}

}  // namespace wardroom::xsi
