/// What an importer found in a prototype's folder, key by key: what becomes of each value, and why.
#pragma once
#include "base/secret.hpp"
#include "setup_questions.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::ctl {

struct ImportLine {
  enum class Fate {
    taken,       ///< goes into the configuration
    there,       ///< stands there already, the same
    differs,     ///< something else stands there, which stays unless --force
    not_needed,  ///< Wardroom does without
    cannot,      ///< it would be wanted, but it will not do
  };
  std::string file;  ///< below the folder
  int line = 0;
  std::string old_key;
  Fate fate = Fate::not_needed;
  std::string new_key{};  ///< empty unless there is one
  std::string shown{};    ///< the value, fit to be seen; secrets masked
  std::string why{};      ///< of not_needed and cannot; a remark on taken
  /// What to put in, key by key; of a secret, the first key names its file.
  Settled settled{};
  std::optional<Secret> secret{};
  std::string secret_name{};  ///< of the file the secret goes to, "client_secret"
  /// Secrets that go along with `settled`, by the whole name of their file.
  std::map<std::string, Secret> secret_files{};
  /// A list that goes to a file of its own beside the configuration, and that file's name.
  std::optional<std::string> list{};
  std::string list_name{};
};
using ImportPlan = std::vector<ImportLine>;

/// One kind of prototype. Later features add theirs to `importers()`.
struct Importer {
  std::string_view name;  ///< "call-block prototype"
  bool (*fits)(std::string const& folder);
  /// `places` = where the site is going to be.
  ImportPlan (*plan)(std::string const& folder, Places const& places);
};

/// "a1…" of a secret: its length says enough.
std::string masked(std::string_view secret);
std::string_view name(ImportLine::Fate fate);

bool call_block_fits(std::string const& folder);
ImportPlan call_block_plan(std::string const& folder);

}  // namespace wardroom::ctl
