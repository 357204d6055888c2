// What is promised while people come and go: B1 on every screen, gaps read anew, nothing sent while
// it observes.
#include "http/message.hpp"
#include "notices_part.hpp"
#include "store_part.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::world {

using namespace std::chrono_literals;

namespace {

constexpr auto grace = 1s;  // B1
/// Of a call whose records were broken on the way nobody knows before its bridge was read.
constexpr auto unheard_grace = 6s;
constexpr auto gap_grace = 5s;
/// For the first reading of all bridges: 20 questions a second and bridge.
constexpr auto start_grace = 5s;
/// After its store failed it tries again.
constexpr auto store_pause = 6s;
/// A message was refused: the next attempt begins no later.
constexpr auto refused_grace = 5'200ms;
/// A fall that was on its way when something else was told.
constexpr auto fall_grace = 200ms;
/// A daemon that observes from now on takes its notices away: so long it may try.
constexpr auto clearing = 40s;

/// "/api/v1/calls/ID"
std::string call_of(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

long long ms(BootClock::duration span) {
  return std::chrono::duration_cast<Milliseconds>(span).count();
}

}  // namespace

// --- posts ---------------------------------------------------------------------------------------

NoticesPost NoticesPart::post_leaves(http::ClientRequest const& request) {
  auto const found = std::ranges::find_if(
      bridges_, [&](Bridge const& one) { return request.url.ends_with("/" + one.secret); });
  auto const i = std::size_t(found - bridges_.begin());
  auto& bridge = bridges_.at(i);
  auto const left = cms().bridge(i).faults.garble_posts;
  bool const whole = left >= bridge.garbles;
  bridge.garbles = left;
  if (!bridge.first_sent) bridge.first_sent = world_.now();
  moved();
  if (copies_ && !world_.healed() && post_dice_.one_in(20)) copy_later(request);
  return {.bridge = i, .session = cms().bridge(i).session, .body = request.body, .whole = whole};
}

/// The network brings it once more when nobody waits for it.
void NoticesPart::copy_later(http::ClientRequest const& request) {
  auto const wait = post_dice_.around(5s);
  world_.tasks().spawn("a copy of a post", [this, request, wait]() -> Task<void> {
    co_await world_.clock().sleep_for(wait);
    note(fmt::format("a copy of a post comes, {} ms late", wait.count()));
    auto const answer = co_await world_.visitors().send(request);
    if (!answer) note("nobody took the copy");
  });
}

void NoticesPart::post_answered(NoticesPost const& post, int status) {
  if (status != 200) return;
  auto& bridge = bridges_.at(post.bridge);
  auto const indexes = test::record_indexes(post.body);
  auto const upto = indexes.empty() ? 0 : *std::ranges::max_element(indexes) + 1;
  if (post.whole) {
    watch_gap(bridge, post);
    hear_calls(post);
    must_be_stored(post, upto, hear_stays(post));
  }
  bridge.first_sent.reset();
  if (bridge.session != post.session) bridge.heard_until = 0;
  bridge.session = post.session;
  bridge.heard_until = std::max(bridge.heard_until, upto);
  truth_.acknowledged(post.bridge, post.session, upto);
  bridge.heard_at = world_.now();
  if (!post.whole) bridge.lost_at = world_.now();
  moved();
}

void NoticesPart::hear_calls(NoticesPost const& post) {
  for (auto const& [id, call] : cms().bridge(post.bridge).calls)
    if (post.body.contains(id)) heard_.emplace(post.bridge, id);
}

/// A jump in the numbers of a session, or the word of the bridge that there is one.
void NoticesPart::watch_gap(Bridge& bridge, NoticesPost const& post) {
  auto const indexes = test::record_indexes(post.body);
  if (indexes.empty() || bridge.due || reads_spoiled_until(bridge) > world_.now()) return;
  auto const first = *std::ranges::min_element(indexes);
  bool const same = bridge.session == post.session;
  // A post that comes once more, as its answer was lost, tells of no new loss.
  if (same && *std::ranges::max_element(indexes) < bridge.heard_until) return;
  bool const jump = same && first > bridge.heard_until;
  if (!jump && !post.body.contains("numPreceedingRecordsMissing=")) return;
  auto const since = bridge.first_sent.value_or(world_.now());
  if (bridge.read_at && *bridge.read_at >= since) return;
  bridge.due = ReadingDue{since, world_.now() + gap_grace,
                          fmt::format("records before {} were lost", first)};
  note(fmt::format("{} is to be read anew: {}", bridge.name, bridge.due->why));
}

void NoticesPart::watch_readings() {
  for (auto& bridge : bridges_) {
    if (!bridge.due) continue;
    bool const done = bridge.read_at && *bridge.read_at >= bridge.due->since;
    if (done || !world_.up() || reads_spoiled_until(bridge) > world_.now()) {
      bridge.due.reset();
      continue;
    }
    if (world_.now() >= bridge.due->by)
      return world_.fail("B2", fmt::format("{} was not read anew within {} ms although {}",
                                           bridge.name, ms(gap_grace), bridge.due->why));
    look_again_ = std::min(look_again_, bridge.due->by);
  }
}

// --- requests ------------------------------------------------------------------------------------

/// In a cluster only a whole reading asks who else is in it.
void NoticesPart::request_leaves(World::Sent const& sent) {
  auto* const bridge = bridge_of(sent.origin);
  if (!bridge) return;
  if (sent.method == http::Method::put) return watch_put(*bridge, sent);
  auto const number = std::size_t(bridge - bridges_.data());
  auto const whole =
      cms().bridge(number).options.clustered ? "/api/v1/callBridges" : "/api/v1/calls";
  if (sent.method == http::Method::get && sent.path == whole) {
    bridge->read_at = world_.now();
    changed_ = true;
  }
}

void NoticesPart::put_arrives(World::Sent const& sent) {
  auto* const bridge = bridge_of(sent.origin);
  if (sent.method != http::Method::put || !bridge) return;
  changed_ = true;
  auto const number = std::size_t(bridge - bridges_.data());
  be_busy(*bridge);
  if (cms().bridge(number).faults.refuse_puts == 0 && bridge->busy_puts == 0) return;
  if (auto const found = screens_.find({number, call_of(sent.path)}); found != screens_.end())
    found->second.refused_until = world_.now() + refused_grace;
}

/// While it observes taking notices away is allowed for a while, and nothing else.
void NoticesPart::watch_put(Bridge const& bridge, World::Sent const& sent) {
  auto const form = http::parse_query(sent.body).value_or(http::QueryPairs{});
  auto const text = http::find(form, "messageText").value_or("");
  if (policies_.surely_enforces())
    return watch_put_level(std::size_t(&bridge - bridges_.data()), call_of(sent.path),
                           level_of_text(text));
  if (!policies_.surely_observes()) return;
  bool const takes_away = text.empty() && policies_.stepped_down() &&
                          world_.now() - *policies_.stepped_down() < clearing;
  if (!takes_away)
    world_.fail("observe", fmt::format("'{}' was sent to {}{} while security_notices observes",
                                       text, bridge.name, sent.path));
}

/// B1: whatever becomes of it, it says no less than what was told a moment before.
void NoticesPart::watch_put_level(std::size_t bridge, std::string const& call, int level) {
  auto const now = world_.now();
  auto const soon = fall_grace + 2 * latency_;
  Instance const at{bridge, call};
  auto const found = cms().bridge(bridge).calls.find(call);
  if (found == cms().bridge(bridge).calls.end() || !up_since_ || now <= start_excused_until_ ||
      now <= bridges_[bridge].clogged_until || now <= policies_.since() + soon)
    return;
  auto const surely = need(at, found->second.correlator, now - soon);
  if (level < surely)
    world_.fail("B1", fmt::format("{} was sent to {} on {}, below {}: {}", level, call,
                                  bridges_[bridge].name, surely, truth_.worst()));
}

// --- screens -------------------------------------------------------------------------------------

void NoticesPart::look() {
  if (up_since_ != world_.up_since()) watch_life();
  if (counts_are_due()) watch_counts();
  if (!changed_ && world_.now() < look_again_) return;
  // It reads how far it had heard each bridge before it reads the bridges.
  if (world_.now() < start_excused_until_ && world_.part<StorePart>().troubled(5s))
    start_excused_until_ = world_.now() + start_grace + store_pause;
  changed_ = false;
  look_again_ = Uptime::max();
  watch_screens();
  watch_readings();
}

/// What runs when it starts is read, where it can be: those calls it knows.
void NoticesPart::watch_life() {
  up_since_ = world_.up_since();
  changed_ = true;
  if (!up_since_) return;
  start_excused_until_ = *up_since_ + start_grace;
  for (auto const& conference : cms().conferences())
    for (auto const& call : conference.calls)
      if (reads_spoiled_until(bridges_.at(call.first)) <= world_.now()) heard_.insert(call);
}

/// By the most lenient of what may be configured.
int NoticesPart::need(Instance const& at, std::string const& correlator, Uptime before) const {
  int out = 3;
  for (auto const& policy : policies_.may_hold())
    out = std::min(out, truth_.need(at, correlator, before, policy.lists()));
  return out;
}

int NoticesPart::screen_of(Instance const& at) const {
  auto const message = cms().bridge(at.first).screen(at.second);
  return message ? level_of_text(message->text) : 0;
}

/// What somebody overwrote is found when it is asked for.
Uptime NoticesPart::excused_until(std::size_t number, Screen const& screen) const {
  if (!up_since_) return Uptime::max();
  auto const& bridge = bridges_.at(number);
  auto const overwritten =
      screen.overwritten
          ? std::max({*screen.overwritten, bridge.spoiled_until, bridge.reads_spoiled_until})
          : Uptime{};
  return std::max({bridge.puts_spoiled_until, start_excused_until_, overwritten});
}

/// Questions may be without an answer; messages need not be.
Uptime NoticesPart::reads_spoiled_until(Bridge const& bridge) {
  return std::max(bridge.spoiled_until, bridge.reads_spoiled_until);
}

std::string NoticesPart::where(sim::CmsConference const& conference, Instance const& at) const {
  return fmt::format("{} on {} ({})", conference.name, bridges_.at(at.first).name, at.second);
}

void NoticesPart::watch_screens() {
  for (auto const& conference : cms().conferences())
    for (auto const& call : conference.calls) watch_screen(conference, call);
}

void NoticesPart::watch_screen(sim::CmsConference const& conference, Instance const& at) {
  auto const now = world_.now();
  auto& screen = screens_[at];
  auto const level = screen_of(at);
  auto const before = std::exchange(screen.level, level);
  auto const wants = need(at, conference.correlator, now);
  if (level != before)
    note(fmt::format("{} shows {} (told: {})", where(conference, at), level, wants));
  if (!policies_.surely_enforces()) {
    screen.below_since.reset();
    return;
  }
  auto const soon = fall_grace + 2 * latency_;
  if (level < before && now > excused_until(at.first, screen) && now > policies_.since() + soon)
    if (auto const surely = need(at, conference.correlator, now - soon); level < surely)
      world_.fail("B1", fmt::format("{} fell from {} to {}, below {}", where(conference, at),
                                    before, level, surely));
  watch_rise(where(conference, at), screen, at, wants);
}

/// Also of one that says enough at last: it may have taken too long.
void NoticesPart::watch_rise(std::string const& where, Screen& screen, Instance const& at,
                             int wants) {
  auto const now = world_.now();
  bool const below = screen.level < wants;
  if (below && !screen.below_since) screen.below_since = now;
  if (!screen.below_since) {
    if (screen.overwritten && *screen.overwritten < now) screen.overwritten.reset();
    return;
  }
  bool const heard = heard_.contains(at);
  auto const excuse = std::max({excused_until(at.first, screen), screen.refused_until,
                                heard ? Uptime{} : reads_spoiled_until(bridges_.at(at.first))});
  auto const from = std::max(*screen.below_since, excuse);
  auto const bound = heard ? BootClock::duration(grace) : unheard_grace;
  if (from < now && now - from > bound)
    world_.fail("B1", fmt::format("{} showed less than {} for {} ms: {}", where, wants,
                                  ms(now - *screen.below_since), truth_.worst()));
  if (!below)
    screen.below_since.reset();
  else if (from != Uptime::max())
    look_again_ = std::min<Uptime>(look_again_, from + bound + 1ms);
}

}  // namespace wardroom::world
