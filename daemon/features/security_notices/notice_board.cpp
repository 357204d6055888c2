#include "features/security_notices/notice_board.hpp"

#include "features/security_notices/notice_board_impl.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace wardroom::security_notices {
namespace {
/// So many conferences are looked at in one turn of the loop; one takes some 10 us.
constexpr std::size_t at_once = 64;
}  // namespace

NoticeBoard::NoticeBoard(Ports ports, NoticeTexts texts)
    : impl_(std::make_unique<Impl>(std::move(ports), texts)) {}
NoticeBoard::~NoticeBoard() = default;

void NoticeBoard::hear(Changes const& changes) { impl_->hear(changes); }
void NoticeBoard::found(CallKey const& call, Tick begun, conference::Message shown) {
  impl_->found(call, begun, std::move(shown));
}
void NoticeBoard::retry(BridgeNo bridge) { impl_->retry(bridge); }
void NoticeBoard::set_texts(NoticeTexts texts) { impl_->set_texts(texts); }
std::optional<NoticeView> NoticeBoard::view(ConferenceId const& conference) const {
  return impl_->view(conference);
}
std::size_t NoticeBoard::behind(BootClock::duration age) const { return impl_->behind(age); }
BoardCounters const& NoticeBoard::counters() const { return impl_->counters_; }
std::array<std::size_t, 4> const& NoticeBoard::levels() const { return impl_->levels_; }
void NoticeBoard::set_hear_latency(std::function<void(double)> hear) {
  impl_->hear_latency_ = std::move(hear);
}

void NoticeBoard::Impl::hear(Changes const& changes) {
  for (auto const& [from, to] : changes.renamed) rename(from, to);
  auto touched = changes.conferences;
  for (auto const& [from, to] : changes.renamed) touched.push_back(to);
  for (auto const& key : changes.new_calls)
    if (auto const id = ports_.ledger.conference_of(key)) touched.push_back(*id);
  for (auto const& key : changes.gone_calls)
    if (auto const found = where_.find(key); found != where_.end())
      touched.push_back(found->second->id);
  std::ranges::sort(touched);
  touched.erase(std::ranges::unique(touched).begin(), touched.end());
  touch_all(std::move(touched));
}

/// Few at once; very many in slices, so that the loop goes on in between.
void NoticeBoard::Impl::touch_all(std::vector<ConferenceId> ids) {
  auto const now = std::min(ids.size(), at_once);
  for (std::size_t i = 0; i < now; ++i) touch(ids[i]);
  later_.insert(later_.end(), ids.begin() + static_cast<std::ptrdiff_t>(now), ids.end());
  forget_foretold();
  if (later_.empty() || touching_later_) return;
  touching_later_ = true;
  ports_.tasks.spawn("notices of many conferences",
                     [this]() -> Task<void> { return touch_slowly(); });
}

Task<void> NoticeBoard::Impl::touch_slowly() {
  auto const loop = co_await boost::asio::this_coro::executor;
  while (!later_.empty()) {
    co_await boost::asio::post(loop, use_task);
    for (std::size_t i = 0; i < at_once && !later_.empty(); ++i) {
      auto const id = std::move(later_.front());
      later_.pop_front();
      touch(id);
    }
  }
  touching_later_ = false;
  forget_foretold();
}

/// Makes the board agree with the ledger about one conference; nothing is lowered here.
void NoticeBoard::Impl::touch(ConferenceId const& id) {
  if (!ports_.ledger.knows(id)) return forget(id, "the conference ended before it was shown");
  auto const evidence = ports_.ledger.evidence(id);
  auto& entry = entry_of(id);
  sync_calls(entry);
  entry.notice.hear(evidence, ports_.clock.uptime());
  learn(entry, evidence);
  announce(entry, evidence);
  show(entry);
  plan(entry);
  changed(entry);
}

NoticeBoard::Impl::Entry& NoticeBoard::Impl::entry_of(ConferenceId const& id) {
  auto& entry = entries_[id];
  if (!entry) {
    entry = std::make_unique<Entry>();
    entry->id = id;
    entry->born = ++births_;
    entry->since = ports_.clock.now();
    ++levels_[0];
  }
  return *entry;
}

NoticeBoard::Impl::Entry* NoticeBoard::Impl::known(ConferenceId const& id) const {
  auto const found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.get();
}

NoticeBoard::Impl::Place NoticeBoard::Impl::place_of(CallKey const& key) const {
  auto const found = where_.find(key);
  if (found == where_.end()) return {};
  return {found->second, &found->second->calls.at(key)};
}

void NoticeBoard::Impl::rename(ConferenceId const& from, ConferenceId const& to) {
  if (from == to || known(from) == nullptr) return;
  auto& target = entry_of(to);
  auto& source = *known(from);
  while (!source.calls.empty()) take_over(target, CallKey(source.calls.begin()->first));
  forget(from, fmt::format("it is part of the conference {}", to.text()));
}

