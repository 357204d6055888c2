#include "cisco/xsi/xsi_session.hpp"

#include "base/log.hpp"
#include "base/planted.hpp"
#include "cisco/xsi/xsi_run.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace wardroom::xsi {
namespace {

constexpr Milliseconds goodbye{1'000};  // for the subscription, then for all channels together

}  // namespace

XsiSession::XsiSession(Ports ports, XsiSettings settings)
    : ports_(ports),
      settings_(std::move(settings)),
      http_(ports.client, ports.tokens, ports.dice, settings_.identity),
      lane_(ports.lane, ports.tokens, ports.dice, settings_.identity),
      discovery_(settings_, ports.organisation, ports.srv, ports.clock, &ports.dice) {}

XsiSession::~XsiSession() = default;

XsiSession::Run::Run(XsiSession& session, CallEventSink& its_sink)
    : sink(its_sink),
      channel_set(session.settings_.application_id + '-' + session.ports_.dice.uuid()),
      openings(session.settings_.timers.open_interval, session.settings_.timers.open_burst),
      control(session.ports_.loop, [&session](auto task, auto why) { session.failed(task, why); }),
      channels(session.ports_.loop, [&session](auto task, auto why) { session.failed(task, why); }),
      farewells(session.ports_.loop,
                [&session](auto task, auto why) { session.failed(task, why); }),
      events(session.ports_.loop, session.ports_.clock,
             {[&session](CallEvent const& event) { session.deliver(event); },
              [&session](std::uint64_t dropped) {
                log::warning("more call events came than there is room for", {{"events", dropped}});
                session.resync(std::to_string(dropped) + " events found no room");
              }}),
      acks(session.lane_, session.ports_.clock, session.ports_.loop, farewells,
           session.settings_.timers.ack_timeout, session.acks_,
           [&its_sink](auto const& event, int status, auto took) {
             try {
               its_sink.on_acknowledged(event, status, took);
             } catch (std::exception const& e) {
               log::error("an acknowledgement could not be noted", {{"why", e.what()}});
             }
           }),
      subscription(session.settings_, session.http_, session.ports_.organisation,
                   session.ports_.clock, session.ports_.dice, session.ports_.loop, session),
      sequence(session.settings_.timers.gap),
      discover_again(session.ports_.loop) {}

Task<void> XsiSession::run(CallEventSink& sink) {
  co_await finish_politely();
  run_ = std::make_unique<Run>(*this, sink);
  health_.monitoring = true;
  protection_down_.reset();
  not_permitted_.reset();
  last_trouble_.clear();
  blind_.begin(ports_.clock.uptime());
  run_->told_blind = blind_.total(ports_.clock.uptime());
  tell_blind("monitoring begins");
  run_->control.spawn("xsi discovery", [this] { return discover(); });
  run_->control.spawn("xsi subscription", [this] { return run_->subscription.keep(); });
  run_->control.spawn("xsi rolling", [this] { return roll(); });
  run_->control.spawn("xsi audit", [this] { return audit(); });
  Wake never(ports_.loop);
  try {
    co_await never.wait();
  } catch (boost::system::system_error const& e) {
    if (e.code() != boost::asio::error::operation_aborted) throw;
  }
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  co_await shut_down();
  co_await boost::asio::this_coro::reset_cancellation_state(
      boost::asio::enable_terminal_cancellation());
}

// Subscription first, while its channels still live; then the channels; then
// the sockets.
Task<void> XsiSession::shut_down() {
  auto& clock = ports_.clock;
  run_->stopping = true;
  for (auto* timer :
       {&run_->gap_timer, &run_->resync_timer, &run_->drain_timer, &run_->long_blind_timer})
    timer->cancel();
  std::vector<http::ClientRequest> first, then;
  auto const base = events_base();
  co_await run_->control.stop(clock, Milliseconds(0));
  if (base)
    if (auto removal = run_->subscription.removal(*base)) first.push_back(std::move(*removal));
  for (auto const& slot : run_->slots)
    if (auto removal = slot->channel ? slot->channel->removal() : std::nullopt)
      then.push_back(std::move(*removal));
  show_channels();
  co_await say_goodbye(std::move(first));
  co_await say_goodbye(std::move(then));
  co_await run_->channels.stop(clock, Milliseconds(0));
  co_await run_->farewells.stop(clock, Milliseconds(200));
  blind_.end(clock.uptime());
  run_.reset();
  health_.monitoring = health_.subscribed = false;
  for (auto& channel : health_.channels) {
    channel.up = false;
    channel.state = "stopped";
    channel.since = clock.now();
    channel.refresh_due.reset();
  }
}

Task<void> XsiSession::say_goodbye(std::vector<http::ClientRequest> requests) {
  TaskGroup group(ports_.loop, [this](auto task, auto why) { failed(task, why); });
  for (auto& request : requests) {
    request.timeout = goodbye;
    group.spawn("xsi goodbye", [this, request = std::move(request)] { return send_once(request); });
  }
  co_await group.stop(ports_.clock, goodbye);
}

// A request whose answer only the log cares about.
Task<void> XsiSession::send_once(http::ClientRequest request) {
  auto const url = request.url;
  auto const answer = co_await http_.send(std::move(request));
  if (!answer)
    log::debug("a goodbye to XSI got no answer", {{"url", url}, {"why", answer.error().what}});
}

void XsiSession::failed(std::string_view task, std::exception_ptr why) {
  last_trouble_ = std::string(task) + " failed: " + words_of(why);
  log::error(last_trouble_);
  if (!run_ || run_->stopping) return;
  // Those that run for ever must go on; the others are one request each.
  if (task == "xsi discovery") run_->control.spawn("xsi discovery", [this] { return discover(); });
  if (task == "xsi subscription")
    run_->control.spawn("xsi subscription", [this] { return run_->subscription.keep(); });
  if (task == "xsi rolling") run_->control.spawn("xsi rolling", [this] { return roll(); });
  if (task == "xsi channel") run_->discover_again.raise();  // which begins its slot again
  if (task == "xsi audit") run_->control.spawn("xsi audit", [this] { return audit(); });
  resync(last_trouble_);
}

ChannelHealth const& XsiSession::health() const {
  auto const now = ports_.clock.uptime();
  health_.blind_seconds = blind_.seconds(now);
  health_.blind_since = blind_.since(now);
  health_.subscribed = run_ && run_->subscription.confirmed();
  health_.subscription = run_ ? run_->subscription.id() : std::string();
  health_.acks = acks_.sent;
  health_.ack_failures = acks_.failed;
  health_.events_waiting = run_ ? run_->events.waiting() : 0;
  health_.acks_waiting = run_ ? run_->acks.waiting() + run_->acks.in_flight() : 0;
  health_.protection_down = protection_down_ ? protection_down_ : not_permitted_;
  health_.subscription_refresh_due.reset();
  if (run_) {
    if (auto const due = run_->subscription.refresh_due())
      health_.subscription_refresh_due =
          ports_.clock.now() + std::chrono::duration_cast<Milliseconds>(*due - now);
    show_channels();
  }
  show_warnings();
  auto const since = health_.blind_since;
  if (!health_.protection_down && health_.monitoring && since &&
      now - *since >= settings_.timers.alarm_after)
    health_.protection_down =
        "no call event can reach us for " +
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now - *since).count()) +
        " s: " + (last_trouble_.empty() ? "no channel is open yet" : last_trouble_) +
        "; calls pass unjudged until a channel is back, see `monitor status`";
  return health_;
}

