// The path of CallBlocking from an event, a fix or the passing of time to a verdict and its
// release.
#include "base/log.hpp"
#include "base/planted.hpp"
#include "features/call_blocking/call_blocking.hpp"
#include "features/call_blocking/emergency_numbers.hpp"

namespace wardroom::call_blocking {
namespace {

constexpr auto kWaitForPerson = std::chrono::milliseconds(700);
constexpr std::size_t kMostEventsKept = 30;
constexpr std::size_t kMostUnacknowledged = 10'000;
constexpr auto kListAgain = std::chrono::seconds(2);

bool is_fresh(Standing standing) {
  return standing != Standing::stale && standing != Standing::no_fix;
}

std::string remote_of(CallLeg const& leg) {
  return !leg.remote_address.empty() ? leg.remote_address : leg.remote_name;
}

}  // namespace

void CallBlocking::on_call_event(CallEvent const& event) {
  ++counters_.events;
  auto const now = ports_.clock.uptime();
  auto const arrived = event.arrived == Uptime{} ? now : event.arrived;
  if (event.kind == CallEventKind::other) ++counters_.unknown_events;
  auto const changes = ledger_.apply(event, now);
  fold(changes, {event.type, arrived, event.id}, event.kind);
  ask_when_in_doubt();
}

/// Events of a call contradict each other, or the platform's list does: the platform knows.
void CallBlocking::ask_when_in_doubt() {
  for (auto& [target, at_once] : ledger_.take_doubted()) {
    if (at_once)
      survey_.ask({std::move(target)}, CallSurvey::Tier::blocked);
    else
      survey_.ask_later(std::move(target), kListAgain);
  }
}

void CallBlocking::calls_listed(XsiUserId const& target, std::vector<CallLeg> const& legs,
                                Uptime asked) {
  auto const now = ports_.clock.uptime();
  fold(ledger_.replace(target, legs, asked, now), {"resync", now}, CallEventKind::snapshot);
  ask_when_in_doubt();
}

void CallBlocking::fold(std::vector<Folded> const& changes, Cause const& cause,
                        CallEventKind kind) {
  // Verdicts first: records and live pages wait, a call that must end does not.
  for (auto const& [change, call] : changes) {
    if (change == Change::opened) opened(call);
    note_emergency(*call);
    bool const undecided = !call->record->judgement;
    if (change != Change::closed && asks_for_verdict(kind, undecided)) judge_call(call, cause);
  }
  for (auto const& [change, call] : changes) {
    note_event(*call, cause);
    if (change == Change::closed) closed(call);
    store_.changed(call->record, false);
  }
}

void CallBlocking::opened(LiveCallPtr const& call) {
  if (call->record == nullptr) {  // otherwise a recall: its record goes on
    call->record = std::make_shared<CallRecord>();
    call->record->call = call->leg.id;
    call->record->target = call->target;
    call->record->at = call->leg.started.value_or(ports_.clock.now());
  }
  call->record->judgement.reset();
  call->record->action.reset();
  call->record->answered_before_release.reset();
  auto const& whose =
      WARDROOM_PLANTED("judged-by-the-other-party") ? call->leg.remote_user : call->target;
  give_person(call, ports_.roster.find(people::RosterKey::of_xsi(whose.text())));
}

void CallBlocking::give_person(LiveCallPtr const& call, PersonNo person) {
  if (person == 0 || call->person == person) return;
  if (auto const before = live_by_person_.find(call->person); before != live_by_person_.end()) {
    std::erase(before->second, call);
    ports_.roster.row(call->person).live_calls = static_cast<std::uint8_t>(before->second.size());
  }
  // Let through while it was nobody's: no verdict on this person.
  if (call->record->person == 0) call->passed = false;
  call->person = call->record->person = person;
  auto& calls = live_by_person_[person];
  calls.push_back(call);
  ports_.roster.row(person).live_calls =
      static_cast<std::uint8_t>(std::min<std::size_t>(calls.size(), 255));
  dashboard_.person_changed(person);
}

void CallBlocking::closed(LiveCallPtr const& call) {
  call->record->state = CallState::released;
  releases_.closed(call);
  if (call->person == 0) return;
  auto const it = live_by_person_.find(call->person);
  if (it == live_by_person_.end()) return;
  std::erase(it->second, call);
  ports_.roster.row(call->person).live_calls =
      static_cast<std::uint8_t>(std::min<std::size_t>(it->second.size(), 255));
  dashboard_.person_changed(call->person);
  if (it->second.empty()) live_by_person_.erase(it);
}

void CallBlocking::note_event(LiveCall& call, Cause const& cause) {
  auto& record = *call.record;
  record.state = call.leg.state;
  record.personality = call.leg.personality;
  record.remote = remote_of(call.leg);
  record.tracking = call.leg.tracking.text();
  record.emergency = call.emergency;
  if (record.events.size() < kMostEventsKept)
    record.events.push_back({ports_.clock.now(), std::string(cause.what), call.leg.state});
}

/// By the platform's word, or by what this person dialled. An answered one opens the hour in which
/// incoming calls pass.
void CallBlocking::note_emergency(LiveCall& call) {
  auto const& leg = call.leg;
  if (!call.emergency) {
    call.emergency = leg.type == CallType::emergency;
    if (!call.emergency && !is_incoming(leg.personality)) {
      std::string country;
      if (ports_.roster.has(call.person)) {
        auto const& letters = ports_.roster.row(call.person).country;
        if (letters[0] != 0) country.assign(letters.begin(), letters.end());
      }
      auto const& policy = standings_.policy();
      EmergencyPlace const place{
          country, {}, policy.outside_line_prefixes, policy.emergency_numbers};
      call.emergency = is_emergency_number(leg.remote_address, leg.remote_country_code, place) ||
                       (call.dialled != leg.remote_address &&
                        is_emergency_number(call.dialled, call.dialled_country_code, place));
    }
    if (call.emergency) ++counters_.emergency;
  }
  if (!call.emergency || is_incoming(leg.personality) || !is_answered(leg)) return;
  callbacks_.begin(call.target, call.first_seen, ports_.fixes.boot_no());
}

Facts CallBlocking::facts_of_call(LiveCall const& call, Facts facts) const {
  facts.incoming = is_incoming(call.leg.personality);
  facts.internal = is_internal(call.leg);
  facts.emergency = call.emergency;
  facts.running = call.passed && is_answered(call.leg);
  facts.emergency_callback = call.callback || callbacks_.run_for(call.target);
  facts.callback_unknown = !callbacks_.known();
  // A queue or a hunt group is no person: nobody's place is in question.
  if (call.person == 0 && map_.answer(call.target) == PeopleMap::Answer::nobody)
    facts.fenced = false;
  return facts;
}

void CallBlocking::judge_call(LiveCallPtr const& call, Cause const& cause) {
  if (!call->open || let_pass_ || standings_.policy().mode == Mode::off) return;
  auto judgement = judgement_of(*call);
  if (call->enforcement == Enforcement::pending || call->enforcement == Enforcement::released)
    return note_let_be(call, judgement.verdict);
  if (call->person == 0 && wait_for_person(call, judgement.verdict)) return;
  bool const release = judgement.verdict.release;
  if (judgement.verdict.again_in)
    check_at(call, ports_.clock.uptime() + *judgement.verdict.again_in);
  if (!release && is_fresh(judgement.facts.standing))
    if (auto const stale = standings_.stale_at(call->person))
      check_at(call, *stale + Milliseconds(1));
  // The last word counts: a call that was to end is none that was let through, should its release
  // fail and its person's position go stale meanwhile.
  call->passed = is_let_through(judgement.verdict);
  if (judgement.verdict.reason == Reason::callback_unknown) check_at(call, callbacks_.known_by());
  call->callback |= judgement.verdict.reason == Reason::emergency_callback;
  call->observe_only = judgement.mode != Mode::enforce;
  // What was only recorded until now is done from now on.
  if (!call->observe_only && call->enforcement == Enforcement::observed)
    call->enforcement = Enforcement::none;
  bool const recorded = record_judgement(call, std::move(judgement), cause);
  if (release && call->enforcement != Enforcement::observed) releases_.release(call, cause.arrived);
  // For people to read: no call that must end waits for it.
  if (recorded && call->record->judgement)
    standings_.tell_distance(call->person, *call->record->judgement);
}

Judgement CallBlocking::judgement_of(LiveCall const& call) {
  auto assessment = standings_.assess(call.person);
  assessment.facts = facts_of_call(call, assessment.facts);
  return standings_.judge_now(assessment);
}

/// Somebody unknown is looked up, and gets 700 ms for it when they would be released (xsi.md 9).
bool CallBlocking::wait_for_person(LiveCallPtr const& call, Verdict const& verdict) {
  map_.ask(call->target);
  if (!verdict.release || map_.answer(call->target) != PeopleMap::Answer::asking) return false;
  auto const latest = call->first_seen + kWaitForPerson;
  if (ports_.clock.uptime() >= latest) return false;
  check_at(call, latest);
  return true;
}

void CallBlocking::person_found(XsiUserId const& target, PersonNo person) {
  auto const calls = ledger_.calls_of(target);
  for (auto const& call : calls) {
    give_person(call, person);
    note_emergency(*call);
    judge_call(call, {"person_found", call->first_seen});
    store_.changed(call->record, false);
  }
}

/// False when it says nothing new.
bool CallBlocking::record_judgement(LiveCallPtr const& call, Judgement judgement,
                                    Cause const& cause) {
  auto& record = *call->record;
  bool const same = record.judgement &&
                    record.judgement->verdict.release == judgement.verdict.release &&
                    record.judgement->verdict.reason == judgement.verdict.reason &&
                    record.judgement->verdict.applied == judgement.verdict.applied &&
                    record.judgement->mode == judgement.mode;
  if (same) return false;
  judgement.event = std::string(cause.what);
  ++counters_.decided;
  bool const observed = call->enforcement == Enforcement::observed;
  record.decision = !judgement.verdict.release ? Decision::passed
                    : observed                 ? Decision::observed
                                               : Decision::pending;
  record.judgement = std::move(judgement);
  if (!cause.event.empty()) {
    unacknowledged_[cause.event] = call->record;
    ack_order_.push_back(cause.event);
    if (ack_order_.size() > kMostUnacknowledged) {
      unacknowledged_.erase(ack_order_.front());
      ack_order_.pop_front();
    }
  }
  store_.changed(call->record, true);
  return true;
}

void CallBlocking::on_acknowledged(EventId const& event, int status, BootClock::duration took) {
  auto const it = unacknowledged_.find(event);
  if (it == unacknowledged_.end()) return;
  auto const record = it->second.lock();
  unacknowledged_.erase(it);
  if (!record) return;
  record->acknowledgement = Acknowledgement{status, std::chrono::duration_cast<Milliseconds>(took)};
  store_.acknowledged(record);
}

void CallBlocking::location_changed(PersonNo person, Fix const& fix, std::optional<Instant> taken) {
  standings_.take(person, fix, taken);
  dashboard_.person_changed(person);
  if (ports_.roster.row(person).live_calls == 0 || WARDROOM_PLANTED("position-judges-nothing"))
    return;
  judge_calls_of(person, {"location", fix.received});
}

void CallBlocking::override_changed(PersonNo person, Override what) {
  standings_.set_override(person, what);
  if (!ports_.roster.has(person)) return;
  dashboard_.person_changed(person);
  judge_calls_of(person, {"override", ports_.clock.uptime()});
}

/// While the store takes no posts `degraded` stands in for stale and no_fix. Posts go on to count
/// in memory, so nobody who posts goes stale by that; a grace runs, as ever, from when the position
/// went stale, be that before the trouble or after.
void CallBlocking::set_degraded(bool degraded) {
  if (degraded == standings_.degraded()) return;
  standings_.set_degraded(degraded);
  auto const now = ports_.clock.uptime();
  for (auto const& target : ledger_.targets())
    for (auto const& call : ledger_.calls_of(target))
      if (call->record->judgement && !is_fresh(call->record->judgement->facts.standing))
        check_at(call, now);
}

void CallBlocking::judge_calls_of(PersonNo person, Cause const& cause) {
  auto const it = live_by_person_.find(person);
  if (it == live_by_person_.end()) return;
  auto const calls = it->second;  // judging may change the list
  for (auto const& call : calls) judge_call(call, cause);
}

void CallBlocking::check_at(LiveCallPtr const& call, Uptime when) {
  if (call->check_at <= when) return;  // an earlier look will see to it
  call->check_at = when;
  checks_.push({when, call});
  if (when >= next_check_) return;
  next_check_ = when;
  check_timer_ = ports_.clock.at(when, [this] { run_checks(); });
}

/// Time alone can end a permission: positions go stale, graces run out, look-ups take too long.
void CallBlocking::run_checks() {
  constexpr int most_at_once = 16;  // with the borders of a country, some 50 us each; more wait for
                                    // the next turn of the loop
  auto const now = ports_.clock.uptime();
  next_check_ = Uptime::max();
  for (int i = 0; i < most_at_once && !checks_.empty() && checks_.top().when <= now; ++i) {
    auto const [when, weak] = checks_.top();
    checks_.pop();
    auto const call = weak.lock();
    if (!call || !call->open || call->check_at != when) continue;
    call->check_at = Uptime::max();
    judge_call(call, {"time", now});
  }
  if (checks_.empty() || WARDROOM_PLANTED("checks-not-armed-again")) return;
  next_check_ = checks_.top().when;
  check_timer_ = ports_.clock.at(next_check_, [this] { run_checks(); });
}

}  // namespace wardroom::call_blocking
