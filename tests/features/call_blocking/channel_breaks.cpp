#include "channel_breaks.hpp"

namespace wardroom::call_blocking {
namespace {

using std::chrono::seconds;

Milliseconds ms(BootClock::duration d) { return std::chrono::duration_cast<Milliseconds>(d); }

bool has(std::vector<std::size_t> const& all, std::size_t one) {
  return std::ranges::find(all, one) != all.end();
}

/// As BroadWorks refuses: its own code behind a status that says little.
sim::Answer heartbeat_refusal(std::string_view kind) {
  if (kind.ends_with("a code")) return sim::xsi_error(403, 110842, "Channel not found.");
  return sim::xsi_error(std::stoi(std::string(kind.substr(kind.rfind(' ') + 1))), 4500, "No.");
}

sim::Ending ending_of(std::string_view kind) {
  if (kind == "fin" || kind.ends_with("streams cut")) return sim::Ending::fin;
  if (kind == "clean end") return sim::Ending::clean;
  if (kind == "half-open") return sim::Ending::silence;
  return sim::Ending::reset;
}

}  // namespace

void BreakFigures::print() const {
  fmt::print(
      "{} breaks, {} calls, {} of them to be blocked and {} emergency\n"
      "slowest first release {} ms ({} ms where the break was seen) and slowest release {} ms "
      "after "
      "the server was reachable\n"
      "silence noticed after {} ms at most, a lost network after {} ms\n"
      "{:.1f} s blind, counted with an error of {:.3f} s at most where it was seen, {:.3f} s too "
      "much where it was found out afterwards\n",
      breaks, calls, blocked, emergencies, first_release.count(), first_release_seen.count(),
      any_release.count(), noticed_silence.count(), noticed_loss.count(), blind_seconds,
      blind_error, blind_error_unseen);
  for (auto const& [kind, count] : kinds) fmt::print("  {:4} {}\n", count, kind);
}

ChannelBreaks::ChannelBreaks(std::uint64_t seed, BreakFigures& figures)
    : seed_(seed), figures_(figures), dice_(seed), world_(seed), start_(world_.clock.uptime()) {
  static constexpr char const* beats[] = {"timer", "timer", "echo", "none"};
  world_.platform.faults.server_heartbeats = beats[dice_.below(4)];
  world_.platform.faults.affinity = dice_.one_in(2);
  world_.net.watch([this](test::SimNetwork::Seen const& seen) {
    bool const makes = seen.path.contains("/serviceprovider/");
    if (!makes && !seen.path.contains("/v2.0/subscription/")) return;
    if (seen.status == 200) subscription_known_ = true;
    if (seen.status == 403 || seen.status == 404) subscription_known_ = false;
  });
  std::size_t index = 0;
  for (auto const& person : world_.platform.org.people()) {
    if (!person.calling || person.office->country != "AT") continue;
    (index++ % 2 == 0 ? home_ : abroad_).push_back(&person);
  }
  last_look_ = world_.clock.uptime();
  if (!world_.until(seconds(60), [this] { return world_.all_up(); }, [this] { look(); }))
    fail("the channels did not come up at all");
  blind_told_ = world_.session.health().blind_seconds;
  blind_ = 0;
  caller_of_112_ = abroad_.back();
  abroad_.pop_back();
  for (auto const* person : home_) world_.put(*person, kAtHome);
  for (auto const* person : abroad_) world_.put(*person, kAbroad);
  world_.put(*caller_of_112_, kAbroad);
  tell(fmt::format("server heartbeats: {}, affinity: {}", world_.platform.faults.server_heartbeats,
                   world_.platform.faults.affinity));
}

bool ChannelBreaks::play(BreakKind const& kind) {
  if (failed_) return false;
  // Silence says something only where the platform was heard before.
  if (kind.name == "half-open" || kind.name == "network lost")
    world_.until(seconds(31), [] { return false; }, [this] { look(); });
  blind_ = 0;
  blind_told_ = world_.session.health().blind_seconds;
  auto plan = draw(kind);
  tell(fmt::format("{}, {}, for {} ms", kind.name, plan.all ? "all XSPs" : "one XSP",
                   plan.outage.count()));
  make_noise();
  schedule_calls(plan);
  schedule_mover(plan);
  at(plan.breaks, [this, plan] { strike(plan); });
  if (kind.lasts) at(plan.back, [this, plan] { mend(plan); });
  world_.until(
      // While another XSP is up, DNS is asked again only when its answer is too old.
      plan.back - world_.clock.uptime() + seconds(kind.name == "names changed" ? 330 : 100),
      [&] { return over(plan); }, [this] { look(); });
  judge(plan);
  settle();
  ++figures_.breaks;
  ++figures_.kinds[std::string(kind.name)];
  return !failed_;
}

// --- the plan ------------------------------------------------------------------------------------

ChannelBreaks::Plan ChannelBreaks::draw(BreakKind const& kind) {
  Plan plan;
  plan.kind = kind;
  bool const only_all = kind.name.starts_with("terminated") || kind.name.starts_with("tokens") ||
                        kind.name.starts_with("reopening");
  plan.all = only_all || dice_.one_in(2);
  plan.hit = world_.named;
  if (!plan.all) plan.hit = {world_.named[dice_.below(world_.named.size())]};
  // Those that let channels open again and again mean much work for the machine of this test.
  bool const flaps = kind.name.starts_with("heartbeat 4");
  if (kind.lasts) plan.outage = Milliseconds(dice_.between(500, flaps ? 15'000 : 70'000));
  plan.begin = world_.clock.uptime();
  plan.breaks = plan.begin + seconds(3);
  plan.back = plan.breaks + plan.outage;
  return plan;
}

/// What a network does all the time: events twice, out of order, in pieces of a few bytes.
void ChannelBreaks::make_noise() {
  static constexpr char const* styles[] = {"plain", "no_declaration", "prefixes", "latin1",
                                           "spaced"};
  auto& faults = world_.platform.faults;
  if (dice_.one_in(2)) faults.duplicate_events = int(dice_.below(40));
  faults.document_style = styles[dice_.below(std::size(styles))];
  for (std::size_t i = 0; i < ChannelWorld::xsps; ++i) {
    auto& way = world_.way(i);
    way.latency = Milliseconds(dice_.between(1, 80));
    way.jitter = Milliseconds(dice_.one_in(2) ? dice_.between(1, 400) : 0);
    way.piece = dice_.one_in(2) ? 1 + dice_.below(40) : 0;
  }
  tell(fmt::format("noise: {} events twice, {}, jitter {}/{} ms, pieces {}/{}",
                   faults.duplicate_events, faults.document_style,
                   world_.way(world_.named[0]).jitter.count(),
                   world_.way(world_.named[1]).jitter.count(), world_.way(world_.named[0]).piece,
                   world_.way(world_.named[1]).piece));
}

void ChannelBreaks::silence_noise() {
  auto& faults = world_.platform.faults;
  faults.duplicate_events = 0;
  faults.stream_cut_at = -1;
  faults.document_style = "plain";
  for (std::size_t i = 0; i < ChannelWorld::xsps; ++i)
    world_.way(i) = {.refused = world_.way(i).refused};
}

void ChannelBreaks::at(Uptime when, std::function<void()> then) {
  timers_.push_back(world_.clock.at(when, std::move(then)));
}

/// Twenty: some begun before, three of them as it breaks, some during, some right after. Half of
/// them to be blocked, one an emergency call.
void ChannelBreaks::schedule_calls(Plan const& plan) {
  placed_.clear();
  mover_ = home_.back();
  for (int i = 0; i < 19; ++i) schedule_one(plan, i);
}

void ChannelBreaks::schedule_one(Plan const& plan, int index) {
  auto const during = std::max(plan.outage, Milliseconds(1'000)).count();
  Uptime when = plan.breaks;
  if (index < 3)
    when -= Milliseconds(dice_.between(0, 50));
  else if (index < 6)
    when -= Milliseconds(dice_.between(50, 2'900));
  else if (index < 13)
    when += Milliseconds(dice_.between(0, during));
  else
    when = plan.back + Milliseconds(dice_.between(0, 2'000));
  if (index == 6)
    return at(when, [this, plan] { place(caller_of_112_->email, "112", false, plan); });
  auto const kind = dice_.below(10);
  bool const blocked = kind < 5;
  auto const somebody_home = [this] {
    auto const& person = anybody(home_);
    return &person == mover_ ? *home_.front() : person;
  };
  std::string from;
  std::string to;
  switch (kind) {
    case 0:
      from = dice_.one_in(4) ? caller_of_112_->email : anybody(abroad_).email;
      to = outside_number();
      break;
    case 1:
      from = outside_number();
      to = anybody(abroad_).e164();
      break;
    case 2:
      from = somebody_home().email;
      to = anybody(abroad_).email;
      break;
    case 3:
      from = anybody(abroad_).email;
      to = somebody_home().email;
      break;
    case 4:
      from = anybody(abroad_).email;
      do to = anybody(abroad_).email;
      while (to == from);
      break;
    case 5:
      from = somebody_home().email;
      do to = somebody_home().email;
      while (to == from);
      break;
    case 6:
    case 7:
      from = outside_number();
      to = somebody_home().e164();
      break;
    default:
      from = somebody_home().email;
      to = outside_number();
  }
  at(when, [this, from, to, blocked, plan] { place(from, to, blocked, plan); });
}

/// The twentieth: somebody at home whose call runs goes abroad while nothing may be seen.
void ChannelBreaks::schedule_mover(Plan const& plan) {
  at(plan.breaks - seconds(2),
     [this, plan] { place(mover_->email, outside_number(), true, plan); });
  auto const moves = plan.breaks + Milliseconds(dice_.between(0, plan.outage.count() + 1'000));
  placed_.reserve(64);
  at(plan.breaks - Milliseconds(1'999), [this, moves] {
    for (auto& call : placed_)
      if (call.what.starts_with(mover_->email)) call.to_end_from = moves;
  });
  at(moves, [this] { world_.put(*mover_, kAbroad); });
}

void ChannelBreaks::place(std::string from, std::string to, bool blocked, Plan const& plan) {
  sim::PlaceCall wish{from, to};
  static constexpr double answers[] = {0.2, 2, 8};
  wish.answer_after_s.reset();
  if (auto const when = dice_.below(4); when < 3) wish.answer_after_s = answers[when];
  // A call that is allowed may also end while nobody looks.
  if (!blocked && dice_.one_in(4)) wish.hang_up_after_s = 1 + double(dice_.below(30));
  auto const call = world_.platform.calls.place(wish);
  if (!call) return fail("the simulator does not take the call: " + call.error().what);
  auto const now = world_.clock.uptime();
  placed_.push_back({(*call)->id, from + " calls " + to, now, now, blocked, to == "112"});
  tell(fmt::format("{} {} at {:+} ms{}", (*call)->id, placed_.back().what,
                   ms(now - plan.breaks).count(), blocked ? ", to be blocked" : ""));
  ++figures_.calls;
  if (blocked) ++figures_.blocked;
  if (to == "112") ++figures_.emergencies;
}

// --- breaking and mending ------------------------------------------------------------------------

void ChannelBreaks::strike(Plan const& plan) {
  auto const kind = plan.kind.name;
  auto& platform = world_.platform;
  tell("it breaks");
  if (kind.starts_with("terminated ")) {
    platform.xsi.terminate_channels(kind.substr(11));
  } else if (kind.starts_with("heartbeat ")) {
    std::set<std::string> hosts;
    for (auto const xsp : plan.hit) hosts.insert(ChannelWorld::origin(xsp).substr(8));
    world_.net.meddle([hosts, kind](sim::Request const& r) -> std::optional<sim::Answer> {
      if (!r.path.ends_with("/heartbeat") || !hosts.contains(std::string(r.header("Host"))))
        return std::nullopt;
      return heartbeat_refusal(kind);
    });
  } else if (kind == "network lost") {
    for (auto const xsp : plan.hit) world_.net.lose(ChannelWorld::origin(xsp));
  } else if (kind == "names changed") {
    std::vector<std::size_t> fresh;
    for (std::size_t i = 0; i < ChannelWorld::xsps; ++i)
      if (!has(world_.named, i)) fresh.push_back(i);
    for (auto const xsp : world_.named)
      if (!has(plan.hit, xsp)) fresh.front() = xsp;
    for (auto const xsp : fresh) world_.way(xsp).refused = false;
    world_.name_xsps(fresh);
    for (auto const xsp : plan.hit) {
      world_.way(xsp).refused = true;
      world_.net.reset_connections(ChannelWorld::origin(xsp));
    }
  } else if (kind == "refused for a while") {
    for (auto const xsp : plan.hit) {
      world_.way(xsp).refused = true;
      world_.net.reset_connections(ChannelWorld::origin(xsp));
    }
  } else if (kind == "cut inside an event") {
    std::int64_t bytes = 0;
    for (auto const& channel : platform.xsi.channels())
      bytes = std::max(bytes, channel["bytes"].get<std::int64_t>());
    platform.faults.stream_cut_at = int(bytes) + int(dice_.below(1'500));
    platform.faults.stream_cut_count = plan.all ? 2 : 1;
    platform.faults.stream_cut_how = dice_.one_in(2) ? "fin" : "reset";
  } else {
    if (kind.starts_with("reopening")) platform.faults.refuse_channel = 503;
    if (kind.starts_with("tokens")) platform.oauth.book().expire_access_tokens();
    if (kind.ends_with("live on")) return;
    for (auto const xsp : plan.hit) platform.xsi.cut_streams(ending_of(kind), xsp);
  }
}

void ChannelBreaks::mend(Plan const& plan) {
  tell("it is mended");
  world_.net.meddle({});
  world_.platform.faults.refuse_channel = 0;
  for (auto const xsp : plan.hit) world_.way(xsp).refused = world_.way(xsp).lost = false;
}

// --- the oracle ----------------------------------------------------------------------------------

/// Blind = no stream that could bring an event, or no subscription the server confirmed since. The
/// client can know it once a stream has ended for it too.
void ChannelBreaks::look() {
  auto const now = world_.clock.uptime();
  bool open = false;
  bool alive = false;
  for (auto const& stream : world_.net.streams()) {
    open = open || stream->open();
    alive = alive || (stream->open() && !stream->half_open);
  }
  if (!open) subscription_known_ = false;
  if (!alive || !subscription_known_)
    blind_ += std::chrono::duration<double>(now - last_look_).count();
  last_look_ = now;
  if (open && subscription_known_) return known_blind_since_.reset();
  if (!known_blind_since_) known_blind_since_ = now;
  if (now - *known_blind_since_ > seconds(31) && world_.channel_sign() != HealthColour::red)
    fail(fmt::format("X4: blind for {} ms and the health is not red",
                     ms(now - *known_blind_since_).count()));
}

bool ChannelBreaks::over(Plan const& plan) const {
  if (failed_) return true;
  if (world_.clock.uptime() < plan.back + seconds(3)) return false;
  auto const streams = world_.net.streams();
  if (std::ranges::any_of(streams, [](auto const& s) { return s->half_open && !s->ended; }))
    return false;
  return world_.all_up() && std::ranges::none_of(placed_, [this](auto const& call) {
           return call.blocked && !world_.platform.calls.find(call.id)->ended;
         });
}

void ChannelBreaks::judge(Plan const& plan) {
  Uptime noticed = plan.back;
  for (auto const& stream : world_.net.streams())
    if (stream->asked < plan.breaks && stream->ended && *stream->ended > plan.breaks)
      noticed = std::max(noticed, *stream->ended);
  judge_notice(plan, noticed);
  judge_releases(plan, std::max(plan.back, noticed));
  judge_deletions();
  if (!world_.all_up()) fail("the channels are not all up again");
  judge_blindness(plan);
}

/// To the second where the break can be seen. Where it is only found out afterwards, never too
/// little, and too much by at most the time between two proofs of life, the platform's 30 s. A
/// channel whose heartbeats are refused proves nothing while that lasts.
void ChannelBreaks::judge_blindness(Plan const& plan) {
  auto const told = world_.session.health().blind_seconds - blind_told_;
  bool const unseen = plan.kind.name == "half-open" || plan.kind.name == "network lost";
  bool const refused = plan.kind.name.starts_with("heartbeat");
  auto most = blind_ + 1;
  if (unseen || refused) most += 31;
  if (refused) most += std::chrono::duration<double>(plan.outage).count();
  figures_.blind_seconds += blind_;
  auto& error = unseen || refused ? figures_.blind_error_unseen : figures_.blind_error;
  error = std::max(error, std::abs(told - blind_));
  // Where the platform sends no heartbeats an answered one of ours is all the proof there is, and a
  // half-open stream has that too until the platform misses its acknowledgements.
  bool const mute = world_.platform.faults.server_heartbeats == "none";
  auto const least = blind_ - (unseen && mute ? 31 : 1);
  if (told < least || told > most)
    fail(fmt::format("X4: {:.2f} s blind, {:.2f} s counted", blind_, told));
}

void ChannelBreaks::judge_notice(Plan const& plan, Uptime noticed) {
  auto const took = ms(noticed - plan.breaks);
  if (plan.kind.name == "half-open") {
    figures_.noticed_silence = std::max(figures_.noticed_silence, took);
    if (took > seconds(65)) fail(fmt::format("X1: silence noticed after {} ms", took.count()));
  }
  if (plan.kind.name == "network lost" && plan.outage > seconds(40)) {
    auto const heard = ms(std::max(noticed - plan.back, BootClock::duration::zero()));
    Uptime last{};
    for (auto const& stream : world_.net.streams())
      if (stream->asked < plan.breaks && stream->ended) last = std::max(last, *stream->ended);
    figures_.noticed_loss = std::max(figures_.noticed_loss, ms(last - plan.breaks));
    if (heard.count() > 0 || last - plan.breaks > seconds(35))
      fail(fmt::format("X1: lost network noticed after {} ms", ms(last - plan.breaks).count()));
  }
}

void ChannelBreaks::judge_releases(Plan const& plan, Uptime reachable) {
  std::optional<Uptime> first;
  bool waited = false;
  for (auto const& call : placed_) {
    auto const& it = *world_.platform.calls.find(call.id);
    auto const ended =
        it.ended ? std::optional(it.began + Milliseconds(*it.released_after_ms)) : std::nullopt;
    if (!call.blocked) {
      if (it.ended && it.released_by == "api")
        fail(fmt::format("X3: {} ({}) was allowed and is released", call.id, call.what));
      continue;
    }
    if (!ended) {
      fail(fmt::format("X1: {} ({}) goes on", call.id, call.what));
      continue;
    }
    if (it.released_by != "api")
      fail(fmt::format("{} ({}) was released by {}", call.id, call.what, it.released_by));
    auto const from = std::max({reachable, call.to_end_from, call.at});
    if (*ended < from) continue;
    auto const took = ms(*ended - from);
    figures_.any_release = std::max(figures_.any_release, took);
    if (took > seconds(15))
      fail(fmt::format("X1: {} ({}) released only after {} ms", call.id, call.what, took.count()));
    if (std::max(call.to_end_from, call.at) > reachable) continue;
    waited = true;
    if (!first || *ended < *first) first = ended;
  }
  if (!waited) return;
  figures_.first_release = std::max(figures_.first_release, ms(*first - reachable));
  // An opening that a dead network swallowed hangs for up to 10 s and must be given up first.
  auto const limit = plan.kind.name == "network lost" ? seconds(12) : seconds(5);
  bool const unseen = plan.kind.name == "half-open" || plan.kind.name == "network lost";
  if (*first - reachable > limit)
    fail(fmt::format("X1: first release {} ms after the server was reachable",
                     ms(*first - reachable).count()));
  if (!unseen)
    figures_.first_release_seen = std::max(figures_.first_release_seen, ms(*first - reachable));
}

/// Only halves of people who may not call, and never an emergency.
void ChannelBreaks::judge_deletions() {
  auto const& all = world_.platform.calls.deletions();
  for (; deletions_judged_ < all.size(); ++deletions_judged_) {
    auto const& deletion = all[deletions_judged_];
    if (deletion.emergency) fail("X2: an emergency call was deleted: " + deletion.call_id);
    bool const may_be =
        deletion.person == mover_->email || deletion.person == caller_of_112_->email ||
        std::ranges::any_of(abroad_,
                            [&](auto const* person) { return person->email == deletion.person; });
    if (!may_be) fail("X3: a call of " + deletion.person + " was deleted, who is at home");
  }
}

/// Everybody hangs up; then nothing may be left over: no unacknowledged event, no call in the
/// ledger.
void ChannelBreaks::settle() {
  timers_.clear();
  silence_noise();
  for (auto const& call : placed_) world_.platform.calls.hang_up(call.id, "operator");
  world_.put(*mover_, kAtHome);
  auto const unacknowledged = [this] {
    return world_.platform.xsi.counters()["events_unacknowledged"].get<int>();
  };
  auto const no_call = [this] { return world_.feature->ledger().size() == 0; };
  bool clean = world_.until(
      seconds(60), [&] { return world_.all_up() && unacknowledged() == 0 && no_call(); },
      [this] { look(); });
  // An end that nobody told is found when the call was quiet for ten minutes.
  if (!clean && world_.all_up() && unacknowledged() == 0)
    clean = world_.until(std::chrono::minutes(15), no_call, [this] { look(); });
  if (!clean && !failed_)
    fail(fmt::format("left over: {} events unacknowledged, {} calls in the ledger, channels {}",
                     unacknowledged(), world_.feature->ledger().size(),
                     world_.all_up() ? "up" : "down"));
  for (auto const& [status, count] : world_.platform.xsi.counters()["acks_by_status"].items())
    if (status != "200") fail(fmt::format("{} events answered with {}", count.dump(), status));
  world_.until(seconds(2), [] { return false; }, [this] { look(); });
  world_.net.forget_streams();
  blind_told_ = world_.session.health().blind_seconds;
  blind_ = 0;
}

double ChannelBreaks::seconds_since_start(Uptime t) const {
  return std::chrono::duration<double>(t - start_).count();
}

void ChannelBreaks::tell(std::string line) {
  history_.push_back(fmt::format("{:10.3f}  {}", seconds_since_start(world_.clock.uptime()), line));
}

void ChannelBreaks::fail(std::string const& why) {
  tell("FAILED: " + why);
  auto const first = !std::exchange(failed_, true);
  std::string text;
  if (first) {
    for (auto const& line : history_) text += line + '\n';
    for (auto const& channel : world_.session.health().channels)
      text += fmt::format("  {} {} {}\n", channel.host, channel.state, channel.last_error);
  }
  ADD_FAILURE() << why << "\nagain with WARDROOM_SEED=" << seed_ << " WARDROOM_COUNT=10\n" << text;
}

}  // namespace wardroom::call_blocking
