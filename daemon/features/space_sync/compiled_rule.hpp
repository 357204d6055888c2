/// A rule made ready for a million people: patterns folded into sets, a person's texts folded once.
/// Pure.
#pragma once
#include "features/space_sync/fold.hpp"
#include "features/space_sync/selection.hpp"
#include "features/space_sync/text_set.hpp"
#include "features/space_sync/word_finder.hpp"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::space_sync {

/// One person while they are ruled on; `facts` outlives it.
class PersonToRule {
 public:
  explicit PersonToRule(PersonFacts const& facts) : facts_(facts) {}
  PersonFacts const& facts() const { return facts_; }
  std::size_t emails() const { return facts_.emails.size(); }
  std::string_view email(std::size_t i);  ///< folded
  std::string_view department();
  std::string_view title();

 private:
  PersonFacts const& facts_;
  FoldRoom room_;
  std::array<std::optional<std::string_view>, 4> emails_;
  std::optional<std::string_view> department_, title_;
};

class CompiledRule {
 public:
  explicit CompiledRule(Rule rule);

  Rule const& rule() const { return rule_; }
  void give_group(std::string_view wanted, std::shared_ptr<Selection::Group const> const& members);

  Fit fit(PersonToRule& person) const;
  /// What of theirs was compared, for people: the one that fits, or all of it.
  std::string compared(PersonToRule& person, Fit fit) const;
  /// Everything that decides, the same for rules that decide the same.
  std::string canonical() const;

 private:
  void compile();
  bool fits_email(std::string_view email) const;
  bool fits_domain(std::string_view domain) const;
  bool fits_id(std::string_view id) const;
  bool fits_text(std::string_view text) const;
  Fit fit_group(Uuid const& id) const;
  Fit fit_type(AccountType type) const;

  Rule rule_;
  std::vector<std::string> patterns_;  ///< folded, sorted, each once
  TextSet exact_;
  TextSet below_;  ///< domains whose sub-domains fit
  std::optional<WordFinder> words_;
  std::map<std::string, std::shared_ptr<Selection::Group const>, std::less<>> groups_;
};

}  // namespace wardroom::space_sync
