#include "cisco/xsi/xsi_channel.hpp"

#include "base/log.hpp"
#include "cisco/xsi/xsi_documents.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace wardroom::xsi {
namespace {

constexpr std::size_t longest_refusal = 16u << 10;

boost::system::system_error aborted() {
  return boost::system::system_error(boost::asio::error::operation_aborted);
}

/// What a ChannelTerminatedEvent asks of us. Source: xsi.md 3.5.
ChannelEnd::Next after_reason(std::string_view reason) {
  if (reason == "DuplicateChannelSet") return ChannelEnd::Next::duplicate_set;
  if (reason == "UserDeleted") return ChannelEnd::Next::identity_gone;
  return ChannelEnd::Next::reopen;
}

}  // namespace

XsiChannel::XsiChannel(Xsp xsp, std::string channel_set, XsiSettings const& settings, XsiHttp& http,
                       Clock& clock, Random& dice, Executor loop, Listener& listener)
    : xsp_(std::move(xsp)),
      channel_set_(std::move(channel_set)),
      settings_(settings),
      http_(http),
      clock_(clock),
      dice_(dice),
      listener_(listener),
      parser_(xml::Limits{}, [this](StreamDocument document) { on_document(std::move(document)); }),
      ended_(loop),
      open_for_heartbeat_(loop),
      open_for_refresh_(loop) {}

void XsiChannel::end(ChannelEnd::Next next, std::string why) {
  if (end_) return;
  end_ = ChannelEnd{next, std::move(why), refusal_retry_after_};
  ended_.raise();
}

Task<ChannelEnd> XsiChannel::follow() {
  using namespace boost::asio::experimental::awaitable_operators;
  try {
    co_await (guarded(read()) || guarded(keep_alive()) || guarded(keep_fresh()) ||
              guarded(watch()) || ended_.wait());
  } catch (boost::asio::multiple_exceptions const&) {
    throw aborted();  // every part was cancelled: the only exception that leaves them
  }
  co_return end_.value_or(ChannelEnd{ChannelEnd::Next::reopen, "the channel ended", {}});
}

// Anything thrown ends this channel, which is then opened again; only cancellation passes.
Task<void> XsiChannel::guarded(Task<void> part) {
  try {
    co_await std::move(part);
  } catch (boost::system::system_error const& e) {
    if (e.code() == boost::asio::error::operation_aborted) throw;
    end(ChannelEnd::Next::reopen, std::string("an internal error: ") + e.what());
  } catch (std::exception const& e) {
    end(ChannelEnd::Next::reopen, std::string("an internal error: ") + e.what());
  }
}

http::ClientRequest XsiChannel::request(http::Method method, std::string url) const {
  http::ClientRequest out;
  out.method = method;
  out.url = std::move(url);
  if (auto cookies = cookies_.header_for(out.url); !cookies.empty())
    out.headers.add("Cookie", std::move(cookies));
  out.connect_to = peer_;
  out.timeout = settings_.timers.request_timeout;
  out.response_limit = 64u << 10;
  return out;
}

std::string XsiChannel::own_url(std::string_view rest) const {
  return at(xsp_.events, "/channel/" + segment(id_) + std::string(rest));
}

