/// How many refusals are written down: some of each caller in a minute and some of all together, so
/// that nobody fills the disk by being refused; the rest is counted. Pure.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace wardroom::front {

class RefusalLimit {
 public:
  static constexpr std::uint64_t of_one = 5, of_all = 60;
  static constexpr std::size_t most_callers = 60;

  /// Whether this one is written down.
  bool admit(std::string const& caller);
  /// What was only counted since the last time; begins anew. Callers beyond the first sixty are
  /// counted together, under an empty name.
  struct LeftOut {
    std::string caller;
    std::uint64_t count = 0;
  };
  std::vector<LeftOut> begin_anew();

 private:
  struct Seen {
    std::uint64_t written = 0, left_out = 0;
  };
  std::map<std::string, Seen> callers_;
  std::uint64_t written_ = 0, others_ = 0;
};

}  // namespace wardroom::front
