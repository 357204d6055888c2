/// What setup asks for: one row a key, with why, the usual answer, and what it makes of the words.
/// Pure.
#pragma once
#include "setup_draft.hpp"

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::ctl {

/// Where a site's files go: below the folder of its configuration, except for the system's own.
struct Places {
  explicit Places(std::string config_file);
  std::string config, folder;
  bool system = false;  ///< /etc/wardroom/wardroom.yaml: state and sockets where systemd has them
  std::string state() const { return system ? "/var/lib/wardroom" : folder + "/state"; }
  std::string secret(std::string_view name) const { return folder + "/" + std::string(name); }
  std::string socket() const;
};

/// What an answer becomes in the file, key by key in YAML's flow form.
using Settled = std::vector<std::pair<std::string, std::string>>;

struct Question {
  std::string_view
      key;  ///< in wardroom.yaml and in an answer file; of a secret, the key of its file
  std::string_view title, why, more;
  bool secret = false;  ///< the words are the secret itself; the key names the file it goes to
  bool may_be_empty = false;
  /// What Enter alone means; nullopt = an answer is needed.
  std::function<std::optional<std::string>(Draft const&, Places const&)> usual =
      [](Draft const&, Places const&) { return std::nullopt; };
  /// Whether the site needs this at all, as far as it is known.
  std::function<bool(Draft const&)> applies = [](Draft const&) { return true; };
  /// Error: what is wrong with the words, and what would be right. Of a secret: of its content.
  std::function<Result<Settled>(std::string const& words, Draft const&)> read;
};

std::span<Question const> questions();
Question const* find_question(std::string_view key);

/// Why the question must be asked; nullopt = the file has a good answer. `complaints` are those of
/// the whole file.
std::optional<std::string> asked_because(Question const& question, Draft const& draft,
                                         config::Complaints const& complaints);
/// With the complaints of the draft as it is now.
std::optional<std::string> asked_because(Question const& question, Draft const& draft);

/// "circle 48.2, 16.37, 20km", "box 46.3 49.1 9.5 17.2", "none", or YAML as in wardroom.yaml, as
/// the value of call_blocking.fences.
Result<std::string> fences_of(std::string const& words);

/// "a, b c" → a, b, c
std::vector<std::string> words_of(std::string_view text);
std::string trimmed(std::string_view text);

}  // namespace wardroom::ctl
