#include "cisco/xsi/xsi_directory.hpp"

#include "base/log.hpp"
#include "runtime/backoff.hpp"

#include <algorithm>
#include <utility>

namespace wardroom::xsi {
namespace {
constexpr std::int64_t page_size = 50;
constexpr int attempts = 5;  ///< of one page
constexpr Milliseconds first_wait{500}, longest_wait{20'000}, patience{90'000};
}  // namespace

XsiDirectory::XsiDirectory(Ports ports, XsiSettings settings)
    : ports_(ports),
      settings_(std::move(settings)),
      http_(ports.client, ports.tokens, ports.dice, settings_.identity),
      base_(settings_, ports.organisation, ports.clock) {}

Task<Result<std::string>> XsiDirectory::get(std::string path, std::string what) {
  auto const base = co_await base_.url();
  if (!base) co_return std::unexpected(base.error());
  http::ClientRequest request;
  request.url = at(*base, path);
  request.headers.add("X-BroadWorks-Protocol-Version", "25.0");
  request.timeout = settings_.timers.request_timeout;
  request.response_limit = 1u << 20;
  auto answer = co_await http_.send(std::move(request));
  if (!answer ? is_transient(answer.error().kind) : answer->status >= 500) base_.failed();
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status / 100 != 2)
    co_return std::unexpected(refused(what, *answer, ports_.clock.now()));
  co_return std::move(answer->body);
}

/// A page that could not be had is asked for again: one refusal must not cost a listing of
/// hundreds. Waits as long as the platform says, a minute and a half for one page at most.
Task<Result<DirectoryPage>> XsiDirectory::page_at(std::string path, Uptime give_up) {
  Backoff backoff(first_wait, longest_wait);
  for (int tries = 1;; ++tries) {
    auto const body = co_await get(path, "listing the calling directory");
    if (body) co_return read_directory_page(*body);
    auto const& error = body.error();
    auto const asked = error.retry_after.value_or(Milliseconds(0));
    auto const wait = std::max(backoff.next(ports_.dice) + first_wait / 2, asked);
    bool const worth =
        is_transient(error.kind) && tries < attempts && ports_.clock.uptime() + wait <= give_up;
    if (!worth) co_return std::unexpected(error);
    log::info("a page of the calling directory is asked for again", {{"why", error.what}});
    co_await ports_.clock.sleep_for(wait);
  }
}

Task<Result<void>> XsiDirectory::users(std::string any_user,
                                       std::function<void(std::vector<CallingUser>)> page) {
  auto const path = "/user/" + segment(any_user) + "/directories/Enterprise?start=";
  std::int64_t start = 1, total_before = 0;
  for (;;) {
    auto found =
        co_await page_at(path + std::to_string(start) + "&results=" + std::to_string(page_size),
                         ports_.clock.uptime() + patience);
    if (!found) co_return std::unexpected(found.error());
    if (found->start != 0 && found->start != start && found->records > 0)
      co_return failure(ErrorKind::unavailable,
                        "the calling directory answered with another page than the one asked for");
    // What follows moved up: somebody may have slipped from a page to come to one that was read.
    if (found->total < total_before)
      co_return failure(ErrorKind::unavailable,
                        "the calling directory became shorter while it was read");
    start += found->records;
    auto const total = total_before = found->total;
    auto const records = found->records;
    if (!found->users.empty()) page(std::move(found->users));
    if (start > total) co_return Result<void>{};
    if (records == 0)
      co_return failure(ErrorKind::unavailable, "the calling directory ended after " +
                                                    std::to_string(start - 1) + " of " +
                                                    std::to_string(total) + " records");
  }
}

Task<Result<CallingUser>> XsiDirectory::user(std::string id) {
  auto const body = co_await get("/user/" + segment(id) + "/profile", "reading a calling profile");
  if (!body) co_return std::unexpected(body.error());
  co_return read_profile(*body);
}

}  // namespace wardroom::xsi
