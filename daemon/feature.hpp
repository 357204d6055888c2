/// What the daemon asks of a feature: name, run, health, routes, verbs, reload.
#pragma once
#include "base/result.hpp"
#include "process/health.hpp"
#include "runtime/task.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace wardroom {
class Doctor;
namespace http {
class Router;
}
namespace control {
class Verbs;
}
namespace config {
class Section;
}

class Feature {
 public:
  virtual ~Feature() = default;
  virtual std::string_view name() const = 0;
  /// Until cancelled (it hears the polite wave and cleans up behind itself).
  virtual Task<void> run() = 0;
  /// Asks the outside what is true; also called when run() died.
  virtual void resync(std::string_view why) = 0;
  virtual std::vector<HealthSign> health() const = 0;
  /// Adds its members to the answer of `status` (docs/api.md).
  virtual void add_status(nlohmann::ordered_json& status) const = 0;
  virtual void add_routes(http::Router& router) = 0;
  virtual void add_verbs(control::Verbs& verbs) = 0;
  /// Its own checks for `doctor`.
  virtual void add_checks(Doctor& doctor) = 0;
};

}  // namespace wardroom
