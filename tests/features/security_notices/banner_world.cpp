#include "banner_world.hpp"

#include "cisco/cms/cdr_parser.hpp"
#include "support/run_task.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace wardroom::security_notices::test {

using namespace std::chrono_literals;

namespace {

constexpr auto grace = 1s;
/// After an API broke: requests that hang, retries with their waits, a reading's longest backoff.
constexpr auto api_grace = 60s;
constexpr std::array addresses{"ann@secure.example",
                               "bob@staff.example",
                               "cid@deep.staff.example",
                               "sip:Dan@STAFF.example.:5061",
                               "eve@partner.example",
                               "fay@staff.example.evil.example",
                               "4711",
                               "gus@10.9.8.7"};

int level_of(std::string_view text) { return text.starts_with("Level ") ? text.back() - '0' : 0; }

std::string origin_of(std::size_t bridge) { return fmt::format("https://cms{}.example", bridge); }

}  // namespace

struct BannerWorld::Daemon {
  explicit Daemon(BannerWorld& w)
      : database(w.io_, w.clock_, steps(), w.disk_),
        journal(database, w.clock_),
        tasks(w.io_.get_executor(), failing(w)),
        runner(w.io_.get_executor(), failing(w)),
        effects(w.io_.get_executor(), w.clock_, tasks),
        helpers(w.io_.get_executor(), 0),
        feature(ports(w), w.settings_) {
    wardroom::test::run_task(w.io_, journal.load());
    w.disk_ = database.disk();
  }
  static std::vector<store::Migration> steps() {
    auto const all = security_notices_migrations();
    return {all.begin(), all.end()};
  }
  static TaskGroup::OnFailure failing(BannerWorld& w) {
    return [&w](std::string_view task, std::exception_ptr const& why) {
      w.fail(fmt::format("the task {} died: {}", task, words_of(why)));
    };
  }
  SecurityNotices::Ports ports(BannerWorld& w) {
    SecurityNotices::Ports out{.loop = w.io_.get_executor(),
                               .clock = w.clock_,
                               .dice = w.dice_,
                               .effects = effects,
                               .database = database,
                               .journal = journal,
                               .helpers = helpers,
                               .read_records = cms::read_records,
                               .bridges = {},
                               .secrets = {}};
    for (std::size_t i = 0; i < w.bridges_; ++i) {
      out.secrets.emplace_back(fmt::format("secret-of-bridge-{}", i));
      out.bridges.push_back(
          std::make_unique<cms::CmsApi>(w.net_, w.clock_, w.dice_,
                                        cms::CmsSettings{.name = fmt::format("cms{}", i),
                                                         .base_url = origin_of(i) + "/api/v1",
                                                         .username = "wardroom",
                                                         .password = Secret("demo-cms-password")}));
    }
    return out;
  }
  wardroom::test::FakeDatabase database;
  store::Journal journal;
  TaskGroup tasks, runner;
  Effects effects;
  Helpers helpers;
  SecurityNotices feature;
};

BannerWorld::BannerWorld(std::uint64_t seed) : throws_(seed), dice_(seed) {
  bridges_ = 1 + throws_.below(4);
  bool const clustered = bridges_ > 1 && !throws_.one_in(5);
  auto& policy = settings_.policy;
  policy.mode = FeatureMode::enforce;
  policy.rules.secure = DomainList::make(domains_.secure).value();
  policy.rules.internal = DomainList::make(domains_.internal).value();
  policy.texts.of_level = {"", "Level 1", "Level 2", "Level 3"};
  settings_.check_every = 20s;
  settings_.receiver_url = "https://wardroom.example/cdr";
  bool const silent_links = throws_.one_in(3);
  for (std::size_t i = 0; i < bridges_; ++i) {
    settings_.bridges.push_back(
        {.name = fmt::format("cms{}", i), .api = origin_of(i) + "/api/v1", .username = "wardroom"});
    auto& bridge = cms_.add_bridge({.name = fmt::format("cms{}", i), .clustered = clustered});
    bridge.faults.link_sub_type = !silent_links;
    bridge.faults.call_bridge = !throws_.one_in(3);
    net_.serve(origin_of(i), [this, i](sim::Request r) { return cms_.api(i, std::move(r)); });
    receivers_.push_back(
        bridge.add_receiver(fmt::format("https://wardroom.example/cdr/secret-of-bridge-{}", i))
            .value());
  }
  posting_.resize(bridges_);
  spoiled_until_.resize(bridges_);
  start();
  if (throws_.one_in(2)) advance(3s);
}

