/// An authorization server in memory, with the oddities the reference knows of. It outlives the
/// daemons of a test, as the real one does, and counts what must never happen.
#pragma once
#include "http/client.hpp"
#include "runtime/clock.hpp"
#include "support/seed.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>

namespace wardroom::test {

/// "Sun, 06 Nov 1994 08:49:37 GMT"
inline std::string http_date(Instant when) {
  static constexpr char const* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr char const* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto const day = std::chrono::floor<std::chrono::days>(when);
  std::chrono::year_month_day const date(day);
  std::chrono::hh_mm_ss const time(std::chrono::floor<std::chrono::seconds>(when - day));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     days[std::chrono::weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()),
                     months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

/// What a token endpoint does with refresh tokens. Source: webex-rest.md 1.4, 12.
enum class Rotation { same, rotate, rotate_grace };

/// What goes wrong with one request.
enum class Mishap { none, refused_503, no_answer, lost_answer };

class TokenServer {
 public:
  struct Habits {
    Rotation rotation = Rotation::rotate;
    bool family_revocation = false;  ///< a used refresh token that comes again ends the grant
    bool kills_access = false;       ///< the old access token dies at a refresh
    bool rolling = true;             ///< false: refresh_token_expires_in is what is left
    Milliseconds no_op{0};           ///< younger access tokens are given again, with what is left
    std::chrono::seconds life{3600}, refresh_life{7'776'000};
    std::string extra{};                      ///< of the answer, after the tokens: ,"scope":"a"
    std::optional<std::string> expires_in{};  ///< instead of the true one; "" = absent
    bool tell_refresh = true;                 ///< false: no refresh_token in a refresh answer
    bool tell_date = false;
    Milliseconds date_is_off{0};
    std::optional<std::string> date{};  ///< of the Date header instead
  };
  Habits habits;

  /// A login: what the person's code was exchanged for.
  std::string begin(Instant now) {
    ++version_;
    revoked_ = false;
    used_.clear();
    refresh_ = name("R");
    issue(now);
    refresh_began_ = now;
    return refresh_;
  }
  std::string access() const { return access_; }
  std::string refresh() const { return refresh_; }
  bool revoked() const { return revoked_; }
  /// As after a restore of its own backup: the last rotation never happened.
  void forget_last_rotation() { refresh_ = before_; }
  /// 401 to every access token so far, although the grant is good.
  void refuse_access() { alive_.clear(); }
  void revoke() { revoked_ = true; }
  Instant access_ends() const { return access_ends_; }
  bool accepts(std::string_view access, Instant now) const {
    return !revoked_ && alive_.contains(std::string(access)) &&
           (access != access_ || now < access_ends_);
  }

  http::ClientResponse answer(std::string const& refresh, Instant now) {
    if (revoked_ || now >= refresh_began_ + habits.refresh_life) return refusal();
    bool const current = refresh == refresh_;
    bool const graced = habits.rotation == Rotation::rotate_grace && refresh == before_;
    if (!current && !graced) {
      if (used_.contains(refresh)) {
        ++reuses;
        revoked_ |= habits.family_revocation;
      }
      return refusal();
    }
    ++renewals;
    bool const same_again = now < access_began_ + habits.no_op && now < access_ends_;
    if (!same_again) {
      if (habits.kills_access) alive_.clear();
      ++version_;
      issue(now);
    }
    if (habits.rotation != Rotation::same) {
      used_.insert(refresh_);
      before_ = graced ? before_ : refresh_;
      refresh_ = fmt::format("R{}.{}", version_, renewals);
    }
    if (habits.rolling) refresh_began_ = now;
    return granted(now);
  }

  int renewals = 0;  ///< that succeeded here, whether the answer arrived or not
  int reuses = 0;    ///< of a refresh token that was rotated away
  int requests = 0;
  int in_flight = 0, overlaps = 0;

 private:
  std::string name(char const* kind) const { return fmt::format("{}{}", kind, version_); }
  void issue(Instant now) {
    access_ = name("A");
    alive_.insert(access_);
    access_began_ = now;
    access_ends_ = now + habits.life;
  }
  http::Headers headers(Instant now) const {
    http::Headers out;
    if (habits.date)
      out.add("Date", *habits.date);
    else if (habits.tell_date)
      out.add("Date", http_date(now + habits.date_is_off));
    return out;
  }
  http::ClientResponse granted(Instant now) const {
    using std::chrono::floor;
    using std::chrono::seconds;
    auto body = fmt::format(R"({{"access_token":"{}")", access_);
    auto const left = floor<seconds>(access_ends_ - now).count();
    auto const life = habits.expires_in.value_or(std::to_string(left));
    if (!life.empty()) body += fmt::format(R"(,"expires_in":{})", life);
    if (habits.tell_refresh)
      body += fmt::format(R"(,"refresh_token":"{}","refresh_token_expires_in":{})", refresh_,
                          floor<seconds>(refresh_began_ + habits.refresh_life - now).count());
    return {200, headers(now), body + habits.extra + "}", "192.0.2.1:443"};
  }
  http::ClientResponse refusal() const {
    return {400,
            {},
            R"({"message":"bad","errors":[{"description":"The refresh token is invalid"}]})",
            "192.0.2.1:443"};
  }

  int version_ = 0;
  bool revoked_ = false;
  std::string access_, refresh_, before_;
  std::set<std::string> used_, alive_;
  Instant access_began_{}, access_ends_{}, refresh_began_{};
};

/// The way to it: takes time, and fails as a test says.
class WayToTokenServer final : public http::Client {
 public:
  explicit WayToTokenServer(TokenServer& server) : server_(server) {}
  /// The daemon that goes this way now.
  void use(Clock& clock) {
    clock_ = &clock;
    cut = false;
  }

  std::function<Milliseconds()> delay = [] { return Milliseconds(0); };
  std::function<Mishap()> mishap = [] { return Mishap::none; };
  std::function<Instant()> server_time = [this] { return clock_->now(); };
  bool cut = false;  ///< nothing arrives at the server any more

  Task<Result<http::ClientResponse>> send(http::ClientRequest request) override {
    if (cut) co_return failure(ErrorKind::unavailable, "the network is gone");
    EXPECT_TRUE(request.once) << "a refresh must not be repeated by the transport";
    ++server_.requests;
    Flight const flight(server_);
    auto const what = mishap();
    co_await travel();
    if (cut || what == Mishap::no_answer)
      co_return failure(ErrorKind::timed_out, "no answer in time");
    if (what == Mishap::refused_503) co_return http::ClientResponse{503, {}, "busy", ""};
    auto const form = *http::parse_query(request.body);
    auto answer = server_.answer(*http::find(form, "refresh_token"), server_time());
    co_await travel();
    if (cut || what == Mishap::lost_answer)
      co_return failure(ErrorKind::unavailable, "the connection was reset");
    co_return answer;
  }
  Task<Result<void>> stream(http::ClientRequest, http::StreamSink&) override {
    co_return failure(ErrorKind::unavailable, "no streams here");
  }

 private:
  struct Flight {
    explicit Flight(TokenServer& s) : server(s) {
      if (server.in_flight++ > 0) ++server.overlaps;
    }
    ~Flight() { --server.in_flight; }
    TokenServer& server;
  };
  Task<void> travel() {
    auto const takes = delay();
    if (takes > Milliseconds(0))
      co_await clock_->sleep_for(takes);
    else
      co_await boost::asio::post(use_task);  // a step of the loop, where a crash may come
  }

  TokenServer& server_;
  Clock* clock_ = nullptr;
};

}  // namespace wardroom::test
