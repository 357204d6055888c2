#include "cisco/cms/list_reading.hpp"

#include "base/planted.hpp"
#include "cisco/cms/cms_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::cms {
namespace {

/// Far beyond what a bridge can hold.
constexpr std::size_t most_items = 100'000;
/// So many pages of one or two elements each, and some steps back: then it stands still.
std::size_t most_pages(std::uint64_t total) { return 20 + 2 * static_cast<std::size_t>(total); }

}  // namespace

Result<ListReading::Taken> ListReading::next_round() {
  if (--rounds_left_ <= 0)
    return failure(ErrorKind::unavailable,
                   fmt::format("the list of {}s changed whenever it was read", item_));
  seen_.clear();
  offset_ = 0;
  total_.reset();
  changed_ = anchored_ = loose_ = false;
  back_ = 1;
  pages_ = 0;
  return Taken{.step = Step::again};
}

Result<ListReading::Taken> ListReading::step_back() {
  changed_ = true;
  back_ *= 2;
  offset_ -= std::min(offset_, back_);
  anchored_ = offset_ > 0;
  return Taken{};
}

Result<ListReading::Taken> ListReading::end_round(std::uint64_t total, Taken out) {
  // Nothing moved, or each page joined the one before and all that is there now was seen.
  bool const whole = seen_.size() >= total && !(changed_ && loose_);
  if (!whole || (changed_ && rounds_left_ > 1)) return next_round();
  out.step = Step::done;
  return out;
}

Result<ListReading::Taken> ListReading::take(xml::Element root) {
  auto const total = number_of(root.attribute("total"));
  if (!total || *total > most_items)
    return failure(
        ErrorKind::malformed,
        fmt::format("the list of {}s does not say how long it is, or is endless", item_));
  if (!total_) total_ = total;
  changed_ = changed_ || total_ != total;
  if (++pages_ > most_pages(*total)) return next_round();

  std::vector<std::string> ids;
  std::vector<xml::Element> items;
  for (auto item = root.first(); item; item = item.next()) {
    if (item.name() != item_) continue;
    ids.push_back(guid_of(item.attribute("id")));
    items.push_back(item);
    if (ids.back().empty())
      return failure(ErrorKind::malformed, fmt::format("a {} of a list has no id", item_));
  }
  bool const joins = !anchored_ || (!ids.empty() && seen_.contains(ids.front()));
  if (offset_ > 0 && (!joins || (ids.empty() && offset_ < *total))) return step_back();
  loose_ = loose_ || (offset_ > 0 && !anchored_);

  Taken out;
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (seen_.insert(ids[i]).second) out.fresh.push_back(items[i]);
  auto const end = offset_ + ids.size();
  if (WARDROOM_PLANTED("first-page-is-the-list")) return end_round(end, std::move(out));
  if (end >= *total) return end_round(*total, std::move(out));
  if (ids.empty()) return next_round();  // there should be more
  if (!out.fresh.empty()) back_ = 1;
  anchored_ = ids.size() > 1;
  offset_ = anchored_ ? end - 1 : end;
  return out;
}

}  // namespace wardroom::cms
