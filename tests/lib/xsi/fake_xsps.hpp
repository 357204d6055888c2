/// Two XSPs played by a test: streams stay open until cut, and every request is kept with its
/// moment.
#pragma once
#include "http/client.hpp"
#include "runtime/wake.hpp"

#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::test {

class FakeXsps final : public http::Client {
 public:
  explicit FakeXsps(Executor loop, Clock& clock) : loop_(loop), clock_(clock) {}

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
    auto const& seen = note(request);
    if (hangs && hangs(seen)) {
      auto const limit = request.timeout;
      co_await clock_.sleep_for(limit);
      co_return failure(ErrorKind::timed_out, "no answer within the time-out");
    }
    if (rule)
      if (auto special = rule(seen)) co_return std::move(*special);
    if (down.contains(host(request.url))) co_return failure(ErrorKind::unavailable, "refused");
    co_return usual(seen);
  }

  Task<Result<void>> stream(http::ClientRequest request, http::StreamSink& sink) override {
    auto const& seen = note(request);
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
    Live live{where, "channel-" + std::to_string(++channels_), &sink, Wake(loop_), {}};
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
    co_await live.over.wait();
    if (live.error) co_return std::unexpected(*live.error);
    co_return Result<void>{};
  }

  /// Delivers bytes on the open stream of a host; false when there is none.
  bool feed(std::string const& where, std::string_view bytes) {
    for (auto* live : live_)
      if (live->host == where) {
        live->sink->on_bytes(bytes);
        return true;
      }
    return false;
  }
  void cut(std::string const& where, std::optional<Error> error = std::nullopt) {
    for (auto* live : live_)
      if (live->host == where) {
        live->error = error;
        live->over.raise();
      }
  }
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
  std::size_t count(std::string_view what) const { return all(what).size(); }

  Rule rule;
  std::function<bool(Seen const&)> hangs;
  std::map<std::string, bool> down;
  bool silent_heads = false, silent_documents = false;
  int granted = 7200;

 private:
  struct Live {
    std::string host, id;
    http::StreamSink* sink;
    Wake over;
    std::optional<Error> error;
  };

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
                    "<Subscription xmlns='http://schema.broadsoft.com/xsi'><subscriptionId>sub-" +
                        std::to_string(subscriptions_) + "</subscriptionId><expires>" +
                        std::to_string(granted) + "</expires></Subscription>");
    return answer(200);
  }

  Executor loop_;
  Clock& clock_;
  std::list<Live*> live_;
  std::list<Seen> seen_;  // references to its elements must live on
  int channels_ = 0, subscriptions_ = 0;
};

}  // namespace wardroom::test
