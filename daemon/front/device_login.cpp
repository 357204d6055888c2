#include "front/device_login.hpp"

#include "base/time_text.hpp"
#include "front/grant_json.hpp"
#include "front/login_refusals.hpp"
#include "front/ndjson.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>

namespace wardroom::front {
namespace {

using nlohmann::ordered_json;

std::int64_t seconds(Milliseconds time) {
  return std::chrono::ceil<std::chrono::seconds>(time).count();
}

/// Counts an attempt for as long as it lives.
struct Counted {
  explicit Counted(int& c) : count(c) { ++count; }
  Counted(Counted const&) = delete;
  Counted& operator=(Counted const&) = delete;
  ~Counted() { --count; }
  int& count;
};

}  // namespace

ordered_json accepted_json(AcceptedLogin const& accepted) {
  ordered_json out{{"identity", accepted.identity},
                   {"person", accepted.person.display_name},
                   {"email", accepted.person.emails.empty() ? "" : accepted.person.emails.front()},
                   {"org_id", accepted.person.org_id},
                   {"scopes", accepted.scopes},
                   {"missing_scopes", missing_scopes_json(accepted.missing_scopes)}};
  if (!accepted.replaced.empty()) out["replaced"] = accepted.replaced;
  return out;
}

void DeviceLogins::begin(std::string identity, std::string operator_name,
                         std::shared_ptr<http::ResponseStream> stream) {
  std::optional<LoginRefusal> why = judge_identity(ports_.vault.identity(identity), identity);
  if (!why && running_ >= most_at_once)
    why = LoginRefusal{429, "Too many logins",
                       fmt::format("{} logins are waiting already.", running_),
                       "End one of them with Ctrl-C, or wait until its code ends."};
  if (why) {
    write_line(*stream, to_line(*why));
    return stream->close();
  }
  // Counted from here on, so that no burst gets past the limit.
  ports_.tasks.spawn("device login of " + identity,
                     [=, this, counted = std::make_shared<Counted>(running_)] {
                       return attempt(identity, operator_name, stream);
                     });
}

/// However it ends, the stream hears of it.
Task<void> DeviceLogins::attempt(std::string identity, std::string operator_name, Stream stream) {
  std::exception_ptr broken;
  try {
    co_await ask_and_accept(std::move(identity), std::move(operator_name), stream);
  } catch (...) {
    broken = std::current_exception();
  }
  if (!broken) co_return;
  write_line(*stream, to_line({503, "Not now",
                               is_cancellation(broken) ? "The daemon is stopping."
                                                       : "The login broke off; the log says why.",
                               "Run `wardroomctl login` again."}));
  stream->close();
  std::rethrow_exception(broken);
}

Task<void> DeviceLogins::ask_and_accept(std::string identity, std::string operator_name,
                                        Stream stream) {
  co_await finish_politely();  // a code that waits for somebody does not hold up a stop
  LoginClaim const claim{.door = LoginDoor::device, .operator_name = std::move(operator_name)};
  auto const settings = *ports_.vault.identity(identity);
  auto asked = co_await ask_until_closed(settings, stream);
  if (!asked) co_return;  // given up: nothing was stored
  auto& answer = *asked;
  auto end = [&](ordered_json const& line) {
    write_line(*stream, line);
    stream->close();
  };
  if (!answer) {
    auto const why = no_token(answer.error());
    ports_.acceptance.refused(identity, claim, why);
    co_return end(to_line(why));
  }
  // From here on it is no longer given up: what was allowed is kept or refused as a whole.
  co_await boost::asio::this_coro::reset_cancellation_state(
      boost::asio::enable_terminal_cancellation());
  auto accepted = co_await ports_.acceptance.accept(
      oauth::grant_of(identity, std::move(*answer), settings.scopes), claim);
  if (!accepted) co_return end(to_line(accepted.error()));
  ordered_json line{{"step", "done"}};
  line.update(accepted_json(*accepted));
  end(line);
}

Task<std::optional<oauth::DeviceResult>> DeviceLogins::ask_until_closed(
    oauth::IdentitySettings identity, Stream stream) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto closed = std::make_shared<Wake>(ports_.loop);
  stream->on_close([closed] { closed->raise(); });
  auto first = co_await (ask(std::move(identity), stream) || until(closed));
  if (first.index() == 0) co_return std::get<0>(std::move(first));
  co_return std::nullopt;
}

Task<void> DeviceLogins::until(std::shared_ptr<Wake> closed) {
  co_await finish_politely();
  co_await closed->wait();
}

Task<oauth::DeviceResult> DeviceLogins::ask(oauth::IdentitySettings identity, Stream stream) {
  co_await finish_politely();
  auto code =
      co_await oauth::start_device(ports_.http, ports_.clock, identity.client, identity.scopes);
  if (!code) co_return std::unexpected(std::move(code.error()));
  ordered_json line{{"step", "device"},
                    {"identity", identity.name},
                    {"url", code->url},
                    {"user_code", code->user_code}};
  if (!code->url_complete.empty()) line["url_complete"] = code->url_complete;
  line["expires_in_s"] = seconds(code->life);
  line["expires_at"] = iso_text(ports_.clock.now() + code->life);
  line["interval_s"] = seconds(code->interval);
  write_line(*stream, line);
  auto const tell = [stream](oauth::DeviceNews const& news) {
    if (news.slowed)
      write_line(*stream, {{"step", "slow_down"}, {"interval_s", seconds(news.interval)}});
    else
      write_line(*stream, {{"step", "waiting"}, {"left_s", seconds(news.left)}});
  };
  co_return co_await oauth::await_device(ports_.http, ports_.clock, identity.client,
                                         std::move(*code), tell);
}

}  // namespace wardroom::front
