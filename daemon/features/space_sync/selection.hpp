/// Who belongs into a space, by its job's rules: includes first, then excludes. Pure.
///
/// Somebody whom no include fits is out. An exclude that fits beats every include. What decides is
/// named: the first exclude that fits, else the first include; for somebody whom no include fits,
/// that. A fact that is not known (an absent `login_enabled`) fits neither way: then, unless
/// another rule excludes them, nothing is decided, and the rule named is the one that could not be
/// judged.
#pragma once
#include "features/space_sync/rule.hpp"
#include "ports/people_listing.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace wardroom::space_sync {

enum class Belongs : std::uint8_t { no, yes, unknown };

/// Of one person. `rule` counts the includes, then the excludes.
struct Ruling {
  static constexpr std::uint16_t no_include = 0xFFFF;  ///< out: no include fits
  static constexpr std::uint16_t not_whole = 0xFFFE;   ///< unknown: the entry was damaged
  Belongs belongs = Belongs::unknown;
  std::uint16_t rule = no_include;
  bool operator==(Ruling const&) const = default;
};

enum class Fit : std::uint8_t { no, yes, unknown };

/// For `sync explain`: what each rule says of a person.
struct RuleFinding {
  std::uint16_t rule = 0;
  bool exclude = false;
  std::string text;  ///< "exclude department_contains: Contractor"
  Fit fit = Fit::no;
  std::string what;  ///< what of theirs was compared: "Contractors EMEA"; empty = nothing to
  bool decided = false;
};

struct SelectionRules {
  std::vector<Rule> include, exclude;
  bool operator==(SelectionRules const&) const = default;
};

/// A value made for one reading; may be used on a helper while nobody changes it.
class Selection {
 public:
  explicit Selection(SelectionRules rules);

  bool wants_locations() const;
  /// The groups its rules name, each once; a rule of a group that was not given fits nobody knows:
  /// `Fit::unknown`.
  std::vector<std::string> groups() const;
  using Group = std::unordered_set<Uuid>;
  void give_group(std::string_view wanted, std::shared_ptr<Group const> members);

  Ruling rule_on(PersonFacts const& person) const;
  std::vector<RuleFinding> explain(PersonFacts const& person) const;
  /// "exclude department_contains: Contractor", "no include fits", "the entry was damaged".
  std::string text(std::uint16_t rule) const;
  /// 12 hex digits over everything that decides, lists from files included. Groups count by their
  /// name, not by who is in them.
  std::string digest() const;

 private:
  SelectionRules rules_;
  struct Compiled;
  std::shared_ptr<Compiled> compiled_;
};

}  // namespace wardroom::space_sync
