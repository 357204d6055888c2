#include "import_values.hpp"

namespace wardroom::ctl {

using Fate = ImportLine::Fate;

ImportLine not_needed(OldValue const& old, std::string why, std::string shown) {
  return {old.file, old.line, old.name, Fate::not_needed, "", std::move(shown), std::move(why)};
}

ImportLine cannot_be_taken(OldValue const& old, std::string new_key, std::string why,
                           std::string shown) {
  return {old.file,           old.line,         old.name,      Fate::cannot,
          std::move(new_key), std::move(shown), std::move(why)};
}

ImportLine taken_as_answer(OldValue const& old, std::string const& key, std::string const& words,
                           std::string remark) {
  static auto const empty = Draft::open("/proc/self/none/wardroom.yaml");
  auto const settled = find_question(key)->read(words, *empty);
  if (!settled) return cannot_be_taken(old, key, settled.error().what, words);
  return {old.file, old.line, old.name, Fate::taken, key, words, std::move(remark), *settled};
}

ImportLine client_id_line(OldValue const& old) {
  constexpr auto key = "identities.admin.client_id";
  auto const words = trimmed(old.text);
  if (words.empty()) return cannot_be_taken(old, key, "it is empty");
  return taken_as_answer(old, key, words,
                         "add the new redirect URI and the device redirect addresses to the "
                         "integration (docs/logins.md)");
}

ImportLine client_secret_line(OldValue const& old) {
  constexpr auto key = "identities.admin.client_secret_file";
  auto words = trimmed(old.text);
  if (words.empty()) return cannot_be_taken(old, key, "it is empty");
  if (words.find_first_of(" \t\n") != words.npos)
    return cannot_be_taken(old, key, "a secret has no blanks in it");
  ImportLine line{old.file, old.line, old.name, Fate::taken, key, masked(words)};
  line.why = "kept in a file of its own that only the daemon reads";
  line.secret = Secret(std::move(words));
  line.secret_name = "client_secret";
  return line;
}

}  // namespace wardroom::ctl
