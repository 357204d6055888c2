/// What becomes of values that several prototypes have: one rule for each of them.
#pragma once
#include "import_plan.hpp"

#include <string>

namespace wardroom::ctl {

/// A value with its old name and its place.
struct OldValue {
  std::string file;
  int line = 0;
  std::string name, text;
};

ImportLine not_needed(OldValue const& old, std::string why, std::string shown = "");
ImportLine cannot_be_taken(OldValue const& old, std::string new_key, std::string why,
                           std::string shown = "");
/// Judged by the rule of setup's own question; `words` is the value as that is asked for it.
ImportLine taken_as_answer(OldValue const& old, std::string const& key, std::string const& words,
                           std::string remark = "");

ImportLine client_id_line(OldValue const& old);
/// The secret goes to a file of its own and is never shown.
ImportLine client_secret_line(OldValue const& old);

}  // namespace wardroom::ctl
