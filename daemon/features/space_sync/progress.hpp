/// How far a run is: what watchers are shown while it goes on.
#pragma once
#include "features/space_sync/run.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <memory>

namespace wardroom::space_sync {

enum class Stage : std::uint8_t {
  waiting,   ///< another run of this space goes first
  checking,  ///< who may act
  reading_people,
  reading_members,
  planning,
  adding,
  removing,
  ended,
};
std::string_view name(Stage stage);

struct Progress {
  Stage stage = Stage::waiting;
  std::size_t done = 0, total = 0;  ///< of the stage: people read, or steps
  std::size_t failed = 0;
  std::string waiting_for;  ///< "Webex asks for 12 s of quiet"; empty = nothing
};

/// What a watcher hears. All on the loop; the last one is `ended`.
struct RunEvents {
  std::function<void(Progress const&)> progress;
  std::function<void(Step const&)> step;  ///< each whose result is known
  std::function<void(Run const&)> ended;  ///< over, planned or held
};

}  // namespace wardroom::space_sync
