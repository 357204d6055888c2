#include "bench/bench_cms.hpp"

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <charconv>
#include <stdexcept>

namespace wardroom::bench {
namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

constexpr std::size_t most_in_a_post = 500;

std::string guid(char kind, std::uint64_t number) {
  return fmt::format("{0}{0}{0}{0}{0}{0}{0}{0}-0000-4000-8000-{1:012x}", kind, number);
}

std::uint64_t number_in(std::string_view id) {
  std::uint64_t out = 0;
  if (id.size() >= 36) std::from_chars(id.data() + 24, id.data() + 36, out, 16);
  return out;
}

std::size_t content_length(std::string_view head) {
  std::size_t out = 0;
  for (auto const* name : {"Content-Length: ", "content-length: "})
    if (auto const at = head.find(name); at != head.npos)
      std::from_chars(head.data() + at + 16, head.data() + head.size(), out);
  return out;
}

/// The first whole message in `text`; empty while there is none.
struct Whole {
  std::string_view head, body;
  std::size_t size = 0;
};
Whole first_whole(std::string_view text) {
  auto const end = text.find("\r\n\r\n");
  if (end == text.npos) return {};
  auto const length = content_length(text.substr(0, end));
  if (text.size() < end + 4 + length) return {};
  return {text.substr(0, end), text.substr(end + 4, length), end + 4 + length};
}

}  // namespace

struct BenchCms::Call {
  int bridge = 0;
  std::uint64_t number = 0;
  struct Leg {
    std::uint64_t number = 0;
    bool outsider = false;
  };
  std::vector<Leg> legs;
  int outsiders = 0;
  int shown = 0;       ///< level of the text the daemon set
  bool rises = false;  ///< an outsider came while less was shown
  std::int64_t post_at = 0, answered_at = 0;
};

struct BenchCms::Connection {
  explicit Connection(tcp::socket s) : socket(std::move(s)) {}
  tcp::socket socket;
  std::string in, out;
  std::array<char, 32768> room;
};

struct BenchCms::Bridge {
  Bridge(asio::io_context& io, int n)
      : number(n), acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), sender(io) {}
  int number;
  tcp::acceptor acceptor;
  tcp::socket sender;
  std::string session;
  std::vector<std::size_t> calls;
  std::uint64_t next_record = 0;
  std::deque<std::string> waiting;
  std::vector<std::size_t> rising;     ///< calls whose record waits
  std::vector<std::size_t> under_way;  ///< and those of the post under way
  std::size_t in_post = 0;
  std::int64_t post_at = 0;
  std::string out, in;
  std::array<char, 4096> room;
};

BenchCms::BenchCms(asio::io_context& io, int bridges, int calls, int people_each) : io_(io) {
  for (int i = 0; i < bridges; ++i) {
    bridges_.push_back(std::make_unique<Bridge>(io, i));
    bridges_.back()->session = guid('5', static_cast<std::uint64_t>(i));
    accept(*bridges_.back());
  }
  for (int i = 0; i < calls; ++i) {
    auto& call = calls_.emplace_back();
    call.bridge = i % bridges;
    call.number = static_cast<std::uint64_t>(i);
    for (int p = 0; p < people_each; ++p) call.legs.push_back({next_leg_++, false});
    bridges_[static_cast<std::size_t>(call.bridge)]->calls.push_back(calls_.size() - 1);
  }
}

BenchCms::~BenchCms() = default;

std::uint16_t BenchCms::api_port(int bridge) const {
  return bridges_[static_cast<std::size_t>(bridge)]->acceptor.local_endpoint().port();
}

bool BenchCms::idle() const {
  for (auto const& bridge : bridges_)
    if (bridge->in_post != 0 || !bridge->waiting.empty()) return false;
  return true;
}

std::size_t BenchCms::below() const {
  std::size_t out = 0;
  for (auto const& call : calls_) out += call.outsiders > 0 && call.shown < 3;
  return out;
}

void BenchCms::accept(Bridge& bridge) {
  bridge.acceptor.async_accept([this, &bridge](auto error, tcp::socket socket) {
    if (error) return;
    socket.set_option(tcp::no_delay(true));
    read(bridge, std::make_shared<Connection>(std::move(socket)));
    accept(bridge);
  });
}

void BenchCms::read(Bridge& bridge, Shared c) {
  auto& socket = c->socket;
  socket.async_read_some(asio::buffer(c->room), [this, &bridge, c](auto error, std::size_t got) {
    if (error) return;
    c->in.append(c->room.data(), got);
    auto const whole = first_whole(c->in);
    if (whole.size == 0) return read(bridge, c);
    auto const body = answer(bridge, whole.head.substr(0, whole.head.find("\r\n")), whole.body);
    c->in.erase(0, whole.size);
    c->out =
        fmt::format("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{}",
                    body.size(), body);
    asio::async_write(c->socket, asio::buffer(c->out),
                      [this, &bridge, c](auto failed, std::size_t) {
                        if (!failed) read(bridge, c);
                      });
  });
}

