/// Takes people and secrets out of what goes into a bug report: people stay as numbers, without
/// names, addresses, phone numbers and places. What it does not know it leaves out. Pure.
#pragma once
#include "json_view.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::ctl {

class Redactor {
 public:
  /// Names and addresses seen in members that hold people; taken out of every text from then on.
  void learn(Json const& answer);

  /// Members that hold people, tokens or places go; all texts are cleaned.
  Json clean(Json const& answer) const;
  /// Only members known to be harmless stay, for entries written by many hands: journal and log.
  Json clean_entry(Json const& entry) const;
  /// `config show`: values that name people or places go.
  Json clean_settings(Json const& answer) const;
  /// Addresses, numbers, places and what looks like a secret become words in brackets.
  std::string clean_text(std::string_view text) const;
  /// Prometheus text: names and figures as they are, labels cleaned.
  std::string clean_metrics(std::string_view text) const;

 private:
  void learn_word(std::string const& value);
  void learn_short(std::string const& value);
  std::string without_known(std::string_view text) const;
  std::set<std::string, std::less<>> short_words_;  ///< of two or three letters, as written
  // Lower case.
  std::set<std::string, std::less<>> words_;    ///< the longer words of names
  std::set<std::string, std::less<>> phrases_;  ///< names and addresses without such words
};

}  // namespace wardroom::ctl
