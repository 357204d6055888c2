/// Calls and legs that are over, so that what is told of them later does not bring them back. Pure;
/// bounded, the oldest is forgotten first.
///
///   ended by its own record     nothing brings it back: ids are used once
///   ended by anything else      (its call's end, an answer that does not list it) a newer record
///                               or an answer asked for later does
/// Source: cms.md 7.3 (d), (e).
#pragma once
#include "domain/conference.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

namespace wardroom::security_notices {

/// Never 0.
inline std::uint64_t digest_of(conference::CallId const& call) {
  return std::hash<conference::CallId>{}(call) | 1;
}

struct Ended {
  bool for_good = false;
  std::int64_t index = -1;  ///< of the last record that told of it alive
  std::uint64_t at = 0;     ///< tick; answers asked for up to then know nothing newer
  /// Of a leg that left with its call: that call (its digest; 0 = it is not that). Another call may
  /// have it all the same: the record of its move was lost.
  std::uint64_t with_call = 0;
};

class EndedOnes {
 public:
  explicit EndedOnes(std::size_t most) : most_(most) {}

  Ended const* find(std::uint16_t bridge, std::string const& id) const;
  /// One that is over for good stays so.
  void add(std::uint16_t bridge, std::string const& id, Ended how);
  void forget(std::uint16_t bridge, std::string const& id);
  std::size_t size() const { return known_.size(); }

 private:
  /// 128 bits of bridge and id in place of the text: a tenth of the memory.
  struct Key {
    std::uint64_t high = 0, low = 0;
    bool operator==(Key const&) const = default;
  };
  struct Hash {
    std::size_t operator()(Key const& key) const { return key.low; }
  };
  struct Kept {
    Ended how;
    std::uint64_t turn = 0;
  };
  static Key key(std::uint16_t bridge, std::string const& id);

  std::size_t most_;
  std::uint64_t turns_ = 0;
  std::unordered_map<Key, Kept, Hash> known_;
  std::deque<std::pair<Key, std::uint64_t>> in_order_;
};

}  // namespace wardroom::security_notices
