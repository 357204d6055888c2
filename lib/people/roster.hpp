/// Everybody the daemon follows: a dense array of small rows by PersonNo, and the way from an id to
/// one. Sessions have a table of the same kind with their time beside the number
/// (session_store.hpp). No text: names and mail addresses stay in the store (people_store.hpp).
#pragma once
#include "domain/person.hpp"
#include "people/digest_map.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace wardroom::people {

/// What is known of one person, 40 bytes. The fix is written by Roster::set_fix only; the rest
/// belongs to the feature that judges calls and is not stored.
struct RosterRow {
  static constexpr std::int64_t no_fix = std::numeric_limits<std::int64_t>::min();

  std::int64_t received_boot_ms = no_fix;  ///< on the boot-time clock; below 0 = before this boot
  std::int64_t received_wall_ms = 0;
  std::int32_t latitude_e7 = 0, longitude_e7 = 0;  ///< 1e-7 degrees, about a centimetre
  std::uint32_t accuracy_dm = 0;                   ///< decimetres, rounded up
  std::uint16_t same_place = 0;                    ///< fixes in a row with these very coordinates
  std::uint16_t index_version = 0;
  std::uint8_t side = 0, confirmations = 0, flags = 0, live_calls = 0;
  std::array<char, 2> country{};  ///< ISO 3166 alpha-2 of their Webex location; zeros = not known
  std::uint16_t history = 0;      ///< of the side before the last fix, and its hints

  bool has_fix() const { return received_boot_ms != no_fix; }
  bool operator==(RosterRow const&) const = default;
};
static_assert(sizeof(RosterRow) == 40);

/// What an id becomes before it is looked up: a digest salted by its kind, so kinds never mix.
struct RosterKey {
  Digest96 digest;
  static RosterKey of_uuid(std::string_view uuid);    ///< any case
  static RosterKey of_xsi(std::string_view user_id);  ///< any case: the platform ignores it
};

/// On the loop only.
class Roster {
 public:
  /// 0 = nobody.
  PersonNo find(RosterKey const& key) const { return ids_.find(key.digest).value_or(0); }
  void bind(RosterKey const& key, PersonNo person);
  bool unbind(RosterKey const& key) { return ids_.erase(key.digest); }

  /// Makes rows for all numbers up to `highest`.
  void grow_to(PersonNo highest);
  bool has(PersonNo person) const { return person != 0 && person <= highest_; }
  /// Throws std::out_of_range for somebody without a row.
  RosterRow& row(PersonNo person);
  RosterRow const& row(PersonNo person) const { return const_cast<Roster*>(this)->row(person); }

  /// The highest number with a row.
  PersonNo size() const { return highest_; }
  std::size_t tracked() const { return tracked_; }  ///< people with a fix

  /// Coordinates are kept to 1e-7 degrees, accuracy to decimetres (up), times to milliseconds.
  void set_fix(PersonNo person, Fix const& fix);
  void clear_fix(PersonNo person);
  std::optional<Fix> fix(PersonNo person) const;

  /// Bytes held, for the figure per person.
  std::size_t memory() const;

 private:
  static constexpr std::size_t rows_a_chunk = 1024;
  using Chunk = std::array<RosterRow, rows_a_chunk>;

  std::vector<std::unique_ptr<Chunk>> chunks_;
  DigestMap<PersonNo> ids_;
  PersonNo highest_ = 0;
  std::size_t tracked_ = 0;
};

}  // namespace wardroom::people
