#include "notices_part.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

namespace wardroom::world {

using namespace std::chrono_literals;

namespace {

constexpr auto counts_from = 60s;  // after all was healed: two checks of each bridge
constexpr auto ask_again = 20s;
constexpr auto patience_of_screens = 10min;
constexpr auto mute_after = 3min;
/// Between one answer that a bridge thinks about and the next: things must come to rest as well.
constexpr auto thinks_again = 20s;

}  // namespace

NoticesPart::NoticesPart(World& world)
    : world_(world),
      policies_(policy_),
      sender_dice_(world.chance("notices sender")),
      post_dice_(world.chance("notices copies")),
      soon_dice_(world.chance("notices soon")),
      meanwhile_dice_(world.chance("notices meanwhile")),
      copies_(world.has("notices copies", 400)),
      meanwhile_(world.has("notices meanwhile")),
      truth_(world.platform().cms, world.clock()) {}

void NoticesPart::prepare() {
  auto dice = world_.chance("notices shape");
  if (world_.has("notices observed", 150)) policy_.enforces = false;
  policy_.domains = static_cast<unsigned>(dice.below(3));
  policies_ = NoticesPolicies(policy_);
  check_every_ = Milliseconds(dice.pick(std::vector{20'000, 30'000, 60'000}));
  latency_ = Milliseconds(dice.between(1, 40));
  auto const count = 1 + dice.below(3);
  bool const clustered = count > 1 && !dice.one_in(5), silent_links = dice.one_in(3);
  for (std::size_t i = 0; i < count; ++i) {
    add_bridge(i, clustered);
    cms().bridge(i).faults.link_sub_type = !silent_links;
    cms().bridge(i).faults.call_bridge = !dice.one_in(3);
    page_caps_.push_back(dice.one_in(3) ? int(dice.between(2, 4)) : 10);
    cms().bridge(i).faults.page_cap = page_caps_.back();
  }
  posts_ = std::make_unique<NoticesPosts>(
      world_.visitors(),
      NoticesPosts::Ears{
          [this](http::ClientRequest const& request) { return post_leaves(request); },
          [this](NoticesPost const& post, int status) { post_answered(post, status); }});
  sender_ = std::make_unique<sim::CmsSender>(cms(), world_.io().get_executor(), world_.clock(),
                                             sender_dice_.port(), *posts_, world_.tasks());
  world_.watch({.left = [this](World::Sent const& sent) { request_leaves(sent); },
                .arrived = [this](World::Sent const& sent) { put_arrives(sent); },
                .answered = {}});
}

void NoticesPart::add_bridge(std::size_t number, bool clustered) {
  Bridge bridge{.name = fmt::format("cms{}", number + 1),
                .origin = fmt::format("https://cms{}.example", number + 1),
                .secret = fmt::format("secret-of-the-bridge-{}", number + 1)};
  auto& simulated = cms().add_bridge({.name = bridge.name, .clustered = clustered});
  bridge.receiver =
      simulated.add_receiver(fmt::format("{}/cdr/{}", World::public_url, bridge.secret)).value();
  write_file(bridge.name + ".password", simulated.options.password);
  write_file(bridge.name + ".cdr", bridge.secret);
  world_.serve(bridge.origin,
               [this, number](sim::Request r) { return serve(number, std::move(r)); });
  world_.change_way(bridge.origin, [this](test::Way& way) { way.latency = latency_; });
  bridges_.push_back(std::move(bridge));
}

/// Questions may fail while messages are taken.
sim::Answer NoticesPart::serve(std::size_t number, sim::Request request) {
  auto& bridge = bridges_.at(number);
  bool const busy = request.method == http::Method::put && bridge.busy_puts > 0;
  if (busy) --bridge.busy_puts;
  bool const refuses = request.method == http::Method::get && world_.now() < bridge.refuses_until;
  if (!busy && !refuses) {
    auto out = cms().api(number, request);
    if (request.method == http::Method::get) think(asked_about(number, request), out);
    return out;
  }
  if (busy && meanwhile_) act_meanwhile(asked_about(number, request), 2s);
  sim::Answer out;
  out.response = http::text(503, "Service Unavailable\n");
  if (refuses && bridge.refuses_by_silence) out.wire = sim::Answer::Wire::hang;
  return out;
}

NoticesPart::Asked NoticesPart::asked_about(std::size_t number, sim::Request const& request) const {
  constexpr std::string_view calls = "/api/v1/calls/", legs = "/api/v1/callLegs/";
  std::string_view const path = request.path;
  Asked out{.bridge = number};
  if (path.starts_with(calls)) {
    out.call = path.substr(calls.size(), path.find('/', calls.size()) - calls.size());
  } else if (path.starts_with(legs)) {
    auto const& all = cms().bridge(number).legs;
    auto const leg = all.find(std::string(path.substr(legs.size())));
    if (leg != all.end()) out = {number, leg->second.call, leg->second.person};
  }
  return out;
}

/// It has no time for a message just now: what is tried again may be too old by then.
void NoticesPart::be_busy(Bridge& bridge) {
  if (!meanwhile_ || world_.healed() || world_.now() < thinks_next_) return;
  if (!meanwhile_dice_.one_in(8)) return;
  thinks_next_ = world_.now() + thinks_again;
  bridge.busy_puts = int(meanwhile_dice_.between(1, 4));
}

/// It has looked, and its answer takes a moment.
void NoticesPart::think(Asked asked, sim::Answer& answer) {
  bool const answers =
      answer.wire == sim::Answer::Wire::whole && answer.response.status == 200 && !world_.healed();
  if (!meanwhile_ || !answers || asked.call.empty() || world_.now() < thinks_next_) return;
  if (!meanwhile_dice_.one_in(4)) return;
  auto const takes = Milliseconds(meanwhile_dice_.between(50, 500));
  thinks_next_ = world_.now() + thinks_again;
  answer.delay += takes;
  act_meanwhile(std::move(asked), takes);
}

void NoticesPart::write_file(std::string const& name, std::string const& text) const {
  auto const path = world_.folder() + "/" + name;
  std::ofstream(path) << text << "\n";
  std::filesystem::permissions(path, std::filesystem::perms(0600));
}

std::string NoticesPart::configuration() {
  policies_.written(policy_, world_.now());
  auto out = fmt::format("security_notices:\n{}  keep: 365d\n  check_every: {}s\n  bridges:\n",
                         policy_.yaml(), check_every_ / 1s);
  for (auto const& bridge : bridges_)
    out += fmt::format(
        "    - {{ name: {0}, api: \"{1}/api/v1\", username: wardroom, password_file: "
        "\"{2}/{0}.password\", cdr_secret_file: \"{2}/{0}.cdr\" }}\n",
        bridge.name, bridge.origin, world_.folder());
  return out;
}

void NoticesPart::daemon_started() {
  policies_.started(world_.now());
  changed_ = true;
}

/// What it had begun to read, the next one reads at its start.
void NoticesPart::daemon_gone(bool /*crashed*/) {
  for (auto& bridge : bridges_) bridge.due.reset();
  heard_.clear();
  up_since_.reset();
  asked_at_.reset();
  changed_ = true;
}

void NoticesPart::reloaded(bool ok) {
  policies_.answered(ok, world_.now());
  changed_ = true;
}

NoticesPart::Bridge* NoticesPart::bridge_of(std::string_view origin) {
  for (auto& bridge : bridges_)
    if (bridge.origin == origin) return &bridge;
  return nullptr;
}

void NoticesPart::happened() {
  truth_.learn();
  truth_.settle();
  std::erase_if(screens_, [&](auto const& one) { return !truth_.knows(one.first); });
  for (auto const& [no, person] : cms().people())
    for (auto const& leg : person.legs) people_legs_.emplace(leg, person.bridge);
  moved();
}

void NoticesPart::moved() {
  changed_ = true;
  moved_at_ = world_.now();
  ++moves_;
  note_losses();
}

void NoticesPart::heal() {
  for (std::size_t i = 0; i < bridges_.size(); ++i) {
    bridges_[i].refuses_until = {};
    bridges_[i].busy_puts = 0;
    mend_api(i);
    mend_posts(i);
  }
  happened();
  healed_at_ = world_.now();
  if (!policies_.sure()) world_.reload();
}

/// Not asked before others are at rest: the time counts from the first question.
bool NoticesPart::settled() {
  if (!waited_for_since_) waited_for_since_ = world_.now();
  wrong_ = what_is_wrong();
  if (!wrong_.empty() && world_.now() - *waited_for_since_ > patience_of_screens)
    world_.fail("B1", "never came to rest: " + wrong_);
  return wrong_.empty();
}

std::string NoticesPart::what_is_wrong() {
  for (auto const& bridge : bridges_)
    if (bridge.receiver->waiting() != 0) return bridge.name + " has records left";
  if (!policies_.sure()) {
    if (!asked_at_ || world_.now() - *asked_at_ > ask_again) {
      asked_at_ = world_.now();
      world_.reload();
    }
    return "it is not sure by which configuration the daemon goes";
  }
  if (auto wrong = wrong_screen(); !wrong.empty()) {
    if (world_.now() - *healed_at_ > mute_after) dial_mute_bridges();
    return wrong;
  }
  if (counts_right_) return {};
  if (world_.now() - *healed_at_ < counts_from) return "there is time to check all bridges";
  if (!asked_at_ || world_.now() - *asked_at_ > ask_again) ask_for_counts();
  return wrong_.empty() ? "the daemon is asked who is there" : wrong_;
}

/// One that made records and lost them twice with none between stays in doubt until one comes; and
/// nobody acts any more.
void NoticesPart::dial_mute_bridges() {
  for (std::size_t i = 0; i < bridges_.size(); ++i) {
    auto& bridge = bridges_[i];
    if (bridge.dropped_at <= bridge.heard_at || std::exchange(bridge.dialled, true)) continue;
    note("somebody dials " + bridge.name + ", whose last records were lost");
    cms().scan(i);
    happened();
  }
}

/// Each says what is true, in the words that are configured.
std::string NoticesPart::wrong_screen() const {
  auto const& policy = policies_.may_hold().front();
  if (!policy.enforces) return {};
  auto truth = truth_.levels(policy.lists());
  for (auto const& conference : cms().conferences())
    for (auto const& [bridge, call] : conference.calls) {
      auto const message = cms().bridge(bridge).screen(call);
      auto const shown = message ? level_of_text(message->text) : 0;
      auto const is = truth[conference.correlator];
      if (shown > is && truth_.may_say_more(conference)) continue;
      if (shown != is)
        return fmt::format("{} shows {}, true is {}", where(conference, {bridge, call}), shown, is);
      if (shown > 0 && message->text != policy.text(shown))
        return fmt::format("{} shows '{}', configured is '{}'", where(conference, {bridge, call}),
                           message->text, policy.text(shown));
    }
  return {};
}

void NoticesPart::finish() {
  check_people();
  check_stays();
}

}  // namespace wardroom::world
