/// space_sync whole over Webex's REST as the simulator plays it, without sockets and on virtual
/// time; and who belongs, by a rule written once more, at the moment somebody is removed.
#pragma once
#include "cisco/webex/webex_directory.hpp"
#include "cisco/webex/webex_listing.hpp"
#include "cisco/webex/webex_spaces.hpp"
#include "features/space_sync/fault_script.hpp"
#include "features/space_sync/space_sync.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/run_task.hpp"
#include "support/sim_network.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace wardroom::space_sync::test {

/// A listing that confirms every removal unseen: what the oracle must notice.
class CarelessListing final : public PeopleListing {
 public:
  explicit CarelessListing(PeopleListing& real) : real_(real) {}
  Task<Result<void>> everybody(ListingWants wants, Page page) override {
    return real_.everybody(wants, std::move(page));
  }
  Task<Result<bool>> somebody(Uuid, ListingWants, Page) override { co_return false; }

 private:
  PeopleListing& real_;
};

class FaultWorld {
 public:
  enum class Check { real, careless };
  enum class Limits { usual, none };  ///< none: no number of removals is held
  FaultWorld(std::uint64_t seed, std::size_t people, Limits limits, Check check = Check::real);
  ~FaultWorld();

  /// Somebody changes: department, login, invitation, account, addresses, or who is in the space.
  /// Never anybody whose removal is being decided right now.
  void change_somebody();
  /// Lists are from now on those of this moment.
  void freeze(bool people, bool members);
  /// All is well again, and it is another day.
  void thaw();

  /// A run from its order to its end. An error is one that kept it from beginning, or refused it.
  Result<Run> run(RunOrder order);
  Result<Run> run() { return run({.job = "all-hands", .add_left_again = true}); }
  Result<Run> approve(std::int64_t removals) {
    return run({.job = "all-hands",
                .cause = RunCause::approval,
                .approve_removals = removals,
                .add_left_again = true});
  }

  /// Who belongs, from the words of the job alone.
  bool belongs(sim::Person const& person) const;
  /// What is wrong with the space; empty = it is as it should be.
  std::string difference() const;

  FaultScript& script() { return script_; }
  std::uint64_t changes() const { return added_ + removed_; }
  std::uint64_t removed() const { return removed_; }
  std::vector<std::string> const& wrong() const { return wrong_; }
  sim::Room& room() { return *platform_.rooms.by_id(platform_.rooms.all_hands().id); }
  /// Of the truth, while a run goes on: so many of a thousand requests see somebody change.
  unsigned changes_per_mille = 0;

 private:
  void on_change(sim::MembershipsSim::Change const& change);
  bool stays(sim::Person const& person) const;
  sim::Answer serve(sim::Request request);
  void watch_looks(sim::Request const& request);
  sim::Issued first_token();
  static SpaceSyncSettings settings(std::string const& space, Limits limits);
  static std::vector<store::Migration> steps();
  static void failed(std::string_view task, std::exception_ptr why);

  boost::asio::io_context io_{1};
  wardroom::test::FakeClock clock_{io_};
  wardroom::test::Dice dice_;
  SeededRandom random_, sim_random_;
  sim::Platform platform_;
  FaultScript script_{platform_, dice_};
  wardroom::test::SimNetwork net_{io_.get_executor(), clock_, random_};
  wardroom::test::SimTokens tokens_{platform_.oauth.book(), clock_, first_token()};
  webex::WebexApi api_{{net_, tokens_, clock_, random_},
                       {.base_url = "https://webexapis.example/v1"}};
  Helpers helpers_{io_.get_executor(), 0};
  webex::WebexListing listing_{api_, helpers_, {.page_size = 8, .least = 2}};
  CarelessListing careless_{listing_};
  webex::WebexSpaces spaces_{api_, helpers_, {.page_size = 8, .least = 2}};
  webex::WebexDirectory directory_{api_, {}};
  wardroom::test::FakeDatabase database_{io_, clock_, steps()};
  store::Journal journal_{database_, clock_};
  TaskGroup tasks_{io_.get_executor(), failed};
  Effects effects_{io_.get_executor(), clock_, tasks_};
  TaskGroup runner_{io_.get_executor(), failed};
  std::unique_ptr<SpaceSync> feature_;

  std::set<sim::Person const*> looked_at_;  ///< asked for one by one in this run
  std::uint64_t added_ = 0, removed_ = 0;
  bool frozen_members_ = false;
  std::vector<std::string> wrong_;
};

}  // namespace wardroom::space_sync::test