std::string BenchCms::answer(Bridge& bridge, std::string_view line, std::string_view body) {
  ++seen_.requests;
  auto const from = line.find("/api/v1/");
  auto path = line.substr(from == line.npos ? 0 : from + 8);
  path = path.substr(0, path.find(' '));
  auto const bare = path.substr(0, path.find('?'));
  if (bare == "system/status")
    return fmt::format(
        "<status><softwareVersion>3.5</softwareVersion><uptimeSeconds>90730</uptimeSeconds>"
        "<clusterEnabled>false</clusterEnabled><cdrCorrelatorIndex>{}</cdrCorrelatorIndex></"
        "status>",
        bridge.next_record);
  if (bare == "calls") {
    std::size_t offset = 0;
    if (auto const at = path.find("offset="); at != path.npos)
      std::from_chars(path.data() + at + 7, path.data() + path.size(), offset);
    auto out = fmt::format("<calls total=\"{}\">", bridge.calls.size());
    for (auto i = offset; i < std::min(bridge.calls.size(), offset + 20); ++i)
      out += fmt::format("<call id=\"{}\"><callCorrelator>{}</callCorrelator></call>",
                         guid('c', calls_[bridge.calls[i]].number),
                         guid('d', calls_[bridge.calls[i]].number));
    return out + "</calls>";
  }
  if (bare.starts_with("calls/")) {
    auto& call = calls_.at(number_in(bare.substr(6)));
    if (line.starts_with("PUT")) return show(call, body), "";
    return call_answer(call, bare.size() > 42 ? bare.substr(43) : "");
  }
  if (bare.starts_with("callLegs/"))
    return fmt::format(
        "<callLeg id=\"{}\"><type>sip</type><status><state>connected</state></status>"
        "</callLeg>",
        bare.substr(9));
  if (bare == "system/cdrReceivers") return R"(<cdrReceivers total="0" maximum="4"/>)";
  if (bare == "callBridges") return R"(<callBridges total="0"/>)";
  return "<cluster/>";
}

std::string BenchCms::call_answer(Call& call, std::string_view rest) {
  if (rest.starts_with("callLegs")) {
    auto out = fmt::format("<callLegs total=\"{}\">", call.legs.size());
    for (auto const& leg : call.legs)
      out += fmt::format(
          "<callLeg id=\"{}\"><remoteParty>p{}@{}</remoteParty><call>{}</call></callLeg>",
          guid('1', leg.number), leg.number, leg.outsider ? "partner.example.net" : "acme.example",
          guid('c', call.number));
    return out + "</callLegs>";
  }
  return fmt::format(
      "<call id=\"{}\"><callCorrelator>{}</callCorrelator><numCallLegs>{}</numCallLegs>"
      "<numDistributedInstances>0</numDistributedInstances><messageText>{}</messageText>"
      "<messagePosition>bottom</messagePosition><messageDuration>{}</messageDuration></call>",
      guid('c', call.number), guid('d', call.number), call.legs.size(),
      call.shown ? fmt::format("Level {}", call.shown) : "", call.shown ? "permanent" : "0");
}

void BenchCms::show(Call& call, std::string_view body) {
  ++seen_.notices;
  auto const at = body.find("Level");
  call.shown = 0;
  // "Level%203" or "Level+3": the last digit of these.
  if (at != body.npos)
    for (char const c : body.substr(at, 10))
      if (c >= '1' && c <= '3') call.shown = c - '0';
  if (!call.rises || call.shown < 3) return;
  auto const now = now_ns();
  call.rises = false;
  ++seen_.shown;
  seen_.after_commit.add(call.answered_at != 0 ? now - call.answered_at : 0);
  if (call.post_at != 0) seen_.after_post.add(now - call.post_at);
}

void BenchCms::record(Bridge& bridge, std::string_view type, std::string_view content) {
  auto const index = bridge.next_record++;
  ++made_;
  bridge.waiting.push_back(
      fmt::format("<record type=\"{}\" time=\"2026-11-22T09:00:01Z\" recordIndex=\"{}\" "
                  "correlatorIndex=\"{}\">\n"
                  "{}\n</record>\n",
                  type, index + 1, index, content));
}