BannerWorld::~BannerWorld() { stop(); }

void BannerWorld::start() {
  daemon_ = std::make_unique<Daemon>(*this);
  daemon_->runner.spawn("security_notices", [this] { return daemon_->feature.run(); });
  up_since_ = clock_.uptime();
  clock_.advance(1ms);
}

void BannerWorld::stop() {
  if (!daemon_) return;
  bool done = false;
  auto work = [](Daemon& d, Clock& clock, bool& flag) -> Task<void> {
    co_await d.runner.stop(clock, 5s);
    co_await d.feature.stop();
    co_await d.tasks.stop(clock, 1s);
    flag = true;
  };
  wardroom::test::start_task(io_, work(*daemon_, clock_, done));
  for (int i = 0; i < 2'000 && !done; ++i) clock_.advance(20ms);
  if (!done) fail("the daemon did not stop");
  daemon_.reset();
  for (std::size_t i = 0; i < bridges_; ++i) posting_[i] = false;
}

void BannerWorld::fail(std::string what) {
  if (!trouble_.empty()) return;
  trouble_ = std::move(what) + believed();
  note("WRONG: " + trouble_);
}

void BannerWorld::note(std::string what) {
  auto const ms = std::chrono::duration_cast<Milliseconds>(clock_.uptime().time_since_epoch());
  trace_.push_back(fmt::format("{:9.3f} {}", double(ms.count()) / 1e3 - 3600, what));
}

std::string BannerWorld::trace() const {
  auto const from = trace_.size() > 400 ? trace_.end() - 400 : trace_.begin();
  return fmt::format("{}", fmt::join(from, trace_.end(), "\n"));
}

/// Mostly of people who are trusted: with an outsider in it a conference has nothing left to tell.
char const* BannerWorld::some_address() {
  return addresses.at(throws_.below(throws_.one_in(4) ? addresses.size() : 4));
}

/// Refusals are fine: not everything can be done to everybody.
void BannerWorld::act() {
  ++figures_.acts;
  auto const conference = fmt::format("c{}", throws_.below(3));
  auto const bridge = std::size_t(throws_.below(bridges_));
  auto const said = [&](std::string_view what, auto const& result) {
    if (result) note(fmt::format("{} {} cms{}", what, conference, bridge));
  };
  if (cms_.people().empty() || throws_.one_in(cms_.people().size() > 8 ? 8 : 2)) {
    sim::CmsJoin wish;
    wish.conference = conference;
    wish.bridge = bridge;
    wish.via = throws_.one_in(6) ? sim::CmsVia(throws_.below(6)) : sim::CmsVia::sip;
    wish.state = throws_.one_in(2) ? sim::CmsState::connected : sim::CmsState(throws_.below(4));
    wish.address = some_address();
    if (throws_.one_in(4)) wish.first_address = some_address();
    wish.early_call = throws_.one_in(2);
    if (throws_.one_in(30)) wish.type = "lyncConferencing";
    return said("joins " + wish.address, cms_.join(std::move(wish)));
  }
  auto at = cms_.people().begin();
  std::advance(at, std::ptrdiff_t(throws_.below(cms_.people().size())));
  auto const who = at->first;
  auto const named = fmt::format("person {} ({}):", who, at->second.address);
  switch (throws_.below(13)) {
    case 0:
      return said(named + " admitted", cms_.admit(who));
    case 1:
      return said(named + " answers", cms_.answer(who));
    case 2:
      return said(named + " put through", cms_.put_through(who, conference));
    case 3:
      truth_.readdressed(who);
      return said(named + " readdressed", cms_.readdress(who, some_address()));
    case 4:
      return said(named + " shares", cms_.share(who));
    case 5:
      return said(named + " moves", cms_.move(who, bridge, sim::CmsMoveOrder(throws_.below(2))));
    case 6:
      return said("machine",
                  cms_.start_machine(conference, bridge, throws_.one_in(2), throws_.one_in(2)));
    case 7:
      return said(named + " mentioned", cms_.mention(who, {false, false}));
    case 8:
      if (throws_.one_in(4)) said("ends", cms_.end(conference, throws_.one_in(2)));
      return;
    case 9:
      cms_.scan(bridge);
      return;
    default:
      return said(named + " leaves", cms_.leave(who));
  }
}

/// Something breaks at a bridge, or the daemon or a bridge begins anew.
void BannerWorld::spoil() {
  ++figures_.faults;
  auto const i = std::size_t(throws_.below(bridges_));
  auto& bridge = cms_.bridge(i);
  auto& f = bridge.faults;
  bool api = false;
  auto const what = throws_.below(18);
  switch (what) {
    case 0:
      f.lose_records = int(1 + throws_.below(3));
      f.tell_missing = throws_.one_in(2);
      break;
    case 1:
      f.swap_records = int(1 + throws_.below(2));
      break;
    case 2:
      f.late_call_start = 1;
      break;
    case 3:
      f.end_twice = 1;
      break;
    case 4:
      f.duplicate_posts = int(1 + throws_.below(3));
      f.new_record_index = throws_.one_in(2);
      break;
    case 5:
      f.lose_200 = int(1 + throws_.below(3));
      break;
    case 6: {
      constexpr std::array ways{"truncated", "two_roots", "stray_end", "doctype",  "entities",
                                "bom",       "crlf",      "nul",       "bad_utf8", "no_id"};
      f.garble = ways.at(throws_.below(ways.size()));
      f.garble_posts = 1;
      break;
    }
    case 7:
      f.strangers = !f.strangers;
      break;
    case 8:
      f.store = int(2 + throws_.below(4));
      break;
    case 9:
      api = true;
      f.busy = int(1 + throws_.below(5));
      break;
    case 10:
      api = true;
      f.hang = 1;
      break;
    case 11:
      api = true;
      f.reset = int(1 + throws_.below(3));
      break;
    case 12:
      api = true;
      f.truncate = int(1 + throws_.below(3));
      break;
    case 13:
      api = true;
      f.dead = true;
      break;
    case 14:
      api = true;
      f.delay_ms = int(throws_.below(3'000));
      break;
    case 15:
      if (!throws_.one_in(3)) break;
      ++figures_.restarts;
      note("the daemon is started again");
      stop();
      start();
      return;
    case 16:
      if (!throws_.one_in(3)) break;
      ++figures_.bridge_restarts;
      note(fmt::format("cms{} is started again", i));
      cms_.restart(i);
      return;
    default: {
      // Somebody else's client overwrites a message: ours comes back with the next check.
      if (bridge.calls.empty()) break;
      auto const call = bridge.calls.begin()->first;
      bridge.set_message(call, {.text = throws_.one_in(2) ? "" : "Coffee at ten",
                                .position = "top",
                                .duration = "permanent",
                                .set = clock_.uptime()});
      note(fmt::format("cms{}: the message of {} is overwritten", i, call));
      spoiled_until_[i] = std::max(spoiled_until_[i], clock_.uptime() + 30s);
      return;
    }
  }
  note(fmt::format("cms{}: fault {}", i, what));
  if (api) spoiled_until_[i] = Uptime::max();
}

void BannerWorld::mend() {
  for (std::size_t i = 0; i < bridges_; ++i) {
    auto& f = cms_.bridge(i).faults;
    sim::CmsFaults fine;
    fine.link_sub_type = f.link_sub_type;
    fine.call_bridge = f.call_bridge;
    f = fine;
    if (spoiled_until_[i] == Uptime::max()) spoiled_until_[i] = clock_.uptime() + api_grace;
    cms_.bridge(i).wake_receivers();
  }
  note("all is mended");
}

Uptime BannerWorld::excused_until(std::size_t bridge) const {
  return std::max(spoiled_until_[bridge], up_since_ + 3s);
}

/// The next post of a bridge goes out, unless one is under way.
void BannerWorld::deliver(std::size_t i) {
  if (posting_[i] || cms_.bridge(i).faults.dead) return;
  auto post = cms_.bridge(i).next_post(*receivers_[i]);
  if (!post) return;
  ++figures_.posts;
  posting_[i] = true;
  auto const session = cms_.bridge(i).session;
  auto const indexes = wardroom::test::record_indexes(post->body);
  auto const upto = indexes.empty() ? 0 : *std::ranges::max_element(indexes) + 1;
  auto* const daemon = daemon_.get();
  daemon->runner.spawn(
      "post", [this, daemon, i, session, body = std::move(post->body), upto]() -> Task<void> {
        auto const got = co_await daemon->feature.receive(BridgeNo(i), body);
        if (daemon_.get() != daemon) co_return;
        posting_[i] = false;
        if (cms_.bridge(i).session == session) cms_.bridge(i).answered(*receivers_[i], got.status);
        if (got.status == 200) truth_.acknowledged(i, session, upto);
      });
}

void BannerWorld::learn() {
  truth_.learn();
  std::erase_if(screens_, [&](auto const& one) { return !truth_.knows(one.first); });
}

int BannerWorld::screen_of(std::size_t bridge, std::string const& call) const {
  auto const message = cms_.bridge(bridge).screen(call);
  return message ? level_of(message->text) : 0;
}

void BannerWorld::look() {
  ++figures_.looks;
  auto const now = clock_.uptime();
  for (auto const& conference : cms_.conferences())
    for (auto const& [bridge, call] : conference.calls) {
      auto const at = Instance{bridge, call};
      auto& screen = screens_[at];
      auto const level = screen_of(bridge, call);
      auto const wants = truth_.need(at, conference.correlator, now, domains_);
      auto const where = fmt::format("{} on cms{} ({})", conference.name, bridge, call);
      if (level != screen.level) {
        ++figures_.notices;
        note(fmt::format("{} shows {} (told: {})", where, level, wants));
      }
      bool const ours = now > excused_until(bridge);
      if (level < screen.level) {
        ++figures_.falls;
        auto const surely = truth_.need(at, conference.correlator, now - 200ms, domains_);
        if (ours && level < surely)
          fail(fmt::format("{} fell from {} to {}, below {}", where, screen.level, level, surely));
      }
      screen.level = level;
      if (level >= wants) {
        screen.below_since.reset();
        continue;
      }
      // Whose records were broken on the way is known when the bridge was read: as fast as it lets
      // itself be asked.
      bool const unheard =
          !daemon_->feature.ledger().conference_of({BridgeNo(bridge), conference::CallId(call)}) &&
          !daemon_->feature.ledger().doubt_of(BridgeNo(bridge)).empty();
      if (!screen.below_since || unheard) screen.below_since = now;
      if (now - std::max(*screen.below_since, excused_until(bridge)) > grace)
        fail(fmt::format(
            "{} shows {} for {} ms although {} was told", where, level,
            std::chrono::duration_cast<Milliseconds>(now - *screen.below_since).count(), wants));
      // What is wanted rises in the turn that takes the record; of a call whose records were lost
      // nobody knows yet, and then that is known.
      auto const& ledger = daemon_->feature.ledger();
      auto const known = ledger.conference_of({BridgeNo(bridge), conference::CallId(call)});
      auto const view = known ? daemon_->feature.board().view(*known) : std::nullopt;
      bool const aware = known ? view && number(view->wanted) >= wants
                               : !ledger.doubt_of(BridgeNo(bridge)).empty();
      if (now > up_since_ + 3s && !aware)
        fail(fmt::format("{}: wanted is {} although {} was told: {}", where,
                         view ? number(view->wanted) : -1, wants, truth_.worst()));
    }
}

void BannerWorld::advance(BootClock::duration by) {
  auto const until = clock_.uptime() + by;
  while (clock_.uptime() < until && trouble_.empty()) {
    clock_.advance(std::min<BootClock::duration>(100ms, until - clock_.uptime()));
    truth_.settle();
    look();
  }
}

bool BannerWorld::play(int acts) {
  for (int i = 0; i < acts && trouble_.empty(); ++i) {
    act();
    if (throws_.one_in(6)) spoil();
    learn();
    while (throws_.one_in(2)) {
      deliver(std::size_t(throws_.below(bridges_)));
      clock_.advance(Milliseconds(throws_.below(20)));
      truth_.settle();
      look();
    }
    if (throws_.one_in(4)) advance(Milliseconds(throws_.below(4'000)));
    if (throws_.one_in(15)) mend();
  }
  bool const rested = trouble_.empty() && rest();
  figures_.told = truth_.told();
  return rested;
}

/// What the daemon thinks, for the trace.
std::string BannerWorld::believed() const {
  std::string out;
  if (!daemon_) return out;
  auto const& feature = daemon_->feature;
  for (auto const& bridge : feature.bridges())
    out += fmt::format("\n  {}: doubt '{}', trouble '{}', behind {}", bridge.settings->name,
                       bridge.doubt, bridge.trouble, bridge.behind.value_or(0));
  for (auto const& id : feature.ledger().conferences()) {
    auto const view = feature.board().view(id);
    auto const evidence = feature.ledger().evidence(id);
    out += fmt::format("\n  {}: evident {} by {}; doubt '{}'; wanted {}; waits for '{}'", id.text(),
                       number(evidence.level), evidence.cause, evidence.doubt,
                       view ? number(view->wanted) : -1, view ? view->waits_for : "no view");
    for (auto const* leg : feature.ledger().people(id))
      out += fmt::format("\n    cms{} {} {} {} {}", leg->key.bridge, leg->key.id.text(),
                         leg->facts.remote_party.value_or("-"),
                         leg->facts.remote_address.value_or("-"), leg->classified.why);
  }
  return out;
}

/// Everything is told, nothing breaks any more: soon every screen says exactly what is true.
bool BannerWorld::rest() {
  mend();
  learn();
  std::string wrong;
  for (int second = 0; second < 240 && trouble_.empty(); ++second) {
    for (int round = 0; round < 5; ++round) {
      for (std::size_t i = 0; i < bridges_; ++i) deliver(i);
      advance(200ms);
    }
    wrong.clear();
    auto truth = truth_.levels(domains_);
    for (std::size_t i = 0; i < bridges_; ++i)
      if (receivers_[i]->waiting() != 0) wrong = fmt::format("cms{} has records left", i);
    for (auto const& conference : cms_.conferences())
      for (auto const& [bridge, call] : conference.calls) {
        auto const shown = screen_of(bridge, call), is = truth[conference.correlator];
        if (shown == is) continue;
        if (shown > is && truth_.may_say_more(conference)) continue;
        wrong = fmt::format("{} on cms{} ({}) shows {}, true is {}", conference.name, bridge, call,
                            shown, is);
      }
    if (wrong.empty()) return trouble_.empty();
  }
  if (trouble_.empty()) fail("never came to rest: " + wrong);
  return false;
}

}  // namespace wardroom::security_notices::test
