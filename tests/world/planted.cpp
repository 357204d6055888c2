#include "planted.hpp"

#include "base/planted.hpp"
#include "planted_bugs.hpp"

#include <atomic>
#include <stdexcept>
#include <string>

namespace wardroom::planted {
namespace {

std::string& name_chosen() {
  static std::string name;
  return name;
}

std::atomic<bool> any = false;
std::atomic<std::size_t> times_asked = 0;

}  // namespace

void choose(std::string_view name) {
  if (!name.empty() && world::planted_bug(name) == nullptr)
    throw std::invalid_argument("there is no planted bug '" + std::string(name) + "'");
  name_chosen() = name;
  times_asked = 0;
  any = !name.empty();
}

std::string_view chosen() { return name_chosen(); }
std::size_t asked() { return times_asked; }

bool active(std::string_view name) {
  if (!any || name != name_chosen()) return false;
  ++times_asked;
  return true;
}

}  // namespace wardroom::planted
