/// A directory and a member list as compact rows: a million of each in some tens of megabytes.
/// Filled on a helper while pages come, then only read.
#pragma once
#include "features/space_sync/selection.hpp"
#include "ports/spaces.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::space_sync {

/// Texts one behind the other; 4 bytes name one.
class TextArena {
 public:
  std::uint32_t add(std::string_view text);  ///< 0 = the empty one
  std::string_view at(std::uint32_t where) const;
  std::size_t memory() const { return bytes_.capacity(); }

 private:
  std::string bytes_{std::string(1, '\0')};
};

struct PersonRow {
  Uuid id{};
  std::uint32_t name = 0, email = 0, api_id = 0;  ///< in the arena
  std::uint16_t rule = 0;
  Belongs belongs = Belongs::unknown;
  AccountType type = AccountType::unknown;
};

struct MemberRow {
  Uuid person{}, org{};
  std::uint32_t id = 0, name = 0, email = 0;  ///< in the arena; id = of the membership
  bool moderator = false, monitor = false, whole = true;
};

/// An address beside the first.
struct OtherAddress {
  Uuid person{};
  std::uint32_t email = 0;  ///< in the arena
};

/// Everybody of a complete listing, ruled on.
class DirectorySnapshot {
 public:
  explicit DirectorySnapshot(std::shared_ptr<Selection const> selection);
  Result<void> take(std::span<PersonFacts const> page);
  /// Sorts by id; somebody who came twice counts once (the later entry; unknown when they differ in
  /// `belongs`).
  void finish();

  std::span<PersonRow const> people() const { return rows_; }
  PersonRow const* find(Uuid const& id) const;
  /// Of those who have more than one; sorted by person. `protect.people` is compared with them too.
  std::span<OtherAddress const> other_addresses() const { return others_; }
  std::string_view text(std::uint32_t where) const { return texts_.at(where); }
  Selection const& selection() const { return *selection_; }
  std::string digest() const;  ///< 12 hex digits over ids and rulings

 private:
  std::shared_ptr<Selection const> selection_;
  std::vector<PersonRow> rows_;
  std::vector<OtherAddress> others_;
  TextArena texts_;
};

class MemberSnapshot {
 public:
  Result<void> take(std::span<MemberFacts const> page);
  void finish();

  std::span<MemberRow const> members() const { return rows_; }
  MemberRow const* find(Uuid const& person) const;
  std::string_view text(std::uint32_t where) const { return texts_.at(where); }
  std::string digest() const;

 private:
  std::vector<MemberRow> rows_;
  TextArena texts_;
};

}  // namespace wardroom::space_sync