// --- what the subscription asks and tells
// ------------------------------------------------------------

std::optional<std::string> XsiSession::events_base() const {
  std::vector<Slot const*> open;
  for (auto const& slot : run_->slots)
    if (slot->channel && slot->channel->is_open()) open.push_back(slot.get());
  if (open.empty()) return std::nullopt;
  return open[run_->base_turn % open.size()]->xsp.events;
}

void XsiSession::on_base_failed() { ++run_->base_turn; }

std::string XsiSession::channel_set() const { return run_->channel_set; }

void XsiSession::on_subscribed(bool again) {
  run_->sequence.begin_subscription();
  protection_down_.reset();
  log::info("subscribed to the organisation's calls");
  judge_sight("");
  if (WARDROOM_PLANTED("no-list-after-subscribing")) return;
  resync_now(again ? "subscribed again" : "monitoring began");
}

void XsiSession::on_confirmed() {
  protection_down_.reset();
  judge_sight("");
  resync_now("no channel was open for a while");
}

void XsiSession::on_subscription_lost(std::string_view why) {
  last_trouble_ = why;
  log::warning("the subscription is lost", {{"why", why}});
  judge_sight(last_trouble_);
}

void XsiSession::on_unknown_channel_set() {
  begin_channel_set();
  for (auto const& slot : run_->slots)
    if (slot->channel) slot->channel->end(ChannelEnd::Next::reopen, "a new channel set begins");
  judge_sight("the server does not know our channel set");
}

void XsiSession::on_not_permitted(std::string sentence) {
  not_permitted_.reset();
  if (!sentence.empty()) not_permitted_ = std::move(sentence);
}

void XsiSession::begin_channel_set() {
  run_->channel_set = settings_.application_id + '-' + ports_.dice.uuid();
  run_->subscription.forget();
  run_->lists_are_whole = true;
}

XsiSession::Holdings XsiSession::holdings() const {
  Holdings out{.warnings = warnings_.size()};
  if (!run_) return out;
  out.slots = run_->slots.size();
  out.tasks = run_->control.running() + run_->channels.running() + run_->farewells.running();
  return out;
}

bool XsiSession::any_open() const { return events_base().has_value(); }

}  // namespace wardroom::xsi
