#include "play.hpp"

#include <cstdlib>
#include <filesystem>

namespace wardroom::world {
namespace fs = std::filesystem;

Folder::Folder() {
  // In memory where there is such a place: a start of a daemon reads and writes a dozen files.
  auto const place =
      fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
  std::string name = (place / "wardroom-world-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("no folder can be made in " + name);
  path_ = name;
}

Folder::~Folder() { fs::remove_all(path_); }

Outcome play(WorldOptions options) {
  Outcome out;
  out.seed = options.seed;
  for (auto const& entry : fs::directory_iterator(options.folder)) fs::remove_all(entry.path());
  World world(options);
  try {
    world.run();
  } catch (std::exception const& e) {
    world.fail("world", e.what());
  }
  out.violation = world.violation();
  out.digest = world.trace().digest();
  out.figures = world.figures();
  out.acts = world.acts();
  out.trace = world.trace().kept();
  return out;
}

Outcome shortest(Outcome const& failed, WorldOptions options) {
  auto best = failed;
  std::size_t low = 0, high = failed.violation->act;
  while (low < high) {
    auto const middle = low + (high - low) / 2;
    options.most_acts = middle;
    auto tried = play(options);
    if (tried.violation && tried.violation->promise == failed.violation->promise) {
      high = middle;
      best = std::move(tried);
    } else {
      low = middle + 1;
    }
  }
  return best;
}

}  // namespace wardroom::world
