/// Setup's answers from a file: YAML as in wardroom.yaml, or KEY=VALUE lines with the same dotted
/// keys. Secrets only by the file that holds them.
#pragma once
#include "setup_talk.hpp"

#include <expected>
#include <map>
#include <string>
#include <vector>

namespace wardroom::ctl {

/// Key of a question → the words one would have typed; of a secret, its file.
using Answers = std::map<std::string, std::string, std::less<>>;

/// All that is wrong, a sentence each with its place.
std::expected<Answers, std::vector<std::string>> read_answers(std::string const& file);
std::expected<Answers, std::vector<std::string>> parse_answers(std::string const& text,
                                                               std::string const& file);

/// Puts them into the site; what they leave out takes its usual value. The keys that were settled,
/// or all that is wrong.
std::expected<std::vector<std::string>, std::vector<std::string>> take_answers(
    Site& site, Places const& places, Answers const& answers);

/// An answer file to fill in: every key with its reason, and what is in force or usual.
std::string answers_template(Draft const& draft, Places const& places);

}  // namespace wardroom::ctl
