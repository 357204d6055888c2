#include "doctor/config_checks.hpp"

#include <fmt/format.h>

namespace wardroom::doctor {
namespace {

constexpr std::size_t most_named = 10;

std::string named(std::vector<std::string> const& keys) {
  if (keys.size() <= 4) return fmt::format("{}", fmt::join(keys, ", "));
  return fmt::format("{} and {} more", fmt::join(keys.begin(), keys.begin() + 3, ", "),
                     keys.size() - 3);
}

}  // namespace

Findings judge_config(std::string const& file, ConfigState const& state) {
  Findings out;
  if (!state.complaints.empty()) {
    for (auto const& complaint : state.complaints) {
      if (out.size() == most_named) break;
      out.push_back(bad("A mistake in the configuration: " + complaint,
                        "wardroomctl config check   # after mending it; nothing of the file is "
                        "taken until it is right",
                        fmt::format("mistake{}", out.size() + 1)));
    }
    if (state.complaints.size() > most_named)
      out.push_back(
          bad(fmt::format("The configuration has {} mistakes in all.", state.complaints.size()),
              "wardroomctl config check", "mistakes"));
    return out;
  }
  out.push_back(fine(file + " has no mistakes.", "file"));
  if (!state.would_change.empty())
    out.push_back(warn(fmt::format("The configuration file says something else than what is in "
                                   "force: {}.",
                                   named(state.would_change)),
                       "wardroomctl reload", "in_force"));
  if (!state.needs_restart.empty())
    out.push_back(warn(fmt::format("Keys of the configuration wait for a restart: {}.",
                                   named(state.needs_restart)),
                       "systemctl restart wardroomd   # loses nothing", "restart"));
  if (state.would_change.empty() && state.needs_restart.empty())
    out.push_back(fine("What it says is in force.", "in_force"));
  return out;
}

void add_config_checks(Doctor& doctor, ConfigPorts ports) {
  doctor.add({"config", "config", [ports = std::move(ports)](CheckWish) -> Task<Findings> {
                co_return judge_config(ports.file, co_await ports.look());
              }});
}

}  // namespace wardroom::doctor