void BenchCms::come(Call& call, bool outsider) {
  auto& bridge = *bridges_[static_cast<std::size_t>(call.bridge)];
  auto const number = next_leg_++;
  auto const id = guid('1', number), group = guid('9', number), in = guid('c', call.number);
  auto const domain = outsider ? "partner.example.net" : "acme.example";
  record(bridge, "callLegStart",
         fmt::format("<callLeg id=\"{}\"><remoteParty>p{}@{}</remoteParty><displayName>Person {}"
                     "</displayName><type>sip</type><direction>incoming</direction><groupId>{}"
                     "</groupId><sipCallId>s{}@10.1.0.9</sipCallId></callLeg>",
                     id, number, domain, number, group, number));
  for (int i = 0; i < 2; ++i)
    record(
        bridge, "callLegUpdate",
        fmt::format("<callLeg id=\"{}\"><state>connected</state><call>{}</call><deactivated>false"
                    "</deactivated><groupId>{}</groupId><remoteAddress>p{}@{}</remoteAddress>"
                    "<displayName>Person {}</displayName></callLeg>",
                    id, in, group, number, domain, number));
  call.legs.push_back({number, outsider});
  call.outsiders += outsider;
  if (!outsider || call.shown >= 3 || call.rises) return;
  call.rises = true;
  call.post_at = call.answered_at = 0;
  ++seen_.raises;
  bridge.rising.push_back(call.number);
}

void BenchCms::leave(Call& call) {
  auto const who = drawn() % call.legs.size();
  auto const leg = call.legs[who];
  call.legs.erase(call.legs.begin() + static_cast<std::ptrdiff_t>(who));
  call.outsiders -= leg.outsider;
  record(*bridges_[static_cast<std::size_t>(call.bridge)], "callLegEnd",
         fmt::format("<callLeg id=\"{}\"><reason>remoteTeardown</reason><remoteTeardown>true"
                     "</remoteTeardown><durationSeconds>60</durationSeconds></callLeg>",
                     guid('1', leg.number)));
}

void BenchCms::act() {
  auto& call = calls_[(drawn() >> 20) % calls_.size()];
  auto& bridge = *bridges_[static_cast<std::size_t>(call.bridge)];
  bool const full = call.legs.size() >= 8, bare = call.legs.size() <= 3;
  if (bare || (!full && (drawn() >> 30) % 2))
    come(call, (drawn() >> 25) % 5 == 0);
  else
    leave(call);
  post(bridge);
}

void BenchCms::post_to(std::uint16_t port, std::string path) {
  path_ = std::move(path);
  for (auto const& bridge : bridges_) {
    bridge->sender = tcp::socket(io_);
    bridge->sender.connect({asio::ip::address_v4::loopback(), port});
    bridge->sender.set_option(tcp::no_delay(true));
    bridge->in_post = 0;
  }
}

void BenchCms::post(Bridge& bridge) {
  if (bridge.in_post != 0 || bridge.waiting.empty()) return;
  bridge.in_post = std::min(bridge.waiting.size(), most_in_a_post);
  auto body = fmt::format("<?xml version=\"1.0\"?>\n<records session=\"{}\">\n", bridge.session);
  for (std::size_t i = 0; i < bridge.in_post; ++i) {
    body += bridge.waiting.front();
    bridge.waiting.pop_front();
  }
  body += "</records>\n";
  bridge.out = fmt::format(
      "POST {}{} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\nContent-Length: "
      "{}\r\n\r\n{}",
      path_, bridge.number, body.size(), body);
  // What a cut post leaves behind is told by the next: a little late, never early.
  if (bridge.waiting.empty()) bridge.under_way = std::exchange(bridge.rising, {});
  bridge.post_at = now_ns();
  for (auto const call : bridge.under_way) calls_[call].post_at = bridge.post_at;
  asio::async_write(bridge.sender, asio::buffer(bridge.out), [](auto error, std::size_t) {
    if (error) throw std::runtime_error("the receiver closed a connection");
  });
  bridge.sender.async_read_some(
      asio::buffer(bridge.room), [this, &bridge](auto error, std::size_t got) {
        if (error) throw std::runtime_error("the receiver closed a connection");
        int status = 0;
        std::from_chars(bridge.room.data() + 9, bridge.room.data() + std::min<std::size_t>(12, got),
                        status);
        posted(bridge, status);
      });
}

void BenchCms::posted(Bridge& bridge, int status) {
  auto const now = now_ns();
  seen_.answers.add(now - bridge.post_at);
  ++seen_.posts;
  if (status / 100 == 2)
    seen_.records += bridge.in_post;
  else
    ++seen_.refused;
  for (auto const call : std::exchange(bridge.under_way, {}))
    if (calls_[call].rises) calls_[call].answered_at = now;
  bridge.in_post = 0;
  post(bridge);
}

}  // namespace wardroom::bench
