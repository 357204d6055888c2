#include "spaces_part.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::world {
namespace {
using namespace std::chrono_literals;
using nlohmann::json;
using Kind = SpaceRule::Kind;

constexpr std::size_t people_of_our_own = 12;
constexpr auto calm_schedule = "every 5m";
/// Webex may have asked for so much quiet just before all was healed.
constexpr Milliseconds quiet = 310s;

}  // namespace

SpacesPart::SpacesPart(World& world)
    : world_(world),
      dice_(world.chance("spaces policy")),
      faults_(world, world.chance("spaces answers")),
      truth_(world, policies_, faults_),
      operator_(world, truth_) {}

// --- what there is -------------------------------------------------------------------------------

void SpacesPart::prepare() {
  world_.platform().faults.people_page_max = 11;
  world_.platform().faults.member_page_max = 7;
  make_people();
  make_spaces();
  make_policy();
  watch();
}

void SpacesPart::make_people() {
  constexpr std::array departments{"Sales", "Sales", "Contractors EMEA", "Engineering", ""};
  for (std::size_t i = 1; i <= people_of_our_own; ++i) {
    auto const email = fmt::format("member{:02}@acme.example", i);
    auto const hired =
        world_.platform().org.hire(email, fmt::format("Mem{}", i), fmt::format("Ber{}", i));
    if (!hired) throw std::logic_error(hired.error().what);
    change(**hired, {{"department", dice_.pick(departments)}});
    members_.push_back(email);
  }
}

void SpacesPart::make_spaces() {
  auto& platform = world_.platform();
  rooms_.push_back(platform.rooms.all_hands().uuid);
  for (auto const* title : {"Crew", "Friends"}) {
    json wish{{"title", title}, {"moderators", {platform.org.people().front().email}}};
    for (auto const& one : members_)
      if (dice_.one_in(2)) wish["members"].push_back(one);
    wish["members"].push_back("guest@partner.example");
    auto const made = platform.rooms.make(wish);
    if (!made) throw std::logic_error(made.error().what);
    rooms_.push_back((*made)["uuid"].get<std::string>());
  }
  json friends{{"name", "Friends of the house"}, {"members", json::array()}};
  for (auto const& one : members_) {
    if (!dice_.one_in(2)) continue;
    friends["members"].push_back(one);
    truth_.put_into_group("Friends of the house", *platform.org.by_email(one), true);
  }
  if (auto const made = platform.groups.make(friends); !made)
    throw std::logic_error(made.error().what);
}

void SpacesPart::make_policy() {
  policy_.mode = world_.has("spaces observe", 120) ? "observe" : "enforce";
  policy_.concurrency = dice_.one_in(2) ? 12 : static_cast<int>(dice_.between(1, 4));
  SpaceJob hands{.name = "all-hands",
                 .room = rooms_[0],
                 .include = {{Kind::domain, {"acme.example"}}},
                 .exclude = {{Kind::department_contains, {"Contractor"}},
                             {Kind::email, {"huong.dang@acme.example"}}},
                 .protect = {"bela@acme.example"}};
  SpaceJob crew{.name = "crew",
                .room = rooms_[1],
                .include = {{Kind::department, {"Sales", "engineering"}},
                            {Kind::email, {"Member01@acme.example"}}},
                .exclude = {{Kind::email, {"ken.watanabe@acme.example"}}}};
  SpaceJob friends{.name = "friends",
                   .room = rooms_[2],
                   .include = {{Kind::group, {"Friends of the house"}}},
                   .exclude = {{Kind::department, {"Finance"}}}};
  policy_.jobs = {hands};
  if (world_.has("spaces two jobs")) policy_.jobs.push_back(crew);
  if (world_.has("spaces a group")) policy_.jobs.push_back(friends);
  constexpr std::array often{"every 6m", "every 10m", "every 15m", "every 20m"};
  for (auto& job : policy_.jobs) {
    job.schedule = dice_.pick(often);
    if (world_.has("spaces generous", 400)) job.hold_count = 100, job.hold_percent = 100;
    if (world_.has("spaces any size", 300)) job.shrink_percent = 90;
  }
}

