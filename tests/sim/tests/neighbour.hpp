/// A simulated Webex on virtual time, and short ways to talk to it.
#pragma once
#include "base/encoding.hpp"
#include "sim/platform.hpp"
#include "support/fake_clock.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace wardroom::sim::test {

/// Remembers what was written to a stream.
struct Recorder final : Pipe {
  void write(std::string_view bytes, std::size_t chunk_size) override {
    text += bytes;
    documents.emplace_back(bytes);
    chunk = chunk_size;
  }
  void end(Ending how) override { ended = how; }
  void on_gone(std::function<void()> then) override { gone = std::move(then); }

  std::string text;
  std::vector<std::string> documents;
  std::size_t chunk = 0;
  std::optional<Ending> ended;
  std::function<void()> gone;
};

inline std::string between(std::string_view text, std::string_view before, std::string_view after) {
  auto const start = text.find(before);
  if (start == std::string_view::npos) return {};
  auto const from = start + before.size();
  return std::string(text.substr(from, text.find(after, from) - from));
}

inline std::string const all_scopes =
    "spark:people_read spark-admin:people_read spark-admin:roles_read "
    "spark-admin:organizations_read "
    "spark-admin:locations_read spark-admin:xsi spark:xsi";
inline std::string const redirect = "http://127.0.0.1:8480/oauth/callback";
inline std::string const verifier = "0123456789012345678901234567890123456789-._~abc";

class Neighbour : public testing::Test {
 protected:
  Neighbour() { sim.publish_xsi("http://127.0.0.1:8482", "127.0.0.1"); }

  Answer rest(http::Method method, std::string path, std::string query = "", std::string token = "",
              std::string body = "", http::Headers headers = {}) {
    Request r{method, std::move(path), std::move(query), std::move(headers), std::move(body), {}};
    r.headers.add("Host", "127.0.0.1:8481");
    if (!token.empty()) r.headers.add("Authorization", "Bearer " + token);
    return sim.webex.handle(std::move(r));
  }
  Answer get(std::string path, std::string token, std::string query = "") {
    return rest(http::Method::get, std::move(path), std::move(query), std::move(token));
  }
  static nlohmann::json json(Answer const& a) {
    return nlohmann::json::parse(a.response.body, nullptr, false);
  }

  std::string authorize_query(std::string who, std::string scopes = all_scopes) {
    return http::to_query({{"response_type", "code"},
                           {"client_id", "C-wardroom-demo"},
                           {"redirect_uri", redirect},
                           {"scope", std::move(scopes)},
                           {"state", "s t"},
                           {"code_challenge", to_base64url(sha256(verifier))},
                           {"code_challenge_method", "S256"},
                           {"login_hint", std::move(who)}});
  }
  std::string code_for(std::string who, std::string scopes = all_scopes) {
    auto const a = rest(http::Method::get, "/v1/authorize",
                        authorize_query(std::move(who), std::move(scopes)));
    return between(a.response.headers.get("Location"), "code=", "&");
  }
  Answer token_request(http::QueryPairs form, http::Headers headers = {}, bool credentials = true) {
    if (credentials) {
      form.emplace_back("client_id", "C-wardroom-demo");
      form.emplace_back("client_secret", "demo-secret-not-for-production");
    }
    headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    return rest(http::Method::post, "/v1/access_token", "", "", http::to_query(form),
                std::move(headers));
  }
  Answer exchange(std::string code) {
    return token_request({{"grant_type", "authorization_code"},
                          {"code", std::move(code)},
                          {"redirect_uri", redirect},
                          {"code_verifier", verifier}});
  }
  std::string token_for(std::string who, std::string scopes = all_scopes) {
    return json(exchange(code_for(std::move(who), std::move(scopes)))).value("access_token", "");
  }

