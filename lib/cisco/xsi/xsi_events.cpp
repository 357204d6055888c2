// The part of XsiSession that takes what the channels tell: events, their
// acknowledgement, gaps.
#include "base/log.hpp"
#include "base/planted.hpp"
#include "cisco/xsi/xsi_run.hpp"

#include <string>

namespace wardroom::xsi {

/// The acknowledgement is only noted here; what the event means for a call goes
/// first. An event that finds no room is acknowledged all the same: the server
/// must not close the channel for it.
void XsiSession::on_event(XsiChannel& channel, CallEvent event) {
  run_->acks.send(channel.ack_target(), event.id);
  if (!run_->seen.first_time(event.id.text())) {
    ++health_.duplicates;
    return;
  }
  ++health_.events;
  watch_sequence(event);
  bool const ended = event.kind == CallEventKind::subscription_terminated;
  auto const subscription = ended ? event.subscription : std::string();
  if (!run_->events.push(std::move(event))) ++health_.overflows;
  if (ended && !run_->stopping) run_->subscription.terminated(subscription);
}

void XsiSession::on_malformed(XsiChannel& channel, MalformedDocument document) {
  ++health_.malformed;
  log::warning(
      "an XSI document could not be used",
      {{"xsp", channel.xsp().host}, {"why", document.why}, {"event", document.event.text()}});
  if (!document.event.empty()) {
    run_->acks.send(channel.ack_target(), document.event);
    if (!run_->seen.first_time(document.event.text())) return;
  }
  resync("an event could not be read");
}

void XsiSession::deliver(CallEvent const& event) {
  try {
    run_->sink.on_call_event(event);
  } catch (std::exception const& e) {
    log::error("handling a call event failed", {{"event", event.id.text()}, {"why", e.what()}});
    resync("handling a call event failed");
  }
}

// Only our own subscription's numbers mean anything; until its id is known they
// are let pass.
void XsiSession::watch_sequence(CallEvent const& event) {
  auto& watch = run_->sequence;
  run_->last_event = ports_.clock.uptime();
  if (event.subscription != run_->subscription.id()) return;
  run_->subscription.heard(*run_->last_event);
  watch.saw(event.sequence, ports_.clock.uptime());
  arm_gap_timer();
}

void XsiSession::arm_gap_timer() {
  auto const due = run_->sequence.next_deadline();
  if (!due || run_->gap_timer.armed()) return;
  run_->gap_timer = ports_.clock.at(*due, [this] {
    auto& watch = run_->sequence;
    run_->gap_timer.cancel();
    bool const meaningful = !watch.informational();
    auto const missing = watch.overdue(ports_.clock.uptime());
    if (meaningful) health_.gaps += missing;
    if (missing > 0 && meaningful && !WARDROOM_PLANTED("sequence-gap-ignored"))
      resync(std::to_string(missing) + " events never came (gap in the sequence numbers)");
    if (meaningful && watch.informational())
      log::warning(
          "sequence numbers of events have gaps as a rule; they are "
          "not watched any more");
    arm_gap_timer();
  });
}

}  // namespace wardroom::xsi
