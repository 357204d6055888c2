/// A directory and a space as they truly are, answered for by the two ports: with delays, faults
/// and a record of who was added, removed and asked for.
#pragma once
#include "plan_world.hpp"
#include "ports/spaces.hpp"
#include "support/fake_clock.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace wardroom::space_sync::test {

/// The truth, and what was done to it. Outlives the ports.
struct Outside {
  explicit Outside(Clock& c) : clock(c) {}

  Clock& clock;
  Uuid self = id_of(1);
  Space space{.id = "SPACE", .title = "All hands"};
  std::map<Uuid, Told> people;
  std::map<Uuid, Member> members;

  Milliseconds answer_time{0};
  std::size_t page_size = 100;
  bool dead = false;  ///< nothing that is asked is carried out or answered any more
  std::optional<Error> listing_fails, members_fail, space_fails, self_fails;
  std::map<Uuid, Error> add_fails, remove_fails, look_fails;
  std::map<Uuid, int> fails_times;    ///< of add_fails and remove_fails; absent = always
  std::optional<std::size_t> listed;  ///< only so many people are told of: a half directory
  bool hide_self = false;             ///< the member list lacks ourselves
  std::function<void()> before_look;  ///< just before a person is told of by themselves

  std::vector<Uuid> added, removed;     ///< that truly happened
  std::vector<Uuid> add_calls, looked;  ///< that were asked
  std::vector<Uuid> added_twice;        ///< who were there already when they were added
  std::size_t calls = 0, in_flight = 0, most_in_flight = 0;

  void hire(std::uint64_t n, std::string department = "Sales") {
    auto const text = std::to_string(n);
    people[id_of(n)] = {id_of(n), "Person " + text, {"p" + text + "@acme.example"}, department};
  }
  void join(std::uint64_t n, bool moderator = false) {
    auto const text = std::to_string(n);
    members[id_of(n)] = {id_of(n), "Person " + text, "p" + text + "@acme.example", our_org,
                         moderator};
  }
  void leave(std::uint64_t n) { members.erase(id_of(n)); }
  bool is_member(std::uint64_t n) const { return members.contains(id_of(n)); }
  std::set<Uuid> member_set() const {
    std::set<Uuid> out;
    for (auto const& [id, member] : members) out.insert(id);
    return out;
  }
  std::size_t changes() const { return added.size() + removed.size(); }

  struct Flight {
    explicit Flight(Outside& w) : world(w) {
      ++world.calls;
      world.most_in_flight = std::max(world.most_in_flight, ++world.in_flight);
    }
    ~Flight() { --world.in_flight; }
    Flight(Flight const&) = delete;
    Flight& operator=(Flight const&) = delete;
    Outside& world;
  };
  /// Half of a call's way; a dead service never answers.
  Task<void> way() {
    if (answer_time.count() > 0) co_await clock.sleep_for(answer_time / 2);
    if (dead) co_await clock.sleep_for(std::chrono::hours(24 * 365));
  }
  std::optional<Error> fault_of(std::map<Uuid, Error> const& faults, Uuid const& who) {
    auto const found = faults.find(who);
    if (found == faults.end()) return std::nullopt;
    if (auto const times = fails_times.find(who); times != fails_times.end())
      if (times->second-- <= 0) return std::nullopt;
    return found->second;
  }
};

class FakeListing final : public PeopleListing {
 public:
  explicit FakeListing(Outside& world) : world_(world) {}