  Answer xsp(std::size_t which, http::Method method, std::string path, std::string body = "",
             http::Headers headers = {}, bool bearer = true) {
    if (admin_token.empty()) admin_token = token_for("ada@acme.example");
    Request r{method, std::move(path), {}, std::move(headers), std::move(body), {}};
    if (auto const mark = r.path.find('?'); mark != std::string::npos) {
      r.query = r.path.substr(mark + 1);
      r.path.resize(mark);
    }
    if (bearer) r.headers.add("Authorization", "Bearer " + admin_token);
    return sim.xsi_door.handle(which, std::move(r));
  }
  static std::string channel_body(std::string set, std::string application, int expires = 7200,
                                  int priority = 1) {
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Channel "
        "xmlns=\"http://schema.broadsoft.com/xsi\">"
        "<channelSetId>{}</channelSetId><priority>{}</priority><weight>50</weight><expires>{}</"
        "expires>"
        "<applicationId>{}</applicationId></Channel>",
        set, priority, expires, application);
  }
  struct Channel {
    std::shared_ptr<Recorder> pipe = std::make_shared<Recorder>();
    std::string id, cookies;
    int status = 0;
  };
  Channel open(std::size_t which, std::string body) {
    Channel out;
    auto const a =
        xsp(which, http::Method::post, "/com.broadsoft.async/com.broadsoft.xsi-events/v2.0/channel",
            std::move(body));
    out.status = a.response.status;
    for (auto c : a.response.headers.get_all("Set-Cookie"))
      out.cookies += std::string(c.substr(0, c.find(';'))) + "; ";
    if (a.stream) a.stream(out.pipe);
    clock.drain();
    out.id = between(out.pipe->text, "<channelId>", "</channelId>");
    return out;
  }
  Answer events(std::size_t which, http::Method method, std::string path, std::string body = "",
                http::Headers headers = {}) {
    return xsp(which, method, "/com.broadsoft.xsi-events/v2.0/" + path, std::move(body),
               std::move(headers));
  }
  Answer actions(http::Method method, std::string path) {
    return xsp(0, method, "/com.broadsoft.xsi-actions/v2.0/user/" + path);
  }
  std::string subscribe(std::string target, std::string set, std::string application = "app") {
    auto const a =
        events(0, http::Method::post, std::move(target),
               fmt::format("<Subscription xmlns=\"http://schema.broadsoft.com/xsi\">"
                           "<event>Advanced Call</event><expires>7200</expires>"
                           "<channelSetId>{}</channelSetId><applicationId>{}</applicationId>"
                           "</Subscription>",
                           set, application));
    subscribe_answer = a;
    return between(a.response.body, "<subscriptionId>", "</subscriptionId>");
  }
  std::string org() const { return "serviceprovider/" + sim.org.uuid(); }
  Answer acknowledge(std::size_t which, std::string event, int status = 200) {
    return events(
        which, http::Method::post, "channel/eventresponse",
        fmt::format("<EventResponse xmlns=\"http://schema.broadsoft.com/xsi\"><eventID>{}</eventID>"
                    "<statusCode>{}</statusCode><reason>OK</reason></EventResponse>",
                    event, status));
  }
  static std::string event_id(std::string_view document) {
    return between(document, "eventID>", "</");
  }
  static std::string type_of(std::string_view document) {
    return between(document, "eventData xsi1:type=\"xsi:", "\"");
  }
  /// Types of the call events of one person on a stream, in order.
  std::vector<std::string> types(Recorder const& pipe, std::string email = "") {
    std::vector<std::string> out;
    for (auto const& d : pipe.documents) {
      auto const type = type_of(d);
      if (type.empty()) continue;
      if (!email.empty() && between(d, "targetId>", "</") != sim.org.by_email(email)->xsi_user)
        continue;
      out.push_back(type);
    }
    return out;
  }
  Call const& place(std::string from, std::string to, std::optional<double> answer = 5) {
    auto const placed = sim.calls.place({std::move(from), std::move(to), answer});
    if (!placed) throw std::runtime_error(placed.error().what);
    return **placed;
  }

  boost::asio::io_context io{1};
  wardroom::test::FakeClock clock{io};
  SeededRandom dice{7};
  Platform sim{clock, dice, 1, 13};
  std::string admin_token;
  Answer subscribe_answer;
};

}  // namespace wardroom::sim::test
