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

constexpr Milliseconds not_at_once{1'000};
// Of a server that was heard once only.
constexpr Milliseconds usual_server_beats{30'000}, shortest_server_beats{15'000};

/// What a ChannelTerminatedEvent asks of us. Source: xsi.md 3.5.
ChannelEnd after_reason(std::string const& reason) {
  using Next = ChannelEnd::Next;
  ChannelEnd end{Next::reopen, "the server ended the channel: " + reason};
  if (reason == "DuplicateChannelSet") {
    end.next = Next::duplicate_set;
  } else if (reason == "UserDeleted") {
    end.next = Next::identity_gone;
  } else if (reason == "Expired") {
    end.alarm =
        "the server let a channel expire although it was to be "
        "refreshed in time: a fault "
        "of ours, please report it with the log";
  } else if (reason == "UnknownChannel") {
    end.alarm =
        "the server ended a channel because an event was answered with "
        "status 404, which "
        "we never send: a fault of ours or of a proxy between, please "
        "report it";
  } else if (reason == "NonResponsiveChannel") {
    end.alarm =
        "the server ended a channel because our acknowledgements did "
        "not reach it in time; "
        "look at acks and ack_failures in `monitor status`, and at the "
        "way to the XSP";
  } else {
    end.retry_after = not_at_once;  // somebody deleted it, or a reason we do not
                                    // know: no hurry
  }
  return end;
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
      open_for_refresh_(loop),
      leave_(loop) {}

void XsiChannel::end(ChannelEnd::Next next, std::string why) {
  if (end_) return;
  end_ = ChannelEnd{next, std::move(why), refusal_retry_after_};
  ended_.raise();
}

// For an end that happened before it was noticed.
void XsiChannel::found_dead(std::string why, Uptime deaf_since) {
  bool const first = !end_;
  end(ChannelEnd::Next::reopen, std::move(why));
  if (first && opened_at_) end_->deaf_since = std::max(deaf_since, *opened_at_);
}

void XsiChannel::not_listed() {
  found_dead("the server does not list the channel any more", proven());
}

void XsiChannel::leave(std::string why) {
  if (!opened_at_ || end_) return end(ChannelEnd::Next::nothing, std::move(why));
  leaving_ = true;
  leave_.raise();
}

Uptime XsiChannel::proven() const {
  auto const byte = last_byte_.value_or(Uptime::min());
  if (hears_heartbeats_ && last_byte_) return byte;
  return std::max(byte, known_at_.value_or(Uptime::min()));
}

Task<ChannelEnd> XsiChannel::follow() {
  using namespace boost::asio::experimental::awaitable_operators;
  try {
    co_await (guarded(read()) || guarded(keep_alive()) || guarded(keep_fresh()) ||
              guarded(watch()) || guarded(take_leave()) || ended_.wait());
  } catch (boost::asio::multiple_exceptions const&) {
    throw aborted();  // every part was cancelled: the only exception that leaves
                      // them
  }
  co_return end_.value_or(ChannelEnd{ChannelEnd::Next::reopen, "the channel ended", {}});
}

// Anything thrown ends this channel, which is then opened again; only
// cancellation passes.
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

// --- the stream
// --------------------------------------------------------------------------------

Task<void> XsiChannel::read() {
  auto token = co_await http_.bearer();
  for (bool renewed = false;; renewed = true) {
    if (!token) co_return end(ChannelEnd::Next::unauthorized, token.error().what);
    auto open = request(http::Method::post, at(xsp_.channel, "/channel"));
    open.headers.add("Content-Type", std::string(content_type));
    open.headers.add("Accept", "application/xml");
    auto const tracking = http_.tracking_id();
    open.headers.add("TrackingID", tracking);
    open.once = true;  // a kept connection may be dying, and a channel is not
                       // asked for twice
    open.body = channel_body(channel_set_, settings_.application_id, settings_.timers.expires);
    open.bearer = *token;
    token_ = http_.token_life();
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
    co_return stream_over(over, tracking);
  }
}

// The server's heartbeat is overdue: whatever ended the stream may have been there before.
bool XsiChannel::proof_is_old() const {
  if (!opened_at_ || !hears_heartbeats_) return false;
  auto const every = server_beats_every_.count() > 0
                         ? std::max<BootClock::duration>(server_beats_every_, shortest_server_beats)
                         : usual_server_beats;
  return clock_.uptime() - *last_byte_ >= every * 3 / 2;
}

// A connection whose other side stopped answering was dead for as long as TCP
// took to give it up; one whose end comes long after its last byte, maybe too.
void XsiChannel::stream_over(Result<void> const& over, std::string const& tracking) {
  auto const id = " (our tracking id " + tracking + ")";
  if (leaving_) return end(ChannelEnd::Next::nothing, "another channel took its place");
  if (over && proof_is_old())
    return found_dead("the server closed the stream after a silence" + id, proven());
  if (over) return end(ChannelEnd::Next::reopen, "the server closed the stream" + id);
  auto const& error = over.error();
  bool const late =
      error.kind == ErrorKind::timed_out || error.what.find("timed out") != std::string::npos;
  if (opened_at_ && (late || proof_is_old())) return found_dead(error.what + id, proven());
  end(ChannelEnd::Next::reopen, error.what + id);
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
    ++events_;
    listener_.on_event(*this, std::move(*event));
  } else if (std::holds_alternative<ServerHeartbeat>(document)) {
    hears_heartbeats_ = true;
    auto const now = clock_.uptime();
    if (server_beat_at_)
      server_beats_every_ = std::min<BootClock::duration>(
          std::max(server_beats_every_, now - *server_beat_at_), settings_.timers.silence / 2);
    server_beat_at_ = now;
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
  refresh_due_ = *opened_at_ + Milliseconds(granted_) / 2;
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
  if (leaving_) return end(ChannelEnd::Next::nothing, "another channel took its place");
  if (end_) return;
  end_ = after_reason(told.reason);
  ended_.raise();
}

void XsiChannel::refresh_ack_target() {
  ack_target_.url = at(xsp_.events, "/channel/eventresponse");
  ack_target_.cookies = cookies_.header_for(ack_target_.url);
  ack_target_.connect_to = peer_;
}

}  // namespace wardroom::xsi