std::optional<http::ClientRequest> XsiChannel::removal() const {
  if (id_.empty()) return std::nullopt;
  auto out = request(http::Method::delete_, own_url());
  out.timeout = Milliseconds(2'000);
  return out;
}

// --- the stream --------------------------------------------------------------------------------

Task<void> XsiChannel::read() {
  auto token = co_await http_.bearer();
  for (bool renewed = false;; renewed = true) {
    if (!token) co_return end(ChannelEnd::Next::unauthorized, token.error().what);
    auto open = request(http::Method::post, at(xsp_.channel, "/channel"));
    open.headers.add("Content-Type", std::string(content_type));
    open.headers.add("Accept", "application/xml");
    auto const tracking = http_.tracking_id();
    open.headers.add("TrackingID", tracking);
    open.once = true;  // a kept connection may be dying, and a channel is not asked for twice
    open.body = channel_body(channel_set_, settings_.application_id, settings_.timers.expires);
    open.bearer = *token;
    open.timeout = settings_.timers.head_timeout;
    status_ = 0;
    refusal_.clear();
    head_at_.reset();
    asked_at_ = clock_.uptime();
    auto const over = co_await http_.client().stream(std::move(open), *this);
    if (end_) co_return;
    if (status_ == 401 && !renewed) {
      token = co_await http_.replace(std::move(*token));
      continue;
    }
    if (status_ != 0 && status_ != 200) co_return judge_refusal();
    co_return end(ChannelEnd::Next::reopen,
                  (over ? "the server closed the stream" : over.error().what) +
                      " (our tracking id " + tracking + ")");
  }
}

void XsiChannel::judge_refusal() {
  auto what = "opening the channel: " + answered_;
  if (auto const info = read_error(refusal_)) what += ", error code " + std::to_string(info->code);
  if (status_ == 401)
    end(ChannelEnd::Next::unauthorized, what + "; log in again with the XSI scopes");
  else if (status_ == 403 && !says_missing(status_, refusal_))
    end(ChannelEnd::Next::denied,
        what + "; is XSI enabled for the organisation and the scope given?");
  else
    end(ChannelEnd::Next::reopen, std::move(what));
}

void XsiChannel::on_head(int status, http::Headers const& headers, std::string_view peer) {
  status_ = status;
  answered_ = answered(status, headers);
  peer_ = peer;
  head_at_ = last_byte_ = clock_.uptime();
  cookies_.keep(headers, at(xsp_.channel, "/channel"));
  auto const wait = headers.get("Retry-After");
  if (status == 429 || (status == 503 && !wait.empty()))  // a 503 without one: our own backoff
    refusal_retry_after_ = http::parse_retry_after(wait, clock_.now());
  refresh_ack_target();
}

// Called from inside the client: nothing may be thrown through it.
void XsiChannel::on_bytes(std::string_view bytes) {
  if (end_) return;
  last_byte_ = clock_.uptime();
  if (status_ != 200) {
    refusal_.append(bytes.substr(0, longest_refusal - std::min(refusal_.size(), longest_refusal)));
    return;
  }
  try {
    parser_.feed(bytes, *last_byte_);
  } catch (std::exception const& e) {
    end(ChannelEnd::Next::reopen, std::string("an internal error: ") + e.what());
  }
}

void XsiChannel::on_document(StreamDocument document) {
  if (auto* event = std::get_if<CallEvent>(&document)) {
    listener_.on_event(*this, std::move(*event));
  } else if (std::holds_alternative<ServerHeartbeat>(document)) {
    hears_heartbeats_ = true;
  } else if (auto const* channel = std::get_if<ChannelOpened>(&document)) {
    opened(*channel);
  } else if (auto const* told = std::get_if<ChannelTerminated>(&document)) {
    terminated(*told);
  } else if (auto const* error = std::get_if<ProtocolError>(&document)) {
    trouble_ = "the server reports error " + error->code + " on the channel";
    log::warning(trouble_, {{"xsp", xsp_.host}, {"text", error->message}});
  } else if (auto* malformed = std::get_if<MalformedDocument>(&document)) {
    bool const lost = malformed->lost;
    auto const why = malformed->why;
    listener_.on_malformed(*this, std::move(*malformed));
    if (lost) end(ChannelEnd::Next::reopen, why);
  }
}

void XsiChannel::opened(ChannelOpened const& channel) {
  if (opened_at_) return;
  id_ = channel.id;
  granted_ = usable_life(channel.expires.count() > 0 ? channel.expires : settings_.timers.expires);
  opened_at_ = clock_.uptime();
  refusal_retry_after_.reset();
  open_for_heartbeat_.raise();
  open_for_refresh_.raise();
  listener_.on_open(*this);
}

void XsiChannel::terminated(ChannelTerminated const& told) {
  if (!told.channel.empty() && told.channel != id_) {
    log::warning("the end of another channel was told on this one", {{"xsp", xsp_.host}});
    return;
  }
  end(after_reason(told.reason), "the server ended the channel: " + told.reason);
}

void XsiChannel::refresh_ack_target() {
  ack_target_.url = at(xsp_.events, "/channel/eventresponse");
  ack_target_.cookies = cookies_.header_for(ack_target_.url);
  ack_target_.connect_to = peer_;
}

}  // namespace wardroom::xsi
