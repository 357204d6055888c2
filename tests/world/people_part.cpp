#include "people_part.hpp"

#include "operator_part.hpp"
#include "store_part.hpp"
#include "tokens_part.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace wardroom::world {
using namespace std::chrono_literals;

namespace {

constexpr auto tick_pause = 10s;
/// A refusal may be the first sign of a stop.
constexpr auto stop_shows_within = 15s;
constexpr auto starts_within = 20s;
constexpr auto shortest_retry = 20'000ms, longest_retry = 300'000ms;
/// At rest: everybody is in and heard by then, those who have to wait after failed logins, too.
constexpr auto rest_patience = 25min;

}  // namespace

PeoplePart::Somebody::Somebody(PeoplePart& part, sim::Person const& its_person, std::size_t number)
    : person(its_person),
      accuracy(10 + 4 * double(number)),
      window(part.watch_,
             part.world_.doors().from(fmt::format("198.51.100.{}", 10 + number), &part.way_),
             person, accuracy),
      browser(person, window, part.world_.clock(), part.world_.tasks()) {}

PeoplePart::PeoplePart(World& world)
    : world_(world),
      dice_(world.chance("people")),
      watch_{
          .world = world,
          .posts = posts_,
          .may_refuse = [this] { return may_refuse(); },
          .time_is_true =
              [this] { return world_.part<OperatorPart>().widest_skew() == Milliseconds(0); },
          .copy_in = [this]() -> std::optional<Milliseconds> {
            if (!duplicates_ || healed_ || !dice_.one_in(20)) return std::nullopt;
            return Milliseconds(dice_.between(1, 3'000));
          },
          .doubt =
              [this](std::string sentence) {
                doubts_.push_back({world_.now() + stop_shows_within, life_, std::move(sentence)});
              }},
      duplicates_(world.has("people post twice", 400)) {
  auto const deed = [this](unsigned share, Deed what) {
    for (; share > 0; --share) deeds_.push_back(what);
  };
  deed(4, &PeoplePart::come);
  deed(6, &PeoplePart::move);
  deed(1, &PeoplePart::fall_silent);
  deed(2, &PeoplePart::look_at_oneself);
  deed(3, &PeoplePart::read_page);
  if (world.has("live pages", 700)) deed(3, &PeoplePart::open_live_page);
  if (world.has("people log out", 500)) deed(1, &PeoplePart::log_out);
  if (world.has("people log out", 500)) deed(1, &PeoplePart::end_admin_session);
  deed(1, &PeoplePart::try_old_session);
  deed(1, &PeoplePart::try_forbidden);
  if (world.has("rush hours", 300)) deed(1, &PeoplePart::rush);
  auto const mishap = [&](std::string_view purpose, Deed what) {
    if (world.has(purpose, 400)) mishaps_.push_back(what);
  };
  mishap("doors in pieces", &PeoplePart::pieces);
  mishap("doors slow", &PeoplePart::slow);
  mishap("doors cut", &PeoplePart::cuts);
  mishap("doors lost", &PeoplePart::losses);
  mishap("doors refused", &PeoplePart::refusals);
  mishap("doors reset", &PeoplePart::resets);
}

PeoplePart::~PeoplePart() = default;

/// The administrator, and some of the others; the rest never opens a browser.
void PeoplePart::prepare() {
  auto const& org = world_.platform().org;
  people_.push_back(std::make_unique<Somebody>(*this, *org.by_email("ada@acme.example"), 0));
  auto const most = static_cast<std::size_t>(dice_.between(3, 8));
  for (std::size_t i = 0; i < World::people && people_.size() <= most; ++i) {
    auto const& person = org.people()[i];
    bool const fit = person.login_enabled && !person.invite_pending && !person.gone &&
                     person.type == "person" && person.email != people_[0]->person.email;
    if (fit && dice_.one_in(2))
      people_.push_back(std::make_unique<Somebody>(*this, person, people_.size()));
  }
  people_[0]->wants_in = true;
  pages_ = std::make_unique<LivePages>(watch_, people_[0]->window);
  tick();
}

void PeoplePart::daemon_gone(bool crashed) {
  if (crashed)
    for (auto const& one : people_) one->window.daemon_killed();
  ++life_;
}

bool PeoplePart::may_refuse() const {
  auto const since = world_.up_since();
  if (!world_.up() || !since || world_.now() - *since < starts_within) return true;
  return world_.part<StorePart>().troubled(120'000ms);
}

/// Those who want in are, sooner or later.
void PeoplePart::tick() {
  next_tick_ = world_.clock().after(tick_pause, [this] { tick(); });
  if (!world_.up()) return;
  for (auto const& one : people_) tend(*one);
}

void PeoplePart::tend(Somebody& one) {
  if (!one.wants_in || one.busy || world_.now() < one.next_try) return;
  bool const admin = &one == people_[0].get();
  if (!admin && people_[0]->window.sessions().empty()) return;  // not set up yet
  bool const out = admin ? one.window.cookie_of(Role::admin).empty() ||
                               world_.part<TokensPart>().needs_login("admin")
                         : !one.browser.is_person();
  if (out) spawn(one, "login", [this, &one, admin] { return log_in(one, admin); });
}

void PeoplePart::spawn(Somebody& one, std::string what, std::function<Task<void>()> body) {
  one.busy = true;
  world_.tasks().spawn(what + " of " + one.person.email,
                       [&one, body = std::move(body)]() -> Task<void> {
                         struct Idle {
                           bool& busy;
                           ~Idle() { busy = false; }
                         } const idle{one.busy};
                         co_await body();
                       });
}

Task<void> PeoplePart::log_in(Somebody& one, bool admin) {
  auto const entered = co_await one.browser.log_in(std::string(World::public_url), admin, "");
  world_.note("people", fmt::format("{} login of {}: {}", admin ? "admin" : "user",
                                    one.person.email, entered ? "in" : entered.error().what));
  if (!entered) {
    one.pause = std::clamp<Milliseconds>(one.pause * 2, shortest_retry, longest_retry);
    one.next_try = world_.now() + one.pause;
    co_return;
  }
  one.pause = 0ms;
  one.next_try = world_.now() + 30s;
  if (!admin) co_await one.browser.begin_posting();
}

// --- the end -------------------------------------------------------------------------------------

void PeoplePart::heal() {
  healed_ = world_.now();
  ends_.clear();
  way_ = {};
  for (auto const& one : people_) {
    one->pause = 0ms;
    one->next_try = world_.now();
  }
}

void PeoplePart::look() {
  while (!doubts_.empty() && doubts_.front().when <= world_.now()) {
    if (doubts_.front().life == life_ && !may_refuse())
      world_.fail("people", doubts_.front().sentence);
    doubts_.pop_front();
  }
}

bool PeoplePart::settled() {
  for (auto const& one : people_) {
    if (!one->wants_in) continue;
    auto const heard = one->window.acknowledged();
    bool const fine = one == people_[0] ? !one->window.cookie_of(Role::admin).empty()
                                        : heard && *heard > *healed_ && one->browser.is_person();
    if (fine) continue;
    if (world_.now() - *healed_ > rest_patience)
      world_.fail("people", fmt::format("{} is not in {} min after all was healed",
                                        one->person.email, rest_patience.count()));
    return false;
  }
  if (std::exchange(tried_all_, true)) return trying_ == 0;
  ++trying_;
  world_.tasks().spawn("all sessions", [this]() -> Task<void> {
    co_await try_all_sessions();
    --trying_;
  });
  return false;
}

/// What the live journal showed is what the store has.
void PeoplePart::finish() {
  auto const& seen = pages_->seen();
  if (seen.empty()) return;
  auto const path = fmt::format("/v1/events?since={}&limit=5000", seen.begin()->first - 1);
  auto const answer = world_.ask(http::Method::get, path);
  if (answer.status != 200)
    return world_.fail("people", fmt::format("events was answered {}", answer.status));
  std::map<std::int64_t, std::string> kept;
  std::istringstream lines(answer.body);
  for (std::string line; std::getline(lines, line);) {
    auto const entry = nlohmann::json::parse(line, nullptr, false);
    if (entry.contains("seq")) kept[entry["seq"].get<std::int64_t>()] = entry.value("kind", "");
  }
  for (auto const& [seq, kind] : seen) {
    auto const found = kept.find(seq);
    if (found == kept.end() || found->second != kind)
      return world_.fail(
          "people", fmt::format("the live journal showed {} as {}, and the history has {}", seq,
                                kind, found == kept.end() ? "nothing" : found->second));
  }
}

}  // namespace wardroom::world
