// The parts of every world.
#include "calls_part.hpp"
#include "leaks_part.hpp"
#include "notices_part.hpp"
#include "operator_part.hpp"
#include "people_part.hpp"
#include "spaces_part.hpp"
#include "store_part.hpp"
#include "tokens_part.hpp"
#include "world.hpp"

namespace wardroom::world {

std::vector<std::unique_ptr<Part>> all_parts(World& world) {
  std::vector<std::unique_ptr<Part>> out;
  out.push_back(std::make_unique<TokensPart>(world));
  out.push_back(std::make_unique<PeoplePart>(world));
  out.push_back(std::make_unique<CallsPart>(world));
  out.push_back(std::make_unique<SpacesPart>(world));
  out.push_back(std::make_unique<NoticesPart>(world));
  out.push_back(std::make_unique<StorePart>(world));
  out.push_back(std::make_unique<OperatorPart>(world));
  out.push_back(std::make_unique<LeaksPart>(world));
  return out;
}

}  // namespace wardroom::world
