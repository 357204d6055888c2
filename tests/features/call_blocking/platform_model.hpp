/// A small model of the call platform: calls with their legal lives, the events it tells of them,
/// a network that repeats, delays and loses those, and Actions that sometimes fail. What the
/// random histories of X3 are made of.
#pragma once
#include "call_blocking_site.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace wardroom::call_blocking {

class PlatformModel {
 public:
  struct Troubles {
    std::uint64_t repeat = 10, delay = 4, lose = 0, actions = 6;  ///< one in so many; 0 = never
  };
  struct Call {
    std::string target;
    CallLeg leg;
    bool emergency = false;  ///< by digits or by the platform's word, at any time of its life
    bool alive = true;
    bool recalled = false;  ///< a request for the alerting before may still be on its way
  };
  using Key = std::pair<std::string, std::string>;  ///< target, call id

  PlatformModel(test::Dice& dice, std::vector<std::string> people)
      : dice_(dice), people_(std::move(people)) {}

  /// The feature the events go to, and whose requests come here. Another after a restart.
  void attach(Site& site, std::map<std::string, PersonNo> numbers);
  void set_troubles(Troubles troubles) { troubles_ = troubles; }

  /// One legal step of somebody's call, or a new one.
  void step();
  /// The person's device tells where it is.
  void move(std::string const& who, bool outside);
  void tell_places();
  /// Delivers what is due; time has passed.
  void deliver();
  void deliver_all();
  /// Everything still running ends, and this is told without any trouble.
  void end_everything();

  std::vector<Call const*> alive() const;
  bool outside(std::string const& who) const { return outside_.contains(who); }
  bool lost_something() const { return lost_; }
  void forget_losses() { lost_ = false; }
  std::size_t requests() const { return requests_; }
  std::size_t ended_by_us() const { return ended_by_us_; }
  std::string const& fault() const { return fault_; }
  /// What was told of a call, and what became of each telling; for failures.
  std::string told_of(CallId const& call) const;

 private:
  struct Sent {
    Uptime due;
    CallEvent event;
  };
  Call& begin(std::string const& who, CallEventKind kind, Personality personality,
              std::string remote, CallType type, CallState state);
  void change(Call& call);
  void call_ends(Call& call, CallEventKind kind);
  void tell(CallEventKind kind, std::string const& who, std::vector<CallLeg> legs);
  void send(CallEvent event);
  void note(CallEvent const& event, std::string const& what);
  void new_call();
  void something_else(std::string const& who);
  Task<Result<ReleaseOutcome>> release(XsiUserId person, CallLeg leg);
  Task<Result<std::vector<CallLeg>>> list(XsiUserId person);
  void judge_request(Key const& key);
  std::string next_id() { return "h" + std::to_string(++ids_); }
  bool happens(std::uint64_t one_in) { return one_in != 0 && dice_.one_in(one_in); }

  test::Dice& dice_;
  std::vector<std::string> people_;
  Site* site_ = nullptr;
  std::map<std::string, PersonNo> numbers_;
  Troubles troubles_;
  std::map<Key, Call> calls_;
  std::set<std::string> outside_;
  std::set<Key> under_way_;  ///< releases being answered
  std::vector<Sent> network_;
  std::int64_t sequence_ = 0;
  int ids_ = 0, events_ = 0;
  bool lost_ = false;
  Uptime began_{};  ///< of this history
  std::size_t requests_ = 0, ended_by_us_ = 0;
  std::multimap<std::string, std::string> diary_;  ///< by call, of this history
  std::string fault_;                              ///< the first thing that must not have happened
};

}  // namespace wardroom::call_blocking
