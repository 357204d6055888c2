/// Two XSPs played by a test: streams stay open until cut, and every request is
/// kept with its moment.
#pragma once
#include "http/client.hpp"
#include "runtime/wake.hpp"

#include <algorithm>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace wardroom::test {

class FakeXsps final : public http::Client {
 public:
  explicit FakeXsps(Executor loop, Clock& clock)
      : loop_(loop), clock_(clock), sees_since_(clock.uptime()) {}

  struct Seen {
    Uptime when;
    std::string what;  ///< "PUT http://xsp1/…"
    http::ClientRequest request;
    std::string token;
  };
  /// Overrides the answer; nullopt = the usual one.
  using Rule = std::function<std::optional<Result<http::ClientResponse>>(Seen const&)>;

  static http::ClientResponse answer(int status, std::string body = "",
                                     http::Headers headers = {}) {
    return {status, std::move(headers), std::move(body), "192.0.2.1:443"};
  }

  Task<Result<http::ClientResponse>> send(http::ClientRequest request) override {
    auto const seen = note(request);  // a copy: the test may forget what it saw
    if (hangs && hangs(seen)) {
      auto const limit = request.timeout;
      co_await clock_.sleep_for(limit);
      co_return failure(ErrorKind::timed_out, "no answer within the time-out");
    }
    if (delays) co_await clock_.sleep_for(delays(seen));
    if (rule)
      if (auto special = rule(seen)) co_return std::move(*special);
    if (down.contains(host(request.url))) co_return failure(ErrorKind::unavailable, "refused");
    co_return usual(seen);
  }

  Task<Result<void>> stream(http::ClientRequest request, http::StreamSink& sink) override {
    auto const seen = note(request);
    auto const where = host(request.url);
    if (rule)
      if (auto special = rule(seen)) {
        if (!*special) co_return std::unexpected(special->error());
        sink.on_head((*special)->status, (*special)->headers, "192.0.2.7:443");
        sink.on_bytes((*special)->body);
        co_return Result<void>{};
      }
    if (down.contains(where))
      co_return failure(ErrorKind::unavailable, "connection refused by " + where);
    Live live{where, "channel-" + std::to_string(++channels_), &sink, Wake(loop_), {}, {}, {}};
    live.set = between(request.body, "<channelSetId>");
    live.application = between(request.body, "<applicationId>");
    displace(live);
    auto const place = live_.insert(live_.end(), &live);
    struct Leave {
      std::list<Live*>& all;
      std::list<Live*>::iterator place;
      ~Leave() { all.erase(place); }
    } const leave{live_, place};
    if (!silent_heads)
      sink.on_head(200, {{"Set-Cookie", "lb=" + where + "; Path=/"}}, "192.0.2.7:443");
    if (!silent_heads && !silent_documents)
      sink.on_bytes("<Channel xmlns=\"http://schema.broadsoft.com/xsi\"><channelId>" + live.id +
                    "</channelId><expires>" + std::to_string(granted) + "</expires></Channel>");
    live.delivers = !silent_heads && !silent_documents;
    note_sight();
    co_await live.over.wait();
    live.delivers = false;
    note_sight();
    if (live.error) co_return std::unexpected(*live.error);
    co_return Result<void>{};
  }

  /// Delivers bytes on the open stream of a host; false when there is none.
  bool feed(std::string const& where, std::string_view bytes) {
    for (auto* live : live_)
      if (live->host == where && !live->frozen) {
        live->sink->on_bytes(bytes);
        return true;
      }
    return false;
  }
  void feed_all(std::string_view bytes) {
    auto const all = live_;
    for (auto* live : all)
      if (!live->frozen) live->sink->on_bytes(bytes);
  }
  void cut(std::string const& where, std::optional<Error> error = std::nullopt) {
    for (auto* live : live_)
      if (live->host == where && !live->frozen) {  // a dead connection brings no end either
        live->error = error;
        live->delivers = false;
        live->over.raise();
      }
    note_sight();
  }
  /// Ends a stream as a server does that says why.
  void terminate(std::string const& channel, std::string const& reason) {
    for (auto* live : live_)
      if (live->id == channel && !live->ending) terminate(*live, reason);
  }
  /// The connection is there, but nothing comes over it any more, and the
  /// server has forgotten it.
  void freeze(std::string const& where) {
    for (auto* live : live_)
      if (live->host == where) {
        live->frozen = true;
        live->delivers = false;
      }
    note_sight();
  }
  std::size_t streams() const { return live_.size(); }
  std::size_t streams(std::string const& where) const {
    std::size_t n = 0;
    for (auto const* live : live_) n += live->host == where ? 1 : 0;
    return n;
  }
  std::string channel_of(std::string const& where) const {
    for (auto const* live : live_)
      if (live->host == where) return live->id;
    return {};
  }
  std::vector<Seen> all(std::string_view what) const {
    std::vector<Seen> out;
    for (auto const& seen : seen_)
      if (seen.what.find(what) != std::string::npos) out.push_back(seen);
    return out;
  }
  std::size_t count(std::string_view what) const {
    std::size_t n = 0;
    for (auto const& seen : seen_) n += seen.what.find(what) != std::string::npos ? 1 : 0;
    return n;
  }
  /// For how long no stream could have delivered, since `watch_from_now`.
  double truly_blind() {
    note_sight();
    return std::chrono::duration<double>(blind_).count();
  }
  void watch_from_now() {
    blind_ = {};
    sees_since_ = clock_.uptime();
    note_sight();
  }
  /// When a channel set took the place of another one.
  std::vector<Uptime> displacements;
  /// For tests that run for days.
  void forget_requests() { seen_.clear(); }

