/// A directory and a member list as compact rows: a million of each in about a hundred megabytes.
/// Filled on a helper while pages come, then only read.
#pragma once
#include "features/space_sync/id_forms.hpp"
#include "features/space_sync/selection.hpp"
#include "features/space_sync/text_arena.hpp"
#include "features/space_sync/uuid_rows.hpp"
#include "ports/spaces.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace wardroom::space_sync {

struct PersonRow {
  Uuid id{};
  std::uint32_t name = 0, email = 0;    ///< in the arena
  WrittenId written = WrittenId::none;  ///< DirectorySnapshot::api_id; of those who belong
  std::uint16_t rule = 0;
  Belongs belongs = Belongs::unknown;
  AccountType type = AccountType::unknown;
};

struct MemberRow {
  Uuid person{};
  WrittenId written = WrittenId::none;  ///< MemberSnapshot::membership
  std::uint32_t name = 0, email = 0;    ///< in the arena
  std::uint16_t org = 0;                ///< MemberSnapshot::org
  bool moderator : 1 = false, monitor : 1 = false, whole : 1 = true;
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

  std::span<PersonRow const> people() const { return rows_.all(); }
  PersonRow const* find(Uuid const& id) const { return rows_.find(id); }
  /// What is known of each of these people; null = nobody of the directory.
  void find_all(std::span<MemberFacts const> page, std::vector<PersonRow const*>& found) const;
  /// Of those who have more than one; sorted by person. `protect.people` is compared with them too.
  std::span<OtherAddress const> other_addresses() const { return others_; }
  std::string_view text(std::uint32_t where) const { return texts_.at(where); }
  void expect_text(std::uint32_t where) const { texts_.expect(where); }
  /// Their id as the service writes it, of whoever belongs; empty for others.
  std::string api_id(PersonRow const& row) const { return ids_.at(row.written, row.id); }
  Selection const& selection() const { return *selection_; }
  std::string const& digest() const { return digest_; }  ///< 12 hex digits over ids and rulings
  std::size_t memory() const;                            ///< bytes

 private:
  std::shared_ptr<Selection const> selection_;
  UuidRows<PersonRow, &PersonRow::id> rows_;
  std::vector<OtherAddress> others_;
  TextArena texts_;
  IdForms ids_;
  std::string digest_;
};

class MemberSnapshot {
 public:
  /// `known` = a finished directory that lives as long: of those who belong by it, and are told
  /// whole, no id of their membership is kept, and no name and address that it has too.
  explicit MemberSnapshot(DirectorySnapshot const* known = nullptr) : known_(known) {}
  Result<void> take(std::span<MemberFacts const> page);
  /// Sorts by person; somebody who came twice counts once, with all that protects them.
  void finish();

  std::span<MemberRow const> members() const { return rows_.all(); }
  MemberRow const* find(Uuid const& person) const { return rows_.find(person); }
  std::string_view text(std::uint32_t where) const { return texts_.at(where); }
  /// Of the person; nil = not told.
  Uuid const& org(MemberRow const& row) const { return orgs_[row.org]; }
  /// The id of their membership.
  std::string membership(MemberRow const& row) const { return ids_.at(row.written, row.person); }
  std::string const& digest() const { return digest_; }  ///< 12 hex digits
  std::size_t memory() const;                            ///< bytes

 private:
  DirectorySnapshot const* known_;
  std::vector<PersonRow const*> found_;  ///< of one page
  UuidRows<MemberRow, &MemberRow::person> rows_;
  TextArena texts_;
  IdForms ids_;
  std::vector<Uuid> orgs_{Uuid{}};  ///< each once; the first is nil
  std::unordered_map<Uuid, std::uint16_t> org_numbers_;
  std::string digest_;

  std::uint16_t number_of(Uuid const& org);
};

}  // namespace wardroom::space_sync
