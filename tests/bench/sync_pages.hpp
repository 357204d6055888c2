/// Bodies of /people and /memberships as the simulator writes them, for a million people, made page
/// by page: nothing of them is kept.
#pragma once
#include "base/uuid.hpp"

#include <cstdint>
#include <string>

namespace wardroom::bench {

/// Who is in it: every thousandth person is not in the space, where somebody unknown to the
/// directory is in their place; some of the others are contractors, or may not log in.
class SyncPages {
 public:
  explicit SyncPages(std::uint64_t people);

  static constexpr std::uint64_t page_size = 1'000;
  std::uint64_t pages() const { return people_ / page_size; }
  std::string people(std::uint64_t page);
  std::string members(std::uint64_t page);

  Uuid person(std::uint64_t n) const;
  Uuid org() const { return org_; }
  std::string const& space() const { return space_id_; }

  static bool absent(std::uint64_t n) { return n % 1'000 == 0; }
  static bool contractor(std::uint64_t n) { return n % 5'000 == 7; }
  static bool inactive(std::uint64_t n) { return n % 2'000 == 3; }
  /// What a plan has to come to.
  std::uint64_t adds() const { return people_ / 1'000; }
  std::uint64_t removals() const { return people_ / 1'000 + people_ / 5'000 + people_ / 2'000; }

 private:
  void add_person(std::string& body, std::uint64_t n);
  void add_member(std::string& body, std::uint64_t n);
  static std::string api_id(std::string_view kind, std::string_view what);

  std::uint64_t people_;
  Uuid org_;
  std::string org_id_, room_, space_id_, licence_;
};

}  // namespace wardroom::bench
