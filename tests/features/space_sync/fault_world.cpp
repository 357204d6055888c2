#include "features/space_sync/fault_world.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace wardroom::space_sync::test {
namespace {
using nlohmann::json;

constexpr auto kPatience = std::chrono::hours(12);
constexpr std::string_view origin = "https://webexapis.example";
/// Of the job: excluded by address, and protected by address.
constexpr std::string_view listed = "huong.dang@acme.example", protected_one = "bela@acme.example";

std::string words_of(std::exception_ptr why) {
  try {
    std::rethrow_exception(why);
  } catch (std::exception const& e) {
    return e.what();
  }
}

bool has_address(sim::Person const& p, std::string_view address) {
  return p.email == address || std::ranges::any_of(p.more_emails, [&](auto const& one) {
           return sim::lower_case(one) == address;
         });
}

}  // namespace

SpaceSyncSettings FaultWorld::settings(std::string const& space, Limits limits) {
  config::Complaints complaints;
  auto out = SpaceSyncSettings::parse(config::Section(
      YAML::Load(fmt::format(R"(
mode: enforce
jobs:
  - name: all-hands
    space: {}
    include: [ {{ domain: [acme.example] }} ]
    exclude: [ {{ department_contains: [Contractor] }}, {{ email: [{}] }} ]
    protect: {{ people: [{}] }}
    hold_above: {{ count: {}, percent: {} }}
    shrink_percent: {}
)",
                             space, listed, protected_one, limits == Limits::usual ? 5 : 1000,
                             limits == Limits::usual ? 2 : 100, limits == Limits::usual ? 10 : 90)),
      "test.yaml", "space_sync", complaints));
  for (auto const& complaint : complaints) ADD_FAILURE() << complaint.text();
  return out;
}

std::vector<store::Migration> FaultWorld::steps() {
  auto const all = space_sync_migrations();
  return {all.begin(), all.end()};
}

void FaultWorld::failed(std::string_view task, std::exception_ptr why) {
  ADD_FAILURE() << task << ": " << words_of(why);
}

sim::Issued FaultWorld::first_token() {
  return *platform_.oauth.book().open(
      "C-wardroom-demo", sim::GrantKind::integration, platform_.org.people().front(),
      sim::split_scopes("spark:people_read spark-admin:people_read spark:memberships_read "
                        "spark:memberships_write spark:rooms_read"));
}

FaultWorld::FaultWorld(std::uint64_t seed, std::size_t people, Limits limits, Check check)
    : dice_(seed),
      random_(seed ^ 0x5EED),
      sim_random_(seed ^ 0x51A),
      platform_(clock_, sim_random_, 1, people) {
  platform_.memberships.on_change = [this](auto const& change) { on_change(change); };
  net_.serve(std::string(origin), [this](sim::Request r) { return serve(std::move(r)); });
  net_.meddle([this](sim::Request const& r) -> std::optional<sim::Answer> {
    watch_looks(r);
    return script_.meddle(r);
  });
  wardroom::test::run_task(io_, journal_.load());
  feature_ = std::make_unique<SpaceSync>(
      SpaceSync::Ports{
          .loop = io_.get_executor(),
          .clock = clock_,
          .dice = random_,
          .listing = check == Check::real ? static_cast<PeopleListing&>(listing_) : careless_,
          .spaces = spaces_,
          .directory = directory_,
          .helpers = helpers_,
          .effects = effects_,
          .database = database_,
          .journal = journal_,
          .org = [this] { return platform_.org.uuid(); }},
      settings(room().id, limits));
  runner_.spawn("space_sync", [this] { return feature_->run(); });
  clock_.advance(Milliseconds(50));
}

FaultWorld::~FaultWorld() {
  bool done = false;
  auto work = [](FaultWorld& world, bool& flag) -> Task<void> {
    co_await world.runner_.stop(world.clock_, std::chrono::seconds(10));
    co_await world.tasks_.stop(world.clock_, std::chrono::seconds(1));
    flag = true;
  };
  wardroom::test::start_task(io_, work(*this, done));
  for (int i = 0; i < 100 && !done; ++i) clock_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(done) << "the feature did not stop";
  feature_.reset();
}

// --- the truth -----------------------------------------------------------------------------------

bool FaultWorld::belongs(sim::Person const& p) const {
  auto const ours = [](std::string const& address) {
    return sim::lower_case(address).ends_with("@acme.example");
  };
  if (p.gone || !p.org.empty() || p.type != "person") return false;
  if (!p.login_enabled || p.invite_pending || has_address(p, listed)) return false;
  if (sim::lower_case(p.department).find("contractor") != std::string::npos) return false;
  return ours(p.email) || std::ranges::any_of(p.more_emails, ours);
}