/// Now and then somebody edits the rules before the file is read again.
void SpacesPart::change_policy() {
  if (healed_ || !dice_.one_in(3)) return;
  auto& job = policy_.jobs[dice_.below(policy_.jobs.size())];
  switch (dice_.below(6)) {
    case 0:
      if (world_.has("spaces observe", 120) || !world_.has("spaces modes")) return;
      policy_.mode = policy_.mode == "enforce" ? "observe" : "enforce";
      return;
    case 1:
      job.inactive = !job.inactive;
      return;
    case 2:
      job.protect = dice_.one_in(2) ? std::vector<std::string>{"member02@acme.example"}
                                    : std::vector<std::string>{"bela@acme.example"};
      return;
    case 3:
      job.hold_count = static_cast<int>(dice_.pick(std::array{0, 2, 5, 100}));
      job.hold_percent = job.hold_count == 100 ? 100 : 2;
      return;
    case 4:
      if (job.exclude.size() > 2)
        job.exclude.pop_back();
      else
        job.exclude.push_back({Kind::department, {"Sales"}});
      return;
    default:
      policy_.concurrency = static_cast<int>(dice_.between(1, 12));
  }
}

std::string SpacesPart::configuration() {
  change_policy();
  policies_.offered(policy_, world_.now());
  for (auto const& job : policy_.jobs) all_jobs_.push_back(job);
  return policy_.yaml();
}

void SpacesPart::daemon_started() {
  policies_.started(world_.now());
  truth_.daemon_started();
  unstored_ = false;
}

void SpacesPart::daemon_gone(bool) {
  policies_.gone(world_.now());
  truth_.daemon_gone();
  operator_.daemon_gone();
}

void SpacesPart::reloaded(bool ok) {
  using Reload = SpacePolicies::Reload;
  bool const mistaken = world_.reload_answer().status == 400;
  policies_.reloaded(ok         ? Reload::taken
                     : mistaken ? Reload::mistaken
                                : Reload::not_done,
                     world_.now());
}

// --- what is seen of the daemon ------------------------------------------------------------------

void SpacesPart::watch() {
  world_.platform().memberships.on_change = [this](auto const& change) {
    truth_.carried_out(change);
  };
  world_.hear_log([this](std::string_view line) {
    if (line.contains("the end of a sync") && line.contains("was not stored")) unstored_ = true;
  });
  world_.meddle([this](sim::Request const& request) { return meddle(request); });
  auto const changes = [](World::Sent const& sent) {
    return sent.origin == World::webex && sent.path.starts_with("/v1/memberships") &&
           sent.method != http::Method::get;
  };
  world_.watch({.left =
                    [this, changes](World::Sent const& sent) {
                      if (!changes(sent)) return;
                      truth_.change_left(sent);
                      if (policies_.observing_since())
                        world_.fail("observe",
                                    fmt::format("{} {} was sent, although spaces are "
                                                "only observed for {} ms",
                                                http::name(sent.method), sent.path,
                                                std::chrono::floor<Milliseconds>(
                                                    world_.now() - *policies_.observing_since())
                                                    .count()));
                    },
                .answered =
                    [this, changes](World::Sent const& sent) {
                      if (changes(sent)) truth_.change_answered(sent);
                    }});
}

std::optional<sim::Answer> SpacesPart::meddle(sim::Request const& request) {
  using About = SpaceFaults::About;
  auto const about = SpaceFaults::about(request);
  if (about == About::nothing) return std::nullopt;
  auto const last = request.path.substr(request.path.rfind('/') + 1);
  if (about == About::room)
    if (auto const id = percent_decode(last)) truth_.run_began(*id);
  auto meddled = faults_.meddle(request);
  if (about == About::people) truth_.page_came({}, meddled.last_page);
  if (about == About::members)
    if (auto const query = http::parse_query(request.query))
      truth_.page_came(http::find(*query, "roomId").value_or(""), meddled.last_page);
  if (about == About::person && meddled.truthful)
    if (auto const id = percent_decode(last))
      if (auto const* person = world_.platform().org.by_api_id(*id)) truth_.looked_at(*person);
  return std::move(meddled.instead);
}

// --- the end -------------------------------------------------------------------------------------

void SpacesPart::heal() {
  healed_ = world_.now();
  faults_.heal();
  for (auto const& one : members_)
    if (auto const* person = world_.platform().org.by_email(one))
      change(*person, {{"addable", true}, {"damaged", false}});
  if (!world_.has("spaces observe", 120)) policy_.mode = "enforce";
  for (auto& job : policy_.jobs) job.schedule = calm_schedule;
}

bool SpacesPart::settled() {
  auto const* sure = policies_.surely();
  if (!sure || sure->mode != policy_.mode || sure->yaml() != policy_.yaml()) {
    if (world_.up() && world_.now() - calm_asked_ > 30s) {
      calm_asked_ = world_.now();
      world_.reload();
    }
    return false;
  }
  if (!world_.up()) return false;
  return operator_.settled(*sure, world_.now() - *healed_ >= quiet);
}

void SpacesPart::finish() { SpacesJournal(world_, truth_, operator_, unstored_).check(all_jobs_); }

}  // namespace wardroom::world
