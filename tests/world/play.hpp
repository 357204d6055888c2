/// Plays one world, and finds the shortest prefix of it that still fails.
#pragma once
#include "world.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace wardroom::world {

/// What one world came to.
struct Outcome {
  std::uint64_t seed = 0;
  std::optional<Violation> violation{};
  std::uint64_t digest = 0;
  World::Figures figures{};
  std::size_t acts = 0;
  std::vector<std::string> trace{};
};
/// `options.folder` is emptied before. Never throws: what a world throws is a violation "world".
Outcome play(WorldOptions options);

/// The same world with as few acts and faults as still break the same promise.
Outcome shortest(Outcome const& failed, WorldOptions options);

/// A private folder that goes with this.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(Folder const&) = delete;
  Folder& operator=(Folder const&) = delete;
  std::string const& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace wardroom::world