  Task<Result<void>> everybody(ListingWants, Page page) override {
    std::vector<Told> all;
    for (auto const& [id, told] : world_.people) all.push_back(told);
    auto const count = world_.listed.value_or(all.size());
    for (std::size_t from = 0; from < count; from += world_.page_size) {
      Outside::Flight const flight(world_);
      co_await world_.way();
      if (world_.listing_fails && from > 0) co_return std::unexpected(*world_.listing_fails);
      Pages pages;
      std::vector<PersonFacts> facts;
      for (auto i = from; i < std::min(count, from + world_.page_size); ++i)
        facts.push_back(pages.facts(all[i]));
      auto taken = page(facts);
      co_await world_.way();
      if (!taken) co_return taken;
    }
    if (world_.listing_fails) co_return std::unexpected(*world_.listing_fails);
    co_return Result<void>{};
  }
  Task<Result<bool>> somebody(Uuid id, ListingWants, Page page) override {
    Outside::Flight const flight(world_);
    world_.looked.push_back(id);
    co_await world_.way();
    if (world_.before_look) world_.before_look();
    if (auto const fault = world_.fault_of(world_.look_fails, id))
      co_return std::unexpected(*fault);
    auto const found = world_.people.find(id);
    bool const known = found != world_.people.end();
    Pages pages;
    std::vector<PersonFacts> facts;
    if (known) facts.push_back(pages.facts(found->second));
    co_await world_.way();
    if (!known) co_return false;
    if (auto const taken = page(facts); !taken) co_return std::unexpected(taken.error());
    co_return true;
  }

 private:
  Outside& world_;
};

class FakeSpaces final : public Spaces {
 public:
  explicit FakeSpaces(Outside& world) : world_(world) {}

  Task<Result<Uuid>> self() override {
    Outside::Flight const flight(world_);
    co_await world_.way();
    if (world_.self_fails) co_return std::unexpected(*world_.self_fails);
    co_return world_.self;
  }
  Task<Result<Space>> space(std::string id) override {
    Outside::Flight const flight(world_);
    co_await world_.way();
    if (world_.space_fails) co_return std::unexpected(*world_.space_fails);
    auto out = world_.space;
    out.id = id;
    co_return out;
  }
  Task<Result<std::optional<Membership>>> member(std::string, Uuid person) override {
    Outside::Flight const flight(world_);
    co_await world_.way();
    auto const found = world_.members.find(person);
    if (found == world_.members.end()) co_return std::optional<Membership>();
    auto const& one = found->second;
    co_return Membership{membership_of(person), person, one.org, one.email, one.name,
                         one.moderator};
  }
  Task<Result<void>> members(std::string, Page page) override {
    std::vector<Member> all;
    for (auto const& [id, member] : world_.members)
      if (!world_.hide_self || id != world_.self) all.push_back(member);
    for (std::size_t from = 0; from < all.size(); from += world_.page_size) {
      Outside::Flight const flight(world_);
      co_await world_.way();
      Pages pages;
      std::vector<MemberFacts> facts;
      for (auto i = from; i < std::min(all.size(), from + world_.page_size); ++i)
        facts.push_back(pages.facts(all[i]));
      auto taken = page(facts);
      co_await world_.way();
      if (!taken) co_return taken;
    }
    if (world_.members_fail) co_return std::unexpected(*world_.members_fail);
    co_return Result<void>{};
  }
  Task<Result<Added>> add(std::string, std::string person, Wanted wanted) override {
    Outside::Flight const flight(world_);
    if (!wanted()) co_return failure(ErrorKind::cancelled, "not wanted any more");
    auto const who = *Uuid::parse(std::string_view(person).substr(person.size() - 36));
    world_.add_calls.push_back(who);
    co_await world_.way();
    if (auto const fault = world_.fault_of(world_.add_fails, who))
      co_return std::unexpected(*fault);
    bool const there = world_.members.contains(who);
    if (there) world_.added_twice.push_back(who);
    if (!there) {
      auto const& told = world_.people.at(who);
      world_.members[who] = {who, told.name, told.emails.front(), told.org};
      world_.added.push_back(who);
    }
    co_await world_.way();
    co_return Added{membership_of(who), there};
  }
  Task<Result<Removed>> remove(std::string membership, Wanted wanted) override {
    Outside::Flight const flight(world_);
    if (!wanted()) co_return failure(ErrorKind::cancelled, "not wanted any more");
    auto const who = *Uuid::parse(std::string_view(membership).substr(membership.size() - 36));
    co_await world_.way();
    if (auto const fault = world_.fault_of(world_.remove_fails, who))
      co_return std::unexpected(*fault);
    bool const there = world_.members.erase(who) == 1;
    if (there) world_.removed.push_back(who);
    co_await world_.way();
    co_return there ? Removed::removed : Removed::was_gone;
  }

 private:
  Outside& world_;
};

}  // namespace wardroom::space_sync::test
