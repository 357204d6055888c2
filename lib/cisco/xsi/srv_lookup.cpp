#include "cisco/xsi/srv_lookup.hpp"

#include "runtime/wake.hpp"

#include <ares.h>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <arpa/nameser.h>
#include <map>
#include <memory>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace wardroom::xsi {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

constexpr int try_timeout_ms = 2'000;
constexpr int tries = 2;

std::chrono::seconds shortest_ttl(unsigned char const* answer, int size) {
  ns_msg message;
  if (ns_initparse(answer, size, &message) != 0) return std::chrono::seconds(0);
  std::optional<std::uint32_t> shortest;
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    ns_rr record;
    if (ns_parserr(&message, ns_s_an, i, &record) != 0) break;
    shortest = std::min<std::uint32_t>(shortest.value_or(0x7FFF'FFFF), ns_rr_ttl(record));
  }
  return std::chrono::seconds(shortest.value_or(0));
}

Result<SrvAnswer> read_answer(int status, unsigned char const* answer, int size) {
  if (status == ARES_ENODATA || status == ARES_ENOTFOUND) return SrvAnswer{};
  ares_srv_reply* list = nullptr;
  if (status == ARES_SUCCESS) status = ares_parse_srv_reply(answer, size, &list);
  if (status == ARES_ENODATA) return SrvAnswer{};
  if (status != ARES_SUCCESS)
    return failure(status == ARES_ETIMEOUT ? ErrorKind::timed_out : ErrorKind::unavailable,
                   ares_strerror(status));
  SrvAnswer out;
  for (auto const* record = list; record; record = record->next) {
    std::string target(record->host);
    while (target.ends_with('.')) target.pop_back();
    if (!target.empty())
      out.records.push_back({target, record->port, record->priority, record->weight});
  }
  ares_free_data(list);
  out.ttl = shortest_ttl(answer, size);
  return out;
}

/// One question under way. c-ares closes its sockets when it likes, so each is watched through a
/// duplicate that is ours to close.
class Question {
 public:
  Question(Executor loop, std::string name)
      : loop_(loop), name_(std::move(name)), wake_(std::make_shared<Wake>(loop)), timer_(loop) {}
  ~Question() {
    if (channel_) ares_destroy(channel_);
  }
  Question(Question const&) = delete;
  Question& operator=(Question const&) = delete;

  Task<Result<SrvAnswer>> ask(std::string servers) {
    if (auto opened = open(servers); !opened) co_return std::unexpected(opened.error());
    ares_query(channel_, name_.c_str(), ns_c_in, ns_t_srv, on_answer, this);
    while (!answer_) {
      watch_sockets();
      set_timer();
      co_await wake_->wait();
      process();
    }
    co_return std::move(*answer_);
  }

 private:
  struct Watch {
    explicit Watch(Executor loop, int fd) : descriptor(loop, fd) {}
    Descriptor descriptor;
    bool waits_read = false, waits_write = false;
    bool readable = false, writable = false;
  };

  Result<void> open(std::string const& servers) {
    static int const ready = ares_library_init(ARES_LIB_INIT_ALL);
    ares_options options{};
    options.timeout = try_timeout_ms;
    options.tries = tries;
    int const status =
        ready != ARES_SUCCESS
            ? ready
            : ares_init_options(&channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
    if (status != ARES_SUCCESS) {
      channel_ = nullptr;
      return failure(ErrorKind::unavailable,
                     std::string("the resolver did not start: ") + ares_strerror(status));
    }
    if (!servers.empty() && ares_set_servers_ports_csv(channel_, servers.c_str()) != ARES_SUCCESS)
      return failure(
          ErrorKind::malformed,
          "dns_servers '" + servers + "' are not addresses such as 192.0.2.53 or 127.0.0.1:5353");
    return {};
  }

  static void on_answer(void* self, int status, int, unsigned char* answer, int size) {
    if (status == ARES_EDESTRUCTION) return;
    auto& question = *static_cast<Question*>(self);
    question.answer_ = read_answer(status, answer, size);
    if (!*question.answer_)
      question.answer_->error().what =
          "DNS SRV " + question.name_ + ": " + question.answer_->error().what;
  }

  void watch_sockets() {
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    auto const wanted = ares_getsock(channel_, sockets, ARES_GETSOCK_MAXNUM);
    std::map<int, std::shared_ptr<Watch>> still;
    for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
      bool const reads = ARES_GETSOCK_READABLE(wanted, i);
      bool const writes = ARES_GETSOCK_WRITABLE(wanted, i);
      if (!reads && !writes) continue;
      auto known = watches_.find(sockets[i]);
      auto watch = known != watches_.end() ? known->second : nullptr;
      if (!watch) {
        int const fd = ::dup(sockets[i]);
        if (fd < 0) continue;  // the timer still drives the question to its end
        watch = std::make_shared<Watch>(loop_, fd);
      }
      if (reads) wait_for(watch, Descriptor::wait_read, &Watch::waits_read, &Watch::readable);
      if (writes) wait_for(watch, Descriptor::wait_write, &Watch::waits_write, &Watch::writable);
      still.emplace(sockets[i], std::move(watch));
    }
    watches_ = std::move(still);
  }

  void wait_for(std::shared_ptr<Watch> const& watch, Descriptor::wait_type what,
                bool Watch::* pending, bool Watch::* ready) {
    if ((*watch).*pending) return;
    (*watch).*pending = true;
    watch->descriptor.async_wait(
        what, [weak = std::weak_ptr(watch), wake = wake_, pending, ready](auto error) {
          auto const alive = weak.lock();
          if (!alive) return;
          (*alive).*pending = false;
          if (error) return;
          (*alive).*ready = true;
          wake->raise();
        });
  }

  void set_timer() {
    timeval most{.tv_sec = 5, .tv_usec = 0}, left{};
    auto const* until = ares_timeout(channel_, &most, &left);
    timer_.expires_after(std::chrono::seconds(until->tv_sec) +
                         std::chrono::microseconds(until->tv_usec));
    timer_.async_wait([wake = wake_](auto error) {
      if (!error) wake->raise();
    });
  }

  void process() {
    for (auto const& [fd, watch] : std::map(watches_)) {
      bool const reads = std::exchange(watch->readable, false);
      bool const writes = std::exchange(watch->writable, false);
      if (reads || writes)
        ares_process_fd(channel_, reads ? fd : ARES_SOCKET_BAD, writes ? fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // time-outs
  }

  Executor loop_;
  std::string name_;
  std::shared_ptr<Wake> wake_;
  Timer timer_;
  ares_channel channel_ = nullptr;
  std::map<int, std::shared_ptr<Watch>> watches_;
  std::optional<Result<SrvAnswer>> answer_;
};

std::string joined(std::vector<std::string> const& servers) {
  std::string out;
  for (auto const& server : servers) out += (out.empty() ? "" : ",") + server;
  return out;
}

}  // namespace

CaresSrvLookup::CaresSrvLookup(Executor loop, std::vector<std::string> servers)
    : loop_(loop), servers_(joined(servers)) {}

Task<Result<SrvAnswer>> CaresSrvLookup::lookup(std::string name) {
  Question question(loop_, std::move(name));
  co_return co_await question.ask(servers_);
}

}  // namespace wardroom::xsi
