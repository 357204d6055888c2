/// A call platform in memory: calls that run, releases that are recorded, directories, a stream of
/// events.
#pragma once
#include "ports/call_control.hpp"
#include "ports/call_events.hpp"
#include "ports/directory.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace wardroom::test {

/// Answers at once unless told otherwise; remembers every release asked of it.
class FakeCallControl final : public CallControl {
 public:
  explicit FakeCallControl(Clock& clock) : clock_(clock) {}

  struct Release {
    std::string target, call;
    Uptime at;
    bool operator==(Release const&) const = default;
  };
  std::vector<Release> releases;
  std::map<std::string, std::vector<CallLeg>> calls;  ///< live, by target
  std::vector<std::string> listed;                    ///< whose calls were asked for
  std::deque<Error> next_errors;                      ///< the next releases fail with these
  bool releases_work = true;                          ///< false: accepted, but the call goes on
  Milliseconds answer_time{0};
  /// Stand in for everything below, where a test plays the platform itself.
  std::function<Task<Result<ReleaseOutcome>>(XsiUserId, CallLeg)> on_release;
  std::function<Task<Result<std::vector<CallLeg>>>(XsiUserId)> on_list;

  void put(std::string const& target, CallLeg leg) {
    auto& legs = calls[target];
    std::erase_if(legs, [&](auto const& l) { return l.id == leg.id; });
    legs.push_back(std::move(leg));
  }
  void drop(std::string const& target, CallId const& call) {
    std::erase_if(calls[target], [&](auto const& l) { return l.id == call; });
  }
  bool released(std::string const& target, std::string const& call) const {
    return std::ranges::any_of(releases,
                               [&](auto const& r) { return r.target == target && r.call == call; });
  }

  Task<Result<ReleaseOutcome>> release(XsiUserId person, CallLeg leg) override {
    if (on_release) co_return co_await on_release(std::move(person), std::move(leg));
    if (answer_time.count() > 0) co_await clock_.sleep_for(answer_time);
    if (!next_errors.empty()) {
      auto error = next_errors.front();
      next_errors.pop_front();
      co_return std::unexpected(std::move(error));
    }
    releases.push_back({person.text(), leg.id.text(), clock_.uptime()});
    if (!releases_work) co_return ReleaseOutcome::released;
    auto& legs = calls[person.text()];
    bool const there = std::ranges::any_of(legs, [&](auto const& l) { return l.id == leg.id; });
    std::erase_if(legs, [&](auto const& l) { return l.id == leg.id; });
    co_return there ? ReleaseOutcome::released : ReleaseOutcome::already_gone;
  }
  Task<Result<std::vector<CallLeg>>> live_calls(XsiUserId person) override {
    listed.push_back(person.text());
    if (on_list) co_return co_await on_list(std::move(person));
    co_return calls[person.text()];
  }

 private:
  Clock& clock_;
};

/// Hands events to whoever runs it; counts starts and polite ends.
class FakeCallEvents final : public CallEvents {
 public:
  explicit FakeCallEvents(Clock& clock) : clock_(clock) {}
  ChannelHealth told;
  CallEventSink* sink = nullptr;
  int starts = 0, ends = 0;

  Task<void> run(CallEventSink& to) override {
    struct Leave {
      FakeCallEvents& me;
      ~Leave() {
        ++me.ends;
        me.sink = nullptr;
        me.told.monitoring = false;
      }
    } const leave{*this};
    ++starts;
    sink = &to;
    told.monitoring = told.subscribed = true;
    for (;;) co_await clock_.sleep_for(std::chrono::hours(24));
  }
  ChannelHealth const& health() const override { return told; }

 private:
  Clock& clock_;
};

