#include "features/call_blocking/why_check.hpp"

#include "features/call_blocking/call_blocking.hpp"
#include "features/call_blocking/reevaluation.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace wardroom::call_blocking {
namespace {

constexpr auto area = "call_blocking";
constexpr auto subject = "why";
constexpr std::size_t latest_calls = 200;
constexpr std::size_t slice = 20;  // worked out without a pause: well under a millisecond

void count_one(WhyCount& count, Document const& document) {
  auto const done = reevaluate(document.value("why", Document::object()));
  if (!done) {
    count.unreadable += done.error().kind == ErrorKind::malformed;
  } else if (done->same()) {
    ++count.same;
  } else if (count.other++ == 0) {
    auto const& d = done->differences.front();
    count.first_other =
        fmt::format("call {}: {} is {} instead of {}",
                    document.value("show", Document::object()).value("call", std::string("?")),
                    d.what, d.again, d.recorded);
  }
}

Task<Findings> look(CallBlocking& feature) {
  auto const documents = co_await feature.store().latest(latest_calls);
  if (!documents)
    co_return Findings{
        skipped("Recorded calls could not be read: " + documents.error().what, subject)};
  WhyCount count;
  for (std::size_t i = 0; i < documents->size(); ++i) {
    count_one(count, (*documents)[i]);
    if (i % slice == slice - 1) co_await boost::asio::post(feature.ports().loop, use_task);
  }
  co_return judge_why(count);
}

}  // namespace

Findings judge_why(WhyCount const& count) {
  auto const all = count.same + count.other;
  if (count.other > 0)
    return {bad(fmt::format("{} of the latest {} verdicts do not follow from what was recorded "
                            "under them ({}).",
                            count.other, all, count.first_other),
                "wardroomctl bugreport   # a defect: please report it", subject)};
  Findings out;
  if (count.unreadable > 0)
    out.push_back(skipped(
        fmt::format("{} recorded verdicts are of a version that cannot be read.", count.unreadable),
        subject));
  if (all > 0)
    out.push_back(fine(fmt::format("The latest {} verdicts were worked out again from what was "
                                   "recorded under them: each is the same.",
                                   all),
                       subject));
  else if (out.empty())
    out.push_back(skipped("No call was judged yet.", subject));
  return out;
}

void add_why_check(Doctor& doctor, CallBlocking& feature) {
  doctor.add({area, area, [&feature](CheckWish) { return look(feature); }});
}

}  // namespace wardroom::call_blocking
