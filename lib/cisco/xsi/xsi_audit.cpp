// The part of XsiSession that asks the server which channels our set has, and
// makes both sides agree. What a list says counts when a second one, a little
// later, says it too.
#include "base/log.hpp"
#include "cisco/xsi/xsi_documents.hpp"
#include "cisco/xsi/xsi_run.hpp"

#include <algorithm>
#include <utility>

namespace wardroom::xsi {
namespace {

bool holds(std::vector<std::string> const& list, std::string const& id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

}  // namespace

Task<void> XsiSession::audit() {
  for (;;) {
    co_await ports_.clock.sleep_for(settings_.timers.audit);
    co_await audit_once();
    sweep();
  }
}

Task<void> XsiSession::audit_once() {
  auto const set = run_->channel_set;
  auto const first = co_await ask_for_channels();
  if (!first || first->empty() || set != run_->channel_set) co_return;
  auto const agrees = [&] {
    std::size_t open = 0;
    for (auto const& slot : run_->slots) {
      if (!slot->channel || !slot->channel->is_open()) continue;
      ++open;
      if (!holds(*first, slot->channel->id())) return false;
      slot->reopened_for_audit = false;
    }
    return open == first->size();
  };
  if (agrees()) co_return;
  co_await ports_.clock.sleep_for(settings_.timers.audit_again);
  auto const second = co_await ask_for_channels();
  if (!second || second->empty() || set != run_->channel_set) co_return;
  reopen_unlisted(*first, *second);
  remove_unknown(*first, *second);
}

/// nullopt when there is no list to be had: not every server gives one.
Task<std::optional<std::vector<std::string>>> XsiSession::ask_for_channels() {
  auto const base = events_base();
  if (!base) co_return std::nullopt;
  http::ClientRequest get;
  get.url = at(*base, "/channelset/" + segment(run_->channel_set));
  get.timeout = settings_.timers.request_timeout;
  get.response_limit = 256u << 10;
  auto const answer = co_await http_.send(std::move(get));
  if (!answer || answer->status != 200) {
    log::debug("the channel set could not be audited",
               {{"why", answer ? answered(answer->status, answer->headers) : answer.error().what}});
    co_return std::nullopt;
  }
  auto list = read_channel_set(answer->body);
  if (list) co_return std::move(*list);
  log::debug("the channel set could not be audited", {{"why", list.error().what}});
  co_return std::nullopt;
}

/// A channel that was open before the first question and is in neither list.
/// Where that happens to a channel that was opened anew for it, the lists
/// evidently do not name every channel.
void XsiSession::reopen_unlisted(std::vector<std::string> const& first,
                                 std::vector<std::string> const& now) {
  if (!run_->lists_are_whole) return;
  auto const settled = ports_.clock.uptime() - settings_.timers.audit_again * 2;
  std::vector<Slot*> missing;
  for (auto const& slot : run_->slots) {
    auto const* channel = slot->channel.get();
    if (!channel || !channel->is_open() || channel->left() || *channel->opened_at() > settled)
      continue;
    if (!holds(first, channel->id()) && !holds(now, channel->id())) missing.push_back(slot.get());
  }
  for (auto* slot : missing) {
    if (slot->reopened_for_audit) {
      run_->lists_are_whole = false;
      return log::warning(
          "the server's channel list leaves out channels that live; it is not "
          "used any more to find dead ones",
          {{"xsp", slot->xsp.host}});
    }
    slot->reopened_for_audit = true;
    slot->channel->not_listed();
  }
}

/// One that is nobody's any more would take events that nobody reads.
void XsiSession::remove_unknown(std::vector<std::string> const& first,
                                std::vector<std::string> const& now) {
  std::vector<std::string> ours;
  for (auto const& slot : run_->slots) {
    if (!slot->channel) continue;
    if (slot->channel->id().empty()) return;  // it may be the one that is opening
    ours.push_back(slot->channel->id());
  }
  auto const base = events_base();
  for (auto const& id : now) {
    if (!base || holds(ours, id) || !holds(first, id)) continue;
    log::warning("a channel of our set is nobody's; it is deleted", {{"channel", id}});
    http::ClientRequest away;
    away.method = http::Method::delete_;
    away.url = at(*base, "/channel/" + segment(id));
    away.timeout = settings_.timers.request_timeout;
    run_->farewells.spawn("xsi close",
                          [this, request = std::move(away)] { return send_once(request); });
  }
  ++run_->base_turn;  // if it is still there the next time, another XSP is told
}

}  // namespace wardroom::xsi
