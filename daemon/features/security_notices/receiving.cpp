// How posts of records are taken: in order, each record once, in slices, answered after the commit.
#include "base/log.hpp"
#include "base/planted.hpp"
#include "features/security_notices/notices_inside.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace wardroom::security_notices {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kReadOnLoop = 32 * 1024;  // octets; some 1 ms
constexpr std::size_t kSlice = 200;             // records

}  // namespace

/// The commit is waited for outside of the turn: posts that come meanwhile go along with one.
Task<Received> SecurityNotices::Impl::receive(BridgeState& bridge, std::string body) {
  ++bridge.counters.posts;
  bridge.last_post = ports.clock.now();
  if (off()) co_return Received{};  // what is running is read when it is switched on
  if (!loaded) {
    ++bridge.counters.store_failures;
    co_return Received{503, "how far the bridges were heard is not read from the store yet"};
  }
  {
    auto const turn = co_await bridge.turns.take();
    auto const batch = co_await parse(std::move(body));
    co_await take(bridge, batch);
  }
  changed();
  if (WARDROOM_PLANTED("record-answered-before-commit")) co_return Received{};
  auto const done = co_await store.commit();
  if (!done) {
    ++bridge.counters.store_failures;
    store_soon();
    co_return Received{503, done.error().what};
  }
  co_return Received{};
}

Task<conference::RecordBatch> SecurityNotices::Impl::parse(std::string body) {
  if (body.size() <= kReadOnLoop) co_return ports.read_records(body);
  co_return co_await ports.helpers.run(
      [body = std::move(body), &read = ports.read_records] { return read(body); });
}

Task<void> SecurityNotices::Impl::take(BridgeState& bridge, conference::RecordBatch const& batch) {
  if (!batch.call_bridge.empty()) bridge.call_bridge = batch.call_bridge;
  bridge.counters.strangers += batch.strangers;
  for (std::size_t at = 0;;) {
    auto const end = std::min(at + kSlice, batch.records.size());
    Slice slice;
    for (; at < end; ++at) take_record(bridge, batch, at, slice);
    bool const last = at == batch.records.size();
    if (last) note_fault(bridge, batch, slice);
    store.note_mark(bridge.name(), bridge.order.mark());
    end_slice(bridge, std::move(slice));
    if (last) co_return;
    co_await asio::post(ports.loop, use_task);
  }
}

void SecurityNotices::Impl::take_record(BridgeState& bridge, conference::RecordBatch const& batch,
                                        std::size_t at, Slice& slice) {
  auto const& record = batch.records[at];
  auto& counters = bridge.counters;
  auto const verdict = bridge.order.see(batch.session, record);
  if (verdict.place == Place::old) {
    ++counters.old;
    if (verdict.news) slice.doubt = "records came of a session that seemed to be over";
    return;
  }
  if (verdict.place == Place::seen) {
    ++counters.duplicates;
    return;
  }
  ++counters.records;
  if (verdict.place == Place::late) ++counters.late;
  if (verdict.new_session) begin_session(bridge, record.time, slice);
  bridge.heard = true;
  if (verdict.place == Place::gap || verdict.lost > 0) {
    ++counters.gaps;
    counters.lost += verdict.lost;
    slice.lost += verdict.lost;
  }
  if (record.kind == conference::RecordKind::unknown) {
    ++counters.unknown_types;
    return;
  }
  if (record.broken) {
    ++counters.malformed;
    slice.doubt = "a record lacks what it must have";
    return;
  }
  auto changes = ledger.apply(bridge.no, record);
  rows.hear(changes, record.time);
  slice.changes.add(std::move(changes));
}

/// The first session heard after our start need not be a restart: what runs was read already.
void SecurityNotices::Impl::begin_session(BridgeState& bridge, std::optional<Instant> at,
                                          Slice& slice) {
  bool const restarted = bridge.heard;
  ++bridge.counters.sessions;
  bridge.order_over = false;
  bridge.covered.reset();
  ledger.forget_machines(bridge.no);
  bridge.left_calls.clear();
  if (restarted) {
    auto changes = ledger.new_session(bridge.no);
    rows.hear(changes, at);
    slice.changes.add(std::move(changes));
  }
  slice.doubt = restarted ? "the bridge was restarted" : "a session of the bridge begins";
  store.tell_bridge(bridge.name(), "session",
                    restarted ? "The bridge was restarted: its calls are over."
                              : "The first records of a session of the bridge came.");
}

void SecurityNotices::Impl::note_fault(BridgeState& bridge, conference::RecordBatch const& batch,
                                       Slice& slice) {
  if (batch.fault) {
    ++bridge.counters.malformed;
    slice.doubt = "a post could not be read: " + *batch.fault;
    store.tell_bridge(bridge.name(), "malformed", slice.doubt + ".");
    log::warning("a post of a bridge could not be read to its end",
                 {{"bridge", bridge.name()},
                  {"why", *batch.fault},
                  {"records_before", batch.records.size()}});
  }
  if (bridge.mute.empty() || batch.records.empty()) return;
  bridge.mute.clear();
  slice.doubt = "its records come again";
}

/// Doubt before anything else is judged by what came.
void SecurityNotices::Impl::end_slice(BridgeState& bridge, Slice slice) {
  if (slice.lost > 0) {
    slice.doubt = fmt::format("{} records were lost", slice.lost);
    store.tell_bridge(bridge.name(), "gap", slice.doubt + ".");
  }
  if (!slice.doubt.empty()) {
    auto doubt = ledger.doubt(bridge.no, slice.doubt);
    rows.hear(doubt);
    slice.changes.add(std::move(doubt));
  }
  hear_board_and_ask(slice.changes);
  if (!slice.doubt.empty() && !WARDROOM_PLANTED("gap-not-read-anew"))
    begin_resync(bridge, std::move(slice.doubt));
}

}  // namespace wardroom::security_notices
