#include "mail/curl_mailer.hpp"

#include "base/encoding.hpp"
#include "mail/mime.hpp"
#include "mail/smtp_transfer.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include <stdexcept>

namespace wardroom::mail {
namespace asio = boost::asio;

/// One mail under way. `transfer` belongs to the thread that runs it, all else to the loop.
struct CurlMailer::Work {
  Work(std::string bytes, std::string from, std::vector<std::string> to)
      : transfer(std::move(bytes), std::move(from), std::move(to)) {}
  void wake(boost::system::error_code error) {
    auto handler = leave();
    if (handler) handler(error);
  }
  /// The slot lives only as long as somebody waits.
  std::move_only_function<void(boost::system::error_code)> leave() {
    if (done) slot.clear();
    slot = {};
    return std::exchange(done, nullptr);
  }
  SmtpTransfer transfer;
  Result<std::string> outcome;
  std::move_only_function<void(boost::system::error_code)> done;
  asio::cancellation_slot slot;
};

CurlMailer::CurlMailer(Executor loop, Clock& clock, Random& random, SmtpSettings settings,
                       Options options)
    : loop_(loop),
      clock_(clock),
      random_(random),
      settings_(std::make_shared<SmtpSettings const>(std::move(settings))),
      options_(std::make_shared<Options const>(std::move(options))),
      threads_(options_->threads) {
  static CURLcode const ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (ready != CURLE_OK) throw std::runtime_error("libcurl cannot be initialised");
}

CurlMailer::~CurlMailer() {
  for (auto const& weak : under_way_)
    if (auto const work = weak.lock()) {
      work->transfer.give_up();
      auto const dropped = work->leave();  // the coroutine dies with it
    }
  threads_.stop();  // what waits for its turn is not begun any more
  threads_.join();
}

Task<Result<std::string>> CurlMailer::send(Message message) {
  if (auto const server = parse_smtp_url(settings_->url); !server)
    co_return std::unexpected(server.error());
  if (message.from.address.empty()) message.from.address = settings_->from;
  auto bytes = write(message, clock_.now(), [this] { return to_hex(random_.bytes(12)); });
  if (!bytes) co_return std::unexpected(std::move(bytes.error()));
  std::vector<std::string> to;
  for (auto const& mailbox : message.to) to.push_back("<" + mailbox.address + ">");
  auto const work =
      std::make_shared<Work>(std::move(*bytes), "<" + message.from.address + ">", std::move(to));
  std::erase_if(under_way_, [](auto const& weak) { return weak.expired(); });
  under_way_.push_back(work);
  auto start = [this, work](auto handler) {
    work->slot = asio::get_associated_cancellation_slot(handler);
    if (work->slot.is_connected())
      work->slot.assign([weak = std::weak_ptr(work), loop = loop_](asio::cancellation_type) {
        asio::post(loop, [weak] {
          if (auto const cancelled = weak.lock()) {
            cancelled->transfer.give_up();
            cancelled->wake(asio::error::operation_aborted);
          }
        });
      });
    work->done = std::move(handler);
    // The loop must not end while a thread is at work for it.
    auto const keep = asio::prefer(loop_, asio::execution::outstanding_work.tracked);
    asio::post(threads_, [work, keep, settings = settings_, options = options_] {
      Result<std::string> outcome;
      try {
        outcome = work->transfer.run(*settings, *options);
      } catch (std::exception const& e) {
        outcome = failure(ErrorKind::internal, e.what());
      }
      asio::post(keep, [work, outcome = std::move(outcome)]() mutable {
        work->outcome = std::move(outcome);
        work->wake({});
      });
    });
  };
  co_await asio::async_initiate<asio::use_awaitable_t<Executor> const,
                                void(boost::system::error_code)>(std::move(start), use_task);
  co_return std::move(work->outcome);
}

}  // namespace wardroom::mail
