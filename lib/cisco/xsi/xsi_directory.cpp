#include "cisco/xsi/xsi_directory.hpp"

#include "cisco/xsi/xsi_documents.hpp"

#include <utility>

namespace wardroom::xsi {
namespace {
constexpr std::int64_t page_size = 50;
}

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

Task<Result<void>> XsiDirectory::users(std::string any_user,
                                       std::function<void(std::vector<CallingUser>)> page) {
  auto const path = "/user/" + segment(any_user) + "/directories/Enterprise?start=";
  std::int64_t start = 1;
  for (;;) {
    auto const body =
        co_await get(path + std::to_string(start) + "&results=" + std::to_string(page_size),
                     "listing the calling directory");
    if (!body) co_return std::unexpected(body.error());
    auto found = read_directory_page(*body);
    if (!found) co_return std::unexpected(found.error());
    if (found->start != 0 && found->start != start && found->records > 0)
      co_return failure(ErrorKind::unavailable,
                        "the calling directory answered with another page than the one asked for");
    start += found->records;
    auto const total = found->total;
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
