/// The control API of the simulator under /sim/, for tests, the demo and the page.
/// Source: docs/api.md "Simulator".
#pragma once
#include "runtime/task_group.hpp"
#include "sim/browser_sim.hpp"
#include "sim/platform.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <vector>

namespace wardroom::sim {

class ControlApi {
 public:
  /// What only the owner of the sockets can do.
  struct Sockets {
    std::function<void()> follow_xsp_down;  ///< opens and closes XSPs as `faults.xsp_down` says
    std::function<nlohmann::json()> addresses;
  };
  ControlApi(Platform& platform, Browsers& browsers, Clock& clock, TaskGroup& tasks,
             Sockets sockets);

  using Reply = std::function<void(Answer)>;
  void handle(Request request, Reply reply);

 private:
  Answer people(Request const& request, std::vector<std::string> const& path, Reply& reply);
  Answer calls(Request const& request, std::vector<std::string> const& path);
  Answer event(nlohmann::json const& wish);
  Answer messages(Request const& request) const;
  Answer load(nlohmann::json const& wish);
  Answer hire(nlohmann::json const& wish);
  Answer device(nlohmann::json const& wish);
  Answer rooms(Request const& request, std::vector<std::string> const& path);
  Answer change_person(std::string const& email, nlohmann::json const& wish);
  Answer cms(Request const& request, std::vector<std::string> path);
  Answer groups(Request const& request, std::vector<std::string> const& path);
  Answer faults(nlohmann::json wish);
  Answer story(nlohmann::json const& wish, Reply& reply);
  nlohmann::json state() const;
  nlohmann::json person_state(Person const& person) const;

  Platform& platform_;
  Browsers& browsers_;
  Clock& clock_;
  TaskGroup& tasks_;
  Sockets sockets_;
  nlohmann::json last_story_;
};

}  // namespace wardroom::sim