/// The call keeps what it shows, and its new conference wants no less than its old one did. Returns
/// the old one.
NoticeBoard::Impl::Entry* NoticeBoard::Impl::take_over(Entry& entry, CallKey const& key) {
  auto const found = where_.find(key);
  if (found == where_.end()) {
    begin_call(entry, key);
    return nullptr;
  }
  auto* const before = found->second;
  if (before == &entry) return nullptr;
  entry.notice.join(before->notice, ports_.clock.uptime());
  if (entry.cause.empty()) entry.cause = before->cause;
  entry.calls.insert(before->calls.extract(key));
  found->second = &entry;
  return before;
}

void NoticeBoard::Impl::begin_call(Entry& entry, CallKey const& key) {
  auto& call = entry.calls[key];
  where_.emplace(key, &entry);
  auto const told = foretold_.extract(key);
  if (told.empty()) return;
  auto& [begun, message] = told.mapped();
  call.told(messages_, entry.notice.wanted(), begun, std::move(message));
}

void NoticeBoard::Impl::forget_foretold() {
  if (later_.empty()) foretold_.clear();
}

void NoticeBoard::Impl::sync_calls(Entry& entry) {
  auto const calls = ports_.ledger.calls(entry.id);
  for (auto const& key : calls) {
    auto const* before = take_over(entry, key);
    if (before != nullptr && !ports_.ledger.knows(before->id))
      forget(ConferenceId(before->id), "it is part of another conference");
  }
  if (calls.size() == entry.calls.size()) return;
  for (auto it = entry.calls.begin(); it != entry.calls.end();) {
    auto const call = it++;
    if (std::ranges::find(calls, call->first) == calls.end()) drop_call(entry, call);
  }
}

void NoticeBoard::Impl::drop_call(Entry& entry, std::map<CallKey, CallNotice>::iterator call) {
  open_.erase(call->first);
  where_.erase(call->first);
  entry.calls.erase(call);
}

void NoticeBoard::Impl::forget(ConferenceId const& id, std::string const& why) {
  auto const found = entries_.find(id);
  if (found == entries_.end()) return;
  auto const gone = std::move(found->second);
  entries_.erase(found);
  while (!gone->calls.empty()) drop_call(*gone, gone->calls.begin());
  put_off_.erase(id);
  --levels_[std::size_t(gone->announced)];
  finish(*gone, why);
  changed(*gone);
}

/// The words for what is wanted now; while it waits to fall they stay as they were.
void NoticeBoard::Impl::learn(Entry& entry, Evidence const& evidence) {
  entry.doubt = evidence.doubt;
  if (level_of(evidence) != entry.notice.wanted()) return;
  if (evidence.in_lowest_doubt() && evidence.level != SecurityLevel::external)
    entry.cause = evidence.doubt;
  else
    entry.cause = evidence.level == SecurityLevel::none ? "nobody is in it" : evidence.cause;
}

void NoticeBoard::Impl::announce(Entry& entry, Evidence const& evidence) {
  auto const before = entry.announced;
  auto const now = entry.notice.wanted();
  if (before == now) return;
  learn(entry, evidence);
  finish(entry, fmt::format("level {} was wanted before all of its calls showed it", number(now)));
  entry.announced = now;
  entry.since = ports_.clock.now();
  --levels_[std::size_t(before)];
  ++levels_[std::size_t(now)];
  count_change(before, now);
  entry.raised_at.reset();
  if (now > before) entry.raised_at = ports_.clock.uptime();
  if (ports_.on_wanted) entry.told = ports_.on_wanted(entry.id, before, now, entry.cause);
}

void NoticeBoard::Impl::count_change(SecurityLevel before, SecurityLevel now) {
  if (now > before)
    ++counters_.raised;
  else if (now == SecurityLevel::none)
    ++counters_.cleared;
  else
    ++counters_.lowered;
}

void NoticeBoard::Impl::changed(Entry const& entry) const {
  if (ports_.on_change) ports_.on_change(entry.id);
}

void NoticeBoard::Impl::set_texts(NoticeTexts const& texts) {
  messages_.use(texts);
  std::vector<ConferenceId> all;
  all.reserve(entries_.size());
  for (auto const& [id, entry] : entries_) all.push_back(id);
  touch_all(std::move(all));
}

std::string NoticeBoard::Impl::waits_for(Entry const& entry) const {
  auto const at = entry.notice.read_at();
  if (!at) return {};
  if (waits_for_resync(entry)) return entry.doubt;
  if (ports_.clock.uptime() < *at) return "calm";
  if (!entry.trouble.empty()) return entry.trouble;
  return "the answers of its bridges";
}

std::optional<NoticeView> NoticeBoard::Impl::view(ConferenceId const& id) const {
  auto const* entry = known(id);
  if (entry == nullptr) return std::nullopt;
  NoticeView out{.wanted = entry->notice.wanted(),
                 .evident = entry->notice.known(),
                 .cause = entry->cause,
                 .doubt = entry->doubt,
                 .since = entry->since,
                 .lowering = entry->notice.read_at().has_value(),
                 .waits_for = waits_for(*entry)};
  for (auto const& [key, call] : entry->calls)
    out.calls.push_back({.call = key,
                         .shown = call.shown(),
                         .settled = call.settled(messages_, out.wanted),
                         .observed = call.observed(),
                         .trouble = call.trouble()});
  return out;
}

}  // namespace wardroom::security_notices