  Rule rule;
  std::function<bool(Seen const&)> hangs;
  std::function<Milliseconds(Seen const&)> delays;  ///< of answers
  std::map<std::string, bool> down;
  bool silent_heads = false, silent_documents = false;
  std::set<std::string> ghosts;    ///< channels the server lists although nobody has them
  std::set<std::string> unlisted;  ///< channels it does not list although they live
  int granted = 7200;

 private:
  struct Live {
    std::string host, id;
    http::StreamSink* sink;
    Wake over;
    std::optional<Error> error;
    std::string set, application;
    bool frozen = false, ending = false, delivers = false;
  };

  /// Keeps the true blind time: while no stream delivers.
  void note_sight() {
    bool const sees =
        std::any_of(live_.begin(), live_.end(), [](auto const* live) { return live->delivers; });
    auto const now = clock_.uptime();
    if (!sees_) blind_ += now - sees_since_;
    sees_ = sees;
    sees_since_ = now;
  }

  static std::string between(std::string const& body, std::string const& tag) {
    auto const from = body.find(tag);
    if (from == body.npos) return {};
    auto const begin = from + tag.size();
    return body.substr(begin, body.find('<', begin) - begin);
  }
  void terminate(Live& live, std::string const& reason) {
    if (live.frozen) return;
    live.ending = true;
    live.delivers = false;
    note_sight();
    live.sink->on_bytes(
        "<x:Event xmlns:x='http://schema.broadsoft.com/xsi' "
        "xmlns:i='http://www.w3.org/2001/XMLSchema-instance' "
        "i:type='x:ChannelTerminatedEvent'><x:channelId>" +
        live.id + "</x:channelId><x:reason>" + reason + "</x:reason></x:Event>");
    live.over.raise();
  }
  /// One channel set per application: a new set ends the channels of the old
  /// one.
  void displace(Live const& newcomer) {
    auto const all = live_;
    for (auto* live : all)
      if (live->application == newcomer.application && live->set != newcomer.set && !live->ending)
        terminate_displaced(*live);
  }
  void terminate_displaced(Live& live) {
    if (displacements.empty() || displacements.back() != clock_.uptime())
      displacements.push_back(clock_.uptime());
    terminate(live, "DuplicateChannelSet");
  }
  std::string channel_set(std::string const& set) const {
    std::string out = "<ChannelSet xmlns='http://schema.broadsoft.com/xsi'>";
    for (auto const* live : live_)
      if (live->set == set && !live->frozen && !unlisted.contains(live->id))
        out += "<channel><channelId>" + live->id + "</channelId></channel>";
    for (auto const& ghost : ghosts)
      out += "<channel><channelId>" + ghost + "</channelId></channel>";
    return out + "</ChannelSet>";
  }

  static std::string host(std::string const& url) {
    auto const from = url.find("://") + 3;
    return url.substr(from, url.find('/', from) - from);
  }

  Seen const& note(http::ClientRequest const& request) {
    auto const token = request.bearer ? std::string(request.bearer->reveal()) : "";
    seen_.push_back({clock_.uptime(), std::string(http::name(request.method)) + ' ' + request.url,
                     request, token});
    return seen_.back();
  }

  http::ClientResponse usual(Seen const& seen) {
    auto const& what = seen.what;
    bool const makes = what.starts_with("POST") && what.find("/serviceprovider/") != what.npos;
    bool const reads = what.find("/subscription/") != what.npos && !what.starts_with("DELETE");
    if (makes) ++subscriptions_;
    if (makes || reads)
      return answer(200,
                    "<Subscription "
                    "xmlns='http://schema.broadsoft.com/xsi'><subscriptionId>sub-" +
                        std::to_string(subscriptions_) + "</subscriptionId><expires>" +
                        std::to_string(granted) + "</expires></Subscription>");
    if (auto const at = what.find("/channelset/"); at != what.npos)
      return answer(200, channel_set(what.substr(at + 12)));
    auto const at = what.find("/channel/channel-");
    if (at == what.npos) return answer(200);
    auto const id = what.substr(at + 9, what.find('/', at + 9) - at - 9);
    auto const found =
        std::find_if(live_.begin(), live_.end(), [&](auto const* live) { return live->id == id; });
    bool const known = found != live_.end() && !(*found)->frozen;
    if (what.starts_with("DELETE")) {
      ghosts.erase(id);
      if (known && !(*found)->ending) terminate(**found, "ExplicitDelete");
    }
    return answer(known ? 200 : 404);
  }

  Executor loop_;
  Clock& clock_;
  std::list<Live*> live_;
  std::list<Seen> seen_;  // references to its elements must live on
  int channels_ = 0, subscriptions_ = 0;
  bool sees_ = false;
  Uptime sees_since_{};
  BootClock::duration blind_{};
};

}  // namespace wardroom::test