class FakeDirectory final : public Directory {
 public:
  std::vector<Person> everybody;
  std::optional<Error> fails;  ///< listings end with this after the first half
  std::size_t listings = 0;
  Task<Result<void>> people(std::function<void(std::vector<Person>)> page) override {
    ++listings;
    auto part = everybody;
    if (fails) part.resize(part.size() / 2);
    page(std::move(part));
    if (fails) co_return std::unexpected(*fails);
    co_return Result<void>{};
  }
  Task<Result<Person>> person(PersonId id) override {
    for (auto const& p : everybody)
      if (p.id == id) co_return p;
    co_return failure(ErrorKind::not_found, "nobody has this id");
  }
  Task<Result<Person>> person_by_email(std::string email) override {
    asked_for.push_back(email);
    for (auto const* list : {&everybody, &hidden})
      for (auto const& p : *list)
        if (std::ranges::find(p.emails, email) != p.emails.end()) co_return p;
    co_return failure(ErrorKind::not_found, "nobody has this address");
  }
  struct Group {
    std::string id, name;
    std::vector<std::string> people;  ///< UUIDs
    std::size_t others = 0;
  };
  std::vector<Group> groups;
  std::optional<Error> group_fails;  ///< members end with this after the first page
  bool lost_page = false;            ///< the second page comes again instead of the third
  std::size_t group_page = 100, group_readings = 0;
  Task<Result<DirectoryGroup>> group(std::string name_or_id,
                                     std::function<void(GroupPage)> page) override {
    ++group_readings;
    std::vector<Group> found;
    for (auto const& g : groups)
      if (g.id == name_or_id || g.name == name_or_id) found.push_back(g);
    if (found.empty()) co_return failure(ErrorKind::not_found, "no group of this name");
    if (found.size() > 1) co_return failure(ErrorKind::conflict, "several groups of this name");
    auto const& one = found.front();
    for (std::size_t from = 0; from == 0 || from < one.people.size(); from += group_page) {
      if (group_fails && from > 0) break;
      auto const start = lost_page && from >= 2 * group_page ? from - group_page : from;
      auto const end = std::min(start + group_page, one.people.size());
      page({{one.people.begin() + std::ptrdiff_t(start), one.people.begin() + std::ptrdiff_t(end)},
            from == 0 ? one.others : 0});
    }
    if (group_fails) co_return std::unexpected(*group_fails);
    co_return DirectoryGroup{one.id, one.name};
  }
  std::vector<Person> hidden;          ///< found only by their address
  std::vector<std::string> asked_for;  ///< addresses
};

class FakeCallingDirectory final : public CallingDirectory {
 public:
  explicit FakeCallingDirectory(Clock& clock) : clock_(clock) {}
  std::vector<CallingUser> everybody;  ///< what listings show
  std::vector<CallingUser> hidden;     ///< found only one by one
  std::vector<std::string> looked_up;
  Milliseconds answer_time{0}, listing_time{0};
  std::map<std::string, Milliseconds> slow;  ///< answer times of single users
  std::optional<Error> fails;                ///< listings end with this after the first half
  std::vector<std::string> listed_as;        ///< whose path was used

  Task<Result<void>> users(std::string any_user,
                           std::function<void(std::vector<CallingUser>)> page) override {
    listed_as.push_back(std::move(any_user));
    if (listing_time.count() > 0) co_await clock_.sleep_for(listing_time);
    auto part = everybody;
    if (fails) part.resize(part.size() / 2);
    page(std::move(part));
    if (fails) co_return std::unexpected(*fails);
    co_return Result<void>{};
  }
  Task<Result<CallingUser>> user(std::string id) override {
    looked_up.push_back(id);
    auto const own = slow.find(id);
    auto const wait = own == slow.end() ? answer_time : own->second;
    if (wait.count() > 0) co_await clock_.sleep_for(wait);
    for (auto const* list : {&everybody, &hidden})
      for (auto const& u : *list)
        if (u.id.text() == id) co_return u;
    co_return failure(ErrorKind::not_found, "the platform has no such user");
  }

 private:
  Clock& clock_;
};

}  // namespace wardroom::test
