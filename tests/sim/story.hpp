/// The story of the demo: people log in, move and call, and what happened to each call is told.
/// It knows the daemon by its public web API only.
#pragma once
#include "sim/browser_sim.hpp"
#include "sim/platform.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace wardroom::sim {

struct StoryWish {
  std::string daemon;  ///< "http://127.0.0.1:8480"
  std::string admin = "ada@acme.example";
  std::string code{};      ///< one-time code of a site without administrators
  double patience_s = 60;  ///< for the daemon to follow calls, and for calls to end
};

class Story {
 public:
  Story(Platform& platform, Browsers& browsers, Clock& clock)
      : platform_(platform), browsers_(browsers), clock_(clock) {}

  /// Until the last call has ended. {ok, sentence, steps[], calls[], emergency_violations, took_s}
  Task<nlohmann::json> tell(StoryWish wish);

 private:
  struct Scene {
    std::string title, expected;  ///< expected: "goes on", "released", "by policy"
    Milliseconds at{0};
    PlaceCall call;
    std::string moves{};  ///< who moves to `where` after `moves_after`
    Milliseconds moves_after{0};
    GeoPoint where{};
    std::string placed{};
    std::string moved_status{};
  };
  static std::vector<Scene> scenes();

  Task<Result<void>> log_everybody_in(StoryWish wish, nlohmann::json& steps);
  Task<Result<void>> wait_until_followed(StoryWish wish, nlohmann::json& steps);
  Task<void> play(std::vector<Scene>& all, double patience_s);
  nlohmann::json outcome(Scene const& scene) const;

  Platform& platform_;
  Browsers& browsers_;
  Clock& clock_;
};

}  // namespace wardroom::sim
