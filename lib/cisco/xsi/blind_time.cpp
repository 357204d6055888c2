#include "cisco/xsi/blind_time.hpp"

#include "base/planted.hpp"

#include <algorithm>

namespace wardroom::xsi {
namespace {

constexpr std::size_t most_spans = 512;  // of ended channels that may still matter

/// Sorted, without overlaps.
template <class Spans>
Spans merged(Spans spans) {
  std::sort(spans.begin(), spans.end(), [](auto a, auto b) { return a.from < b.from; });
  Spans out;
  for (auto const& span : spans) {
    if (span.to <= span.from) continue;
    if (!out.empty() && span.from <= out.back().to)
      out.back().to = std::max(out.back().to, span.to);
    else
      out.push_back(span);
  }
  return out;
}

template <class Spans>
Spans common(Spans const& a, Spans const& b) {
  Spans out;
  for (auto const& x : a)
    for (auto const& y : b) {
      auto const from = std::max(x.from, y.from), to = std::min(x.to, y.to);
      if (from < to) out.push_back({from, to});
    }
  return merged(std::move(out));
}

template <class Spans>
auto length(Spans const& spans) {
  BootClock::duration sum{};
  for (auto const& span : spans) sum += span.to - span.from;
  return sum;
}

}  // namespace

void BlindTime::begin(Uptime now) {
  end(now);
  from_ = now;
}

void BlindTime::end(Uptime now) {
  settle(now);
  from_.reset();
  live_.clear();
  channels_.clear();
  subscriptions_.clear();
  subscribed_since_.reset();
}

void BlindTime::channel_opened(void const* channel, Uptime now) { live_.emplace(channel, now); }

void BlindTime::channel_ended(void const* channel, Uptime proven) {
  auto const found = live_.find(channel);
  if (found == live_.end()) return;
  channels_.push_back({found->second, proven});
  live_.erase(found);
  channels_ = merged(std::move(channels_));
  if (channels_.size() > most_spans) settle(channels_[channels_.size() - most_spans].from);
}

void BlindTime::subscribed(Uptime now) {
  if (!subscribed_since_) subscribed_since_ = now;
}

void BlindTime::unsubscribed(Uptime proven) {
  if (!subscribed_since_) return;
  subscriptions_.push_back({*subscribed_since_, proven});
  subscriptions_ = merged(std::move(subscriptions_));
  subscribed_since_.reset();
}

/// What lies between from_ and `until` without being covered.
BlindTime::Spans BlindTime::gaps(Uptime until) const {
  if (!from_ || until <= *from_) return {};
  auto channels = channels_, subscriptions = subscriptions_;
  for (auto const& [channel, opened] : live_) channels.push_back({opened, until});
  if (subscribed_since_) subscriptions.push_back({*subscribed_since_, until});
  Spans out;
  auto at = *from_;
  for (auto const& seen : common(merged(std::move(channels)), merged(std::move(subscriptions)))) {
    if (seen.from > at) out.push_back({at, std::min(seen.from, until)});
    at = std::max(at, seen.to);
    if (at >= until) return out;
  }
  out.push_back({at, until});
  return out;
}

void BlindTime::settle(Uptime horizon) {
  if (!from_ || horizon <= *from_) return;
  if (!WARDROOM_PLANTED("blind-seconds-forgotten")) settled_ += length(gaps(horizon));
  from_ = horizon;
  auto const old = [horizon](Span const& span) { return span.to <= horizon; };
  std::erase_if(channels_, old);
  std::erase_if(subscriptions_, old);
}

std::optional<Uptime> BlindTime::since(Uptime now) const {
  if (!from_ || sees()) return std::nullopt;
  auto const all = gaps(now);
  return all.empty() || all.back().to < now ? now : all.back().from;
}

BlindTime::Duration BlindTime::total(Uptime now) const { return settled_ + length(gaps(now)); }

}  // namespace wardroom::xsi
