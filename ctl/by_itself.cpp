#include "by_itself.hpp"

#include "audit.hpp"
#include "bugreport.hpp"
#include "cms_report.hpp"
#include "config.hpp"
#include "doctor.hpp"
#include "events.hpp"
#include "fence_import.hpp"
#include "fence_simulate.hpp"
#include "import.hpp"
#include "login.hpp"
#include "setup.hpp"
#include "store.hpp"
#include "sync_run.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace wardroom::ctl {
namespace {

struct Own {
  std::string_view words;
  std::optional<int> (*run)(Command& command, Surroundings const& around);
};

/// One line a verb; its work is in a file of its own.
constexpr std::array own{
    Own{"login", [](Command& c, Surroundings const& a) { return std::optional(login(c, a)); }},
    Own{"auth", ask_for_code},
    Own{"doctor", [](Command& c, Surroundings const& a) { return std::optional(doctor(c, a)); }},
    Own{"bugreport",
        [](Command& c, Surroundings const& a) { return std::optional(bugreport(c, a)); }},
    Own{"events", [](Command& c, Surroundings const& a) { return std::optional(events(c, a)); }},
    Own{"audit verify",
        [](Command& c, Surroundings const& a) { return std::optional(verify_audit(c, a)); }},
    Own{"setup", [](Command& c, Surroundings const& a) { return std::optional(setup(c, a)); }},
    Own{"import",
        [](Command& c, Surroundings const& a) { return std::optional(import_site(c, a)); }},
    Own{"fence import",
        [](Command& c, Surroundings const& a) { return std::optional(import_fences(c, a)); }},
    Own{"fence simulate",
        [](Command& c, Surroundings const& a) { return std::optional(simulate_fences(c, a)); }},
    Own{"config check",
        [](Command& c, Surroundings const& a) { return std::optional(check_config(c, a)); }},
    Own{"config explain",
        [](Command& c, Surroundings const& a) { return std::optional(explain_config(c, a)); }},
    Own{"config set",
        [](Command& c, Surroundings const& a) { return std::optional(set_config(c, a)); }},
    Own{"backup", [](Command& c, Surroundings const& a) { return std::optional(backup(c, a)); }},
    Own{"store migrate",
        [](Command& c, Surroundings const& a) { return std::optional(migrate_store(c, a)); }},
    Own{"cms report",
        [](Command& c, Surroundings const& a) { return std::optional(cms_report(c, a)); }},
    Own{"sync plan", [](Command& c, Surroundings const& a) { return std::optional(sync(c, a)); }},
    Own{"sync run", [](Command& c, Surroundings const& a) { return std::optional(sync(c, a)); }},
    Own{"sync approve",
        [](Command& c, Surroundings const& a) { return std::optional(sync(c, a)); }},
    Own{"sync undo", [](Command& c, Surroundings const& a) { return std::optional(sync(c, a)); }},
    Own{"sync watch", [](Command& c, Surroundings const& a) { return std::optional(sync(c, a)); }},
    Own{"logout", [](Command& c, Surroundings const& a) { return confirm_logout(c, a); }},
};

}  // namespace

std::optional<int> by_itself(Command& command, Surroundings const& around) {
  auto const found = std::ranges::find(own, command.row->words, &Own::words);
  if (found != own.end()) return found->run(command, around);
  if (command.row->local) throw std::logic_error("nobody does this verb");
  return std::nullopt;
}

}  // namespace wardroom::ctl