/// Whom nothing removes.
bool FaultWorld::stays(sim::Person const& p) const {
  return !p.org.empty() || p.type == "bot" || has_address(p, protected_one) ||
         &p == &platform_.org.people().front();
}

void FaultWorld::on_change(sim::MembershipsSim::Change const& change) {
  ++(change.added ? added_ : removed_);
  looked_at_.erase(change.person);
  if (change.added) return;
  auto const& p = *change.person;
  auto const* member = change.room->find(p);
  if (belongs(p))
    wrong_.push_back(fmt::format("{} belongs and was removed", p.email));
  else if (stays(p))
    wrong_.push_back(fmt::format("{} is protected and was removed", p.email));
  else if (member && member->moderator && !frozen_members_)
    wrong_.push_back(fmt::format("{} is a moderator and was removed", p.email));
}

std::string FaultWorld::difference() const {
  auto const& room = platform_.rooms.all_hands();
  std::string out;
  for (auto const& p : platform_.org.people())
    if (belongs(p) && p.addable && !room.find(p)) out += p.email + " is missing; ";
  for (auto const& [place, member] : room.members)
    if (!belongs(*member.person) && !stays(*member.person) && !member.moderator)
      out += member.person->email + " is too many; ";
  return out;
}

void FaultWorld::change_somebody() {
  auto const& all = platform_.org.people();
  auto const& p = all[1 + dice_.below(all.size() - 1)];
  if (looked_at_.contains(&p)) return;
  auto const set = [&](json const& wish) {
    auto const done = platform_.org.change(p.email, wish);
    EXPECT_TRUE(done) << done.error().what;
  };
  switch (dice_.below(10)) {
    case 0:
    case 1: {
      constexpr std::array departments{"Sales", "Contractors EMEA", "", "CONTRACTOR", "Finance"};
      return set({{"department", departments[dice_.below(departments.size())]}});
    }
    case 2:
      return set({{"login_enabled", !p.login_enabled}});
    case 3:
      return set({{"invite_pending", !p.invite_pending}});
    case 4:
      return set({{"gone", !p.gone}});
    case 5: {
      auto shout = p.email;
      std::ranges::transform(shout, shout.begin(),
                             [](unsigned char c) { return char(std::toupper(c)); });
      return set({{"emails", {dice_.one_in(2) ? shout : p.email}}});
    }
    case 6:
      return set({{"damaged", !p.damaged}});
    case 7:
      return set({{"addable", dice_.one_in(2)}});
    case 8:
      sim::RoomsSim::add(room(), p);
      return;
    default:
      if (auto const* member = room().find(p); member && !member->moderator)
        sim::RoomsSim::remove(room(), p);
  }
}

void FaultWorld::freeze(bool people, bool members) {
  platform_.faults.people_stale = people;
  platform_.faults.members_stale = frozen_members_ = members;
  platform_.webex.follow_faults();
}

void FaultWorld::thaw() {
  freeze(false, false);
  for (auto const& p : platform_.org.people())
    if (p.damaged || !p.addable)
      EXPECT_TRUE(platform_.org.change(p.email, {{"damaged", false}, {"addable", true}}));
  // Whom the service refused to add is not asked for again within a day.
  clock_.advance(std::chrono::hours(25));
}

// --- the network ---------------------------------------------------------------------------------

/// From the look at somebody until they are removed, or the run is over, they stay as they are:
/// what changes in between nobody can know.
void FaultWorld::watch_looks(sim::Request const& request) {
  constexpr std::string_view before = "/v1/people/";
  if (request.path.starts_with(before))
    if (auto const id = percent_decode(request.path.substr(before.size())))
      if (auto const* person = platform_.org.by_api_id(*id)) looked_at_.insert(person);
  if (changes_per_mille > 0 && dice_.below(1000) < changes_per_mille) change_somebody();
}

sim::Answer FaultWorld::serve(sim::Request request) {
  return platform_.webex.handle(std::move(request));
}

Result<Run> FaultWorld::run(RunOrder order) {
  looked_at_.clear();
  std::optional<Result<Run>> out;
  auto work = [](FaultWorld& world, RunOrder wish, std::optional<Result<Run>>& into) -> Task<void> {
    auto const id = co_await world.feature_->start(std::move(wish));
    if (!id) {
      into.emplace(std::unexpected(id.error()));
      co_return;
    }
    into.emplace(co_await world.feature_->ended(*id));
  };
  wardroom::test::start_task(io_, work(*this, std::move(order), out));
  for (auto const end = clock_.uptime() + kPatience; !out && clock_.uptime() < end;)
    clock_.advance(std::chrono::seconds(1));
  looked_at_.clear();
  if (!out) throw std::runtime_error("a run did not end within twelve hours");
  return std::move(*out);
}

}  // namespace wardroom::space_sync::test
