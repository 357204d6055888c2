#include "operator_part.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>

namespace wardroom::world {
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::hours;

namespace {

/// What only tells of memory answers at once, whatever the disk and the neighbours do.
constexpr std::array quick_verbs{"/v1/status",         "/v1/health",      "/v1/token/show",
                                 "/v1/monitor/status", "/v1/cms/status",  "/v1/config/show",
                                 "/v1/fence/list",     "/v1/alerts/list", "/v1/cms/calls"};
constexpr auto quick = 1s;
/// None that looks at the machine: what it has free today is in no seed.
constexpr std::array other_verbs{"/v1/calls/list",       "/v1/people/list",     "/v1/sync/list",
                                 "/v1/override/list",    "/v1/sessions/list",   "/v1/config/diff",
                                 "/v1/store/show",       "/v1/events?limit=20", "/v1/audit/list",
                                 "/v1/doctor?area=audit"};

/// Each is one mistake, on its first line.
constexpr std::array mistakes{
    "operators_typo: { of: us }\n", "journal: { keep: 5s }\n", "journal: { kept: 30d }\n",
    "alerts: { hold: soon }\n",     "alerts: [ unfinished\n",
};

bool reads_as_json(std::string_view body) {
  while (!body.empty()) {
    auto const line = body.substr(0, body.find('\n'));
    if (!line.empty() && !nlohmann::json::accept(line)) return nlohmann::json::accept(body);
    body.remove_prefix(std::min(body.size(), line.size() + 1));
  }
  return true;
}

}  // namespace

OperatorPart::OperatorPart(World& world)
    : world_(world), storm_dice_(world.chance("operator storms")) {
  auto const add = [&](std::vector<Deed>& to, std::string_view what, unsigned per_mille, Deed deed,
                       int shares = 1) {
    if (world.has(fmt::format("operator {}", what), per_mille)) to.insert(to.end(), shares, deed);
  };
  add(deeds_, "reads", 800, &OperatorPart::read_a_verb, 3);
  add(deeds_, "reloads", 700, &OperatorPart::good_reload, 2);
  add(deeds_, "mistakes", 400, &OperatorPart::bad_reload);
  add(mishaps_, "restarts", 500, &OperatorPart::restart, 2);
  add(mishaps_, "kills", 700, &OperatorPart::kill, 3);
  add(mishaps_, "storms", 200, &OperatorPart::kill_often);
  add(mishaps_, "jumps", 300, &OperatorPart::jump);
}

std::string OperatorPart::configuration() {
  // A section that is written twice would be a mistake of another kind.
  if (mistake_.starts_with("journal:")) return mistake_;
  return fmt::format("journal: {{ keep: {}d }}\n", keep_days_) + mistake_;
}

void OperatorPart::act(Chance& chance) {
  if (!deeds_.empty()) (this->*chance.pick(deeds_))(chance);
}

void OperatorPart::fault(Chance& chance) {
  if (!mishaps_.empty()) (this->*chance.pick(mishaps_))(chance);
}

void OperatorPart::heal() {
  kills_left_ = 0;
  auto chance = world_.chance("operator healing");
  if (skew_ != 0ms && chance.one_in(2)) skew_to(0ms);
}

// --- asking --------------------------------------------------------------------------------------

/// `then` hears only answers, and of this very life of the daemon.
void OperatorPart::ask(http::Method method, std::string path,
                       std::function<void(Answered const&)> then) {
  ++asking_;
  world_.control(method, path, method == http::Method::post ? "{}" : "",
                 [this, life = life_, then = std::move(then)](Answered const& answer) {
                   if (life != life_) return;
                   --asking_;
                   if (answer.status != 0 && world_.up()) then(answer);
                 });
}

void OperatorPart::read_a_verb(Chance& chance) {
  if (!world_.up()) return;
  bool const fast = chance.one_in(2);
  std::string const path = fast ? chance.pick(quick_verbs) : chance.pick(other_verbs);
  ask(http::Method::get, path, [this, path, fast, since = world_.now()](Answered const& answer) {
    auto const took = world_.now() - since;
    world_.note("operator", fmt::format("{} {}", path, answer.status));
    if (fast && answer.status != 200)
      world_.fail("G2", fmt::format("{} answers {}: {}", path, answer.status, answer.body));
    if (fast && took > quick) world_.fail("G2", fmt::format("{} took {} ms", path, took / 1ms));
    if (!reads_as_json(answer.body))
      world_.fail("G2", fmt::format("{} answers {}, which is no JSON", path, answer.status));
  });
}

// --- the configuration ---------------------------------------------------------------------------

void OperatorPart::good_reload(Chance& chance) {
  if (!world_.up() || !mistake_.empty()) return;
  keep_days_ = static_cast<unsigned>(chance.between(4'500, 9'000));
  world_.note("operator", "reloads");
  world_.reload();
}

/// What is in force is looked at, then a mistake written, tried, tried once more, and taken out.
void OperatorPart::bad_reload(Chance& chance) {
  if (!world_.up() || !mistake_.empty()) return;
  mistake_ = chance.pick(mistakes);
  ++mistakes_made_;
  world_.note("operator",
              fmt::format("makes a mistake: {}", mistake_.substr(0, mistake_.size() - 1)));
  ask(http::Method::get, "/v1/config/show", [this](Answered const& answer) {
    // What is being read now was written before the mistake, and will be in force.
    bool const changing = world_.reloading() || asking_ > 0;
    in_force_ = changing ? std::string() : answer.body;
    world_.reload();
  });
}

void OperatorPart::reloaded(bool ok) {
  // What ended may have been asked for before the mistake was written.
  if (place_of_mistake().empty()) return;
  // The file may have been read before the mistake stood in it.
  if (ok) in_force_.clear();
  ask(http::Method::post, "/v1/reload", [this, asked = mistakes_made_](Answered const& answer) {
    if (asked == mistakes_made_) judge_refusal(answer);
  });
}

/// ":12", the line of the mistake in the file as it stands; empty when it is not there.
std::string OperatorPart::place_of_mistake() const {
  std::ifstream file(world_.folder() + "/wardroom.yaml");
  auto const wanted = mistake_.substr(0, mistake_.find('\n'));
  int number = 1;
  for (std::string line; std::getline(file, line); ++number)
    if (!wanted.empty() && line == wanted) return fmt::format(":{}", number);
  return {};
}

void OperatorPart::judge_refusal(Answered const& answer) {
  if (mistake_.empty()) return;
  auto const place = place_of_mistake();
  if (!place.empty() && answer.status == 200)
    return world_.fail("G2", fmt::format("a file with the mistake '{}' was taken", mistake_));
  // An unfinished list is found where the file ends.
  bool const anywhere = mistake_.contains("unfinished");
  if (!place.empty() && answer.status == 400 && !anywhere && !answer.body.contains(place))
    return world_.fail(
        "G2", fmt::format("the answer to the mistake in line {} does not name it: {}", place,
                          answer.body));
  ask(http::Method::get, "/v1/config/show",
      [this](Answered const& shown) { judge_in_force(shown); });
}

void OperatorPart::judge_in_force(Answered const& answer) {
  if (answer.status == 200 && !in_force_.empty() && answer.body != in_force_)
    world_.fail("G2", "a file that was refused changed what is in force");
  mistake_.clear();
  in_force_.clear();
  world_.reload();
}

// --- its lives -----------------------------------------------------------------------------------

/// At times in the middle of a request that somebody never ends.
void OperatorPart::restart(Chance& chance) {
  Milliseconds const down(chance.one_in(4) ? chance.between(0, 90'000) : chance.between(0, 3'000));
  if (!chance.one_in(3)) return world_.restart(down);
  world_.tasks().spawn("half a request", [this]() -> Task<void> {
    http::ClientRequest request{.method = http::Method::post,
                                .url = std::string(World::public_url) + "/api/v1/location",
                                .body = std::string(2'000, ' '),
                                .timeout = 20s};
    co_await world_.doors().from("198.51.100.99", &half_).send(std::move(request));
  });
  later_ = world_.clock().after(Milliseconds(chance.between(50, 2'000)),
                                [this, down] { world_.restart(down); });
}

/// Somewhere within its next few handlers, or thousands.
void OperatorPart::kill(Chance& chance) {
  auto const most = chance.pick(std::array<std::uint64_t, 4>{30, 300, 3'000, 20'000});
  auto const down = chance.one_in(4) ? chance.between(0, 90'000) : chance.between(0, 3'000);
  world_.crash_after(chance.below(most), Milliseconds(down));
}

/// Several in a row, also while it starts.
void OperatorPart::kill_often(Chance& chance) {
  kills_left_ = static_cast<unsigned>(chance.between(2, 6));
  kill(chance);
}

void OperatorPart::daemon_started() {
  ++life_;
  aged_by_ = std::max(aged_by_, skew_ - lowest_);
  if (kills_left_ == 0) return;
  --kills_left_;
  world_.crash_after(
      storm_dice_.below(storm_dice_.pick(std::array<std::uint64_t, 3>{50, 300, 2'000})),
      Milliseconds(storm_dice_.between(0, 2'000)));
}

void OperatorPart::daemon_gone(bool) {
  ++life_;
  asking_ = 0;
  mistake_.clear();
  in_force_.clear();
}

// --- its wall clock ------------------------------------------------------------------------------

void OperatorPart::jump(Chance& chance) {
  constexpr Milliseconds to_2038 = days(4'076) + hours(20);  // from November 2026
  constexpr std::array<Milliseconds, 9> skews{hours(1), -hours(1), days(365), -days(365),
                                              to_2038,  days(2),   -days(2),  Milliseconds(-7'000),
                                              hours(0)};
  skew_to(chance.pick(skews));
}

void OperatorPart::skew_to(Milliseconds skew) {
  world_.note("operator", fmt::format("the wall clock is {} s beside the time", skew / 1s));
  world_.jump_wall_clock(skew - skew_);
  skew_ = skew;
  widest_ = std::max(widest_, std::max(skew, -skew));
  lowest_ = std::min(lowest_, skew);
}

}  // namespace wardroom::world
