// The client's side of a DoorNetwork: what waits for an answer, and how long.
#include "door_call.hpp"
#include "http/request_wire.hpp"

#include <utility>

namespace wardroom::world {
namespace {

constexpr std::string_view agent = "a visitor of the world";

http::Peer peer_at(std::string const& address) {
  return {boost::asio::ip::make_address(address), address, {}};
}

http::Peer root() { return {{}, "unix", {.uid = 0, .gid = 0, .pid = 1, .groups = {}}}; }

}  // namespace

Task<DoorNetwork::Answer> DoorNetwork::send(http::ClientRequest request) {
  return from("198.51.100.7").send(std::move(request));
}

Task<Result<void>> DoorNetwork::stream(http::ClientRequest request, http::StreamSink& sink) {
  return from("198.51.100.7").stream(std::move(request), sink);
}

Task<DoorNetwork::Answer> DoorNetwork::send_from(Visitor const& who, http::ClientRequest request) {
  if (served_.contains(origin_text(request.url))) co_return co_await neighbours_.send(request);
  if (auto const fine = http::check(request); !fine) co_return std::unexpected(fine.error());
  auto* const door = entrance_of(request);
  if (door == nullptr) {
    co_await clock_.sleep_for(test::Way{}.latency);
    co_return no_answer(http::describe(request), "connection refused", true);
  }
  auto const call = prepare(*door, peer_at(who.address), request);
  call->own_way = who.way;
  call->answer.start(request.method == http::Method::head, request.response_limit);
  auto const result = co_await within(clock_, request.timeout, call->what, run(call));
  if (!result) co_return std::unexpected(result.error());
  auto& answer = call->answer;
  co_return http::ClientResponse{answer.status(), std::move(answer.headers()),
                                 std::move(answer.body()), "192.0.2.1:443"};
}

Task<Result<void>> DoorNetwork::stream_from(Visitor const& who, http::ClientRequest request,
                                            http::StreamSink& sink) {
  if (served_.contains(origin_text(request.url)))
    co_return co_await neighbours_.stream(request, sink);
  if (auto const fine = http::check(request); !fine) co_return std::unexpected(fine.error());
  auto* const door = entrance_of(request);
  if (door == nullptr) {
    co_await clock_.sleep_for(test::Way{}.latency);
    co_return no_answer(http::describe(request), "connection refused", true);
  }
  auto const call = prepare(*door, peer_at(who.address), request);
  call->own_way = who.way;
  call->sink = &sink;
  call->answer.start(request.method == http::Method::head, request.response_limit,
                     [&sink, raw = call.get()](std::string_view bytes) {
                       raw->tell_head();
                       sink.on_bytes(bytes);
                     });
  // The time-out bounds the wait for the head only.
  auto const too_late = clock_.after(request.timeout, [this, weak = std::weak_ptr(call)] {
    auto const late = weak.lock();
    if (late && !late->told_head)
      finish(late, std::unexpected(Error{ErrorKind::timed_out, late->what + ": no answer in time",
                                         std::nullopt, false}));
  });
  co_return co_await run(call);
}

void DoorNetwork::ask_control(http::Method method, std::string_view path, std::string body,
                              std::function<void(Answer)> then, Milliseconds timeout) {
  http::ClientRequest request;
  request.method = method;
  request.url = "http://127.0.0.1" + std::string(path);
  request.body = std::move(body);
  if (!request.body.empty()) request.headers.add("Content-Type", "application/json");
  auto const call = prepare(doors_["control"], root(), request);
  call->answer.start(false, request.response_limit);
  call->then = [raw = call.get(), then = std::move(then)] {
    if (!raw->result) return then(std::unexpected(raw->result.error()));
    then(http::ClientResponse{raw->answer.status(), std::move(raw->answer.headers()),
                              std::move(raw->answer.body()), "unix"});
  };
  at(clock_.uptime() + timeout, [this, weak = std::weak_ptr(call)] {
    if (auto const late = weak.lock())
      finish(late, std::unexpected(Error{ErrorKind::timed_out, late->what + ": no answer in time",
                                         std::nullopt, false}));
  });
  begin(call);
}

DoorNetwork::CallPtr DoorNetwork::prepare(Entrance& door, http::Peer peer,
                                          http::ClientRequest const& request) {
  auto const call =
      std::make_shared<Call>(loop_, next_++, door, door.life, http::describe(request));
  call->peer = std::move(peer);
  call->bytes = http::to_wire(request, *http::origin_of(request.url), agent).reveal();
  calls_.emplace(call->number, call);
  return call;
}

/// Until the answer is there; whoever stops to wait hangs up.
Task<Result<void>> DoorNetwork::run(CallPtr call) {
  struct HangUp {
    DoorNetwork& net;
    CallPtr call;
    ~HangUp() { net.let_go(call); }
  } const hang_up{*this, call};
  begin(call);
  while (!call->done) co_await call->over.wait();
  co_return call->result;
}

}  // namespace wardroom::world
