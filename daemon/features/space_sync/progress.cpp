#include "features/space_sync/progress.hpp"

namespace wardroom::space_sync {

std::string_view name(Stage stage) {
  switch (stage) {
    case Stage::waiting:
      return "waiting";
    case Stage::checking:
      return "checking";
    case Stage::reading_people:
      return "reading_people";
    case Stage::reading_members:
      return "reading_members";
    case Stage::planning:
      return "planning";
    case Stage::adding:
      return "adding";
    case Stage::removing:
      return "removing";
    case Stage::ended:
      return "ended";
  }
  return "ended";
}

}  // namespace wardroom::space_sync
