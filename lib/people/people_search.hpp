/// What operators type to name people: parts of names with or without accents, addresses, numbers.
/// Pure but for `resolve`.
#pragma once
#include "base/result.hpp"
#include "people/people_sql.hpp"

namespace wardroom::people {

/// Lower case and without accents, for comparing: "Müller" and "MULLER" are both "muller".
std::string folded(std::string_view text);

/// Whether somebody fits: by a part of the name, of an address or of a number (three digits and
/// more), by the extension, by any of their ids. Everybody fits an empty needle.
class Needle {
 public:
  explicit Needle(std::string_view text);
  bool fits(PersonRecord const& person) const;
  bool empty() const { return folded_.empty(); }

 private:
  std::string folded_, plain_;
  std::string digits_;  ///< when the text can be a number
};

/// How far a name or an address is from what was typed; 0 = the same, kFar = something else.
inline constexpr std::size_t kFar = 1'000;
std::size_t distance(std::string_view typed, PersonRecord const& person);

/// A person number, an address, a number, an extension, an id, or a unique part of a name; "no:17"
/// and "ext:2042" where a figure could mean both. Errors: not_found names whom it resembles,
/// conflict some of those it fits.
Result<PersonRecord> resolve(store::Sql& sql, std::string const& text);

}  // namespace wardroom::people
