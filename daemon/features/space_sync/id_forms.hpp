/// Ids as a service writes them, kept as the few forms that differ in nothing but the UUID of the
/// person: base64 of "ciscospark://us/PEOPLE/<person>", "…/MEMBERSHIP/<person>:<room>". A million
/// of them cost 4 bytes each.
#pragma once
#include "base/uuid.hpp"
#include "features/space_sync/text_arena.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wardroom::space_sync {

/// Names a written id, together with its person's UUID.
enum class WrittenId : std::uint32_t { none = 0 };

class IdForms {
 public:
  /// What fits no form is kept as it is.
  WrittenId add(std::string_view written, Uuid const& person);
  std::string at(WrittenId id, Uuid const& person) const;
  std::size_t memory() const { return texts_.memory(); }

 private:
  /// What stands around the UUID; head and tail are what of it is the same in every written id.
  struct Form {
    std::string before, after;
    std::string head, tail;
    std::size_t fixed_before = 0, fixed_after = 0;  ///< bytes in head and tail
  };
  static std::string write(Form const& form, Uuid const& person);
  static bool fits(Form const& form, std::string_view written, Uuid const& person);
  void learn(std::string_view written, Uuid const& person);

  std::vector<Form> forms_;
  std::size_t latest_ = 0;
  std::size_t strangers_ = 0;  ///< from which no form could be learnt
  TextArena texts_;
};

}  // namespace wardroom::space_sync
