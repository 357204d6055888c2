#include "http/curl_client.hpp"

#include "http/curl_loop.hpp"
#include "http/curl_transfer.hpp"
#include "http/trust.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include <list>
#include <map>
#include <stdexcept>
#include <unordered_map>

namespace wardroom::http {
namespace asio = boost::asio;
using TransferPtr = std::shared_ptr<CurlTransfer>;

namespace {

std::optional<Proxy> usable_proxy(CurlClient::Options const& options) {
  if (options.proxy.empty()) return std::nullopt;
  auto proxy = parse_proxy(options.proxy);
  if (!proxy) throw std::runtime_error(proxy.error().what);
  if (!options.proxy_login.empty())
    if (auto const set = set_login(*proxy, options.proxy_login); !set)
      throw std::runtime_error(set.error().what);
  return std::move(*proxy);
}

}  // namespace

/// Owner of the queue, of the handles and of all transfers; weakly held by posted handlers.
class CurlClient::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Executor loop, Clock& clock, Options options)
      : loop_(loop),
        clock_(clock),
        options_(std::move(options)),
        trusted_(trust_of(options_.ca_file)),
        proxy_(usable_proxy(options_)),
        curl_(loop, static_cast<long>(options_.max_in_flight + options_.max_streams + 64),
              [this](CURL* easy, CURLcode result) { ended(easy, result); }) {
    if (auto const pin = check_pin(options_.pinned_key); !pin)
      throw std::runtime_error(pin.error().what);
  }

  void shut() {
    auto drop = [](TransferPtr const& transfer) {
      transfer->slot.clear();
      auto const dropped = std::exchange(transfer->done, nullptr);  // the coroutine dies with it
    };
    for (auto& queue : queue_)
      for (auto const& transfer : std::exchange(queue, {})) drop(transfer);
    for (auto const& [easy, transfer] : std::exchange(active_, {})) {
      curl_.remove(easy);
      curl_easy_cleanup(easy);
      drop(transfer);
    }
    for (auto* easy : std::exchange(idle_, {})) curl_easy_cleanup(easy);
  }

  Task<Result<void>> run(TransferPtr transfer) {
    auto origin = check(transfer->request);
    if (!origin) co_return std::unexpected(std::move(origin.error()));
    transfer->host = origin->host;
    transfer->origin = origin->scheme + "//" + origin->host + ":" + std::to_string(origin->port) +
                       "|" + transfer->request.connect_to;
    auto start = [this, &transfer](auto handler) { enqueue(transfer, std::move(handler)); };
    co_await asio::async_initiate<asio::use_awaitable_t<Executor> const,
                                  void(boost::system::error_code)>(start, use_task);
    if (transfer->thrown) std::rethrow_exception(transfer->thrown);
    co_return std::move(transfer->outcome);
  }

  std::size_t in_flight() const { return active_.size(); }
  std::size_t queued() const { return queue_[0].size() + queue_[1].size(); }
  std::size_t watched() const { return curl_.watched(); }

 private:
  template <class Handler>
  void enqueue(TransferPtr const& transfer, Handler handler) {
    transfer->slot = asio::get_associated_cancellation_slot(handler);
    if (transfer->slot.is_connected())
      transfer->slot.assign([weak = weak_from_this(), transfer = std::weak_ptr(transfer),
                             loop = loop_](asio::cancellation_type) {
        // Perhaps inside a libcurl callback: only afterwards.
        asio::post(loop, [weak, transfer] {
          auto const me = weak.lock();
          auto const t = transfer.lock();
          if (me && t) me->finish(t, asio::error::operation_aborted);
        });
      });
    transfer->done = std::move(handler);
    queue_[transfer->request.urgent ? 0 : 1].push_back(transfer);
    start_queued_soon();
  }

  /// libcurl may be at work further up the stack, so starting is always posted.
  void start_queued_soon() {
    if (std::exchange(start_posted_, true)) return;
    asio::post(loop_, [weak = weak_from_this()] {
      auto const me = weak.lock();
      if (!me) return;
      me->start_posted_ = false;
      me->start_queued();
    });
  }

  bool has_room(CurlTransfer const& transfer) const {
    if (transfer.sink) return true;
    auto const here = per_origin_.find(transfer.origin);
    return requests_ < options_.max_in_flight &&
           (here == per_origin_.end() || here->second < options_.max_per_origin);
  }

  void start_queued() {
    for (auto& queue : queue_)
      for (auto next = queue.begin(); next != queue.end();) {
        if (!has_room(**next)) {
          ++next;
          continue;
        }
        auto const transfer = std::move(*next);
        next = queue.erase(next);
        begin(transfer);
      }
  }

  /// The proxy, unless this one stays on the machine.
  Proxy const* way(CurlTransfer const& transfer) const {
    auto const target = split_address(transfer.request.connect_to);
    bool const here =
        is_loopback_host(transfer.host) || (target && is_loopback_host(target->first));
    return proxy_ && !here ? &*proxy_ : nullptr;
  }

  void begin(TransferPtr const& transfer) {
    auto* easy = take_handle();
    transfer->configure(easy, options_, trusted_, way(*transfer));
    if (!transfer->sink) {
      ++requests_;
      ++per_origin_[transfer->origin];
    }
    active_.emplace(easy, transfer);
    if (auto const code = curl_.add(easy); code != CURLM_OK) {
      transfer->outcome =
          failure(ErrorKind::internal,
                  describe(transfer->request) + ": libcurl: " + curl_multi_strerror(code));
      finish(transfer, {});
      return;
    }
    watch(transfer);
  }

  void watch(TransferPtr const& transfer) {
    auto const& request = transfer->request;
    auto in = [&](Milliseconds limit, auto then) {
      return clock_.after(limit, [weak = std::weak_ptr(transfer), then] {
        if (auto const t = weak.lock()) then(t);
      });
    };
    transfer->connect_timer = in(request.connect_timeout, [this](TransferPtr const& t) {
      if (!t->connected)
        give_up(t, "no connection within " + std::to_string(t->request.connect_timeout.count()) +
                       " ms");
    });
    transfer->head_timer = in(request.timeout, [this](TransferPtr const& t) {
      give_up(t, (t->head_done ? "no complete answer within " : "no answer within ") +
                     std::to_string(t->request.timeout.count()) + " ms");
    });
    if (transfer->sink)
      transfer->on_head_done = [t = transfer.get()] { t->head_timer.cancel(); };
    else
      watch_for_stall(transfer);
  }

  void watch_for_stall(TransferPtr const& transfer) {
    auto const before =
        transfer->head_done ? std::optional(transfer->response.body.size()) : std::nullopt;
    transfer->stall_timer =
        clock_.after(options_.stall_timeout, [this, before, weak = std::weak_ptr(transfer)] {
          auto const t = weak.lock();
          if (!t) return;
          auto const came = before ? t->response.body.size() - *before : 0;
          auto const ms = static_cast<std::size_t>(options_.stall_timeout.count());
          if (!before || came * 1000 >= options_.slowest * ms) return watch_for_stall(t);
          give_up(t, (came ? "only " + std::to_string(came) + " bytes" : "nothing") + " came for " +
                         std::to_string(ms) + " ms");
        });
  }

  void give_up(TransferPtr const& transfer, std::string why) {
    Error error{ErrorKind::timed_out, describe(transfer->request) + ": " + std::move(why)};
    error.not_done = !transfer->connected;
    transfer->outcome = std::unexpected(std::move(error));
    finish(transfer, {});
  }

  void ended(CURL* easy, CURLcode result) {
    auto const found = active_.find(easy);
    if (found == active_.end()) return;
    auto const transfer = found->second;
    transfer->outcome = transfer->judge(result);
    finish(transfer, {});
  }

  /// The one way out: frees what the transfer held, then wakes who waits.
  void finish(TransferPtr transfer, boost::system::error_code error) {
    if (!transfer->done) return;
    transfer->connect_timer.cancel();
    transfer->head_timer.cancel();
    transfer->stall_timer.cancel();
    queue_[transfer->request.urgent ? 0 : 1].remove(transfer);
    if (auto* easy = transfer->easy; easy && active_.erase(easy)) {
      curl_.remove(easy);  // harmless when libcurl has finished with it
      give_handle_back(easy);
      transfer->easy = nullptr;
      if (!transfer->sink) {
        --requests_;
        auto const here = per_origin_.find(transfer->origin);
        if (--here->second == 0) per_origin_.erase(here);
      }
    }
    transfer->forget_credentials();
    transfer->slot.clear();
    auto wake = std::move(transfer->done);  // it may own the transfer
    transfer->done = nullptr;
    start_queued_soon();
    wake(error);
  }

  CURL* take_handle() {
    if (idle_.empty()) {
      auto* easy = curl_easy_init();
      if (!easy) throw std::bad_alloc();
      return easy;
    }
    auto* easy = idle_.back();
    idle_.pop_back();
    return easy;
  }

  void give_handle_back(CURL* easy) {
    curl_easy_reset(easy);  // options only: connections, names and TLS sessions stay
    idle_.push_back(easy);
  }

  Executor loop_;
  Clock& clock_;
  Options options_;
  std::shared_ptr<x509_store_st> trusted_;
  std::optional<Proxy> proxy_;
  CurlLoop curl_;
  std::list<TransferPtr> queue_[2];  ///< urgent, other
  std::unordered_map<CURL*, TransferPtr> active_;
  std::map<std::string, std::size_t> per_origin_;
  std::size_t requests_ = 0;
  std::vector<CURL*> idle_;
  bool start_posted_ = false;
};

CurlClient::CurlClient(Executor loop, Clock& clock, Options options)
    : impl_(std::make_shared<Impl>(loop, clock, std::move(options))) {}

CurlClient::~CurlClient() { impl_->shut(); }

Task<Result<ClientResponse>> CurlClient::send(ClientRequest request) {
  auto const transfer = std::make_shared<CurlTransfer>(std::move(request), nullptr);
  auto outcome = co_await impl_->run(transfer);
  if (!outcome) co_return std::unexpected(std::move(outcome.error()));
  co_return std::move(transfer->response);
}

Task<Result<void>> CurlClient::stream(ClientRequest request, StreamSink& sink) {
  auto const transfer = std::make_shared<CurlTransfer>(std::move(request), &sink);
  co_return co_await impl_->run(transfer);
}

std::size_t CurlClient::in_flight() const { return impl_->in_flight(); }
std::size_t CurlClient::queued() const { return impl_->queued(); }
std::size_t CurlClient::watched_sockets() const { return impl_->watched(); }

}  // namespace wardroom::http
