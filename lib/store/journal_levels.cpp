#include "store/journal_levels.hpp"

#include "store/journal_words.hpp"

namespace wardroom::store {
namespace {

/// A correlator is 36 characters; its beginning tells conferences apart, and `cms show` takes it.
std::string short_id(std::string const& id) { return id.size() == 36 ? id.substr(0, 8) : id; }

std::string level_words(std::string const& level) {
  if (level == "0") return "no level: nobody counts";
  if (level == "1") return "level 1 (secure)";
  if (level == "2") return "level 2 (internal)";
  if (level == "3") return "level 3 (external)";
  return "level " + level;
}

}  // namespace

std::string level_line(JournalBody const& body) {
  if (!body.contains("level")) return any_line(body);
  auto const id = member(body, "conference");
  return (id.empty() ? "" : "conference " + short_id(id) + ": ") +
         level_words(member(body, "level")) + with(", before ", body, "before") +
         with(": ", body, "cause") + (truth(body, "observed") ? " (observed only)" : "");
}

std::string_view level_tone(JournalBody const& body) {
  return member(body, "level") == "3" ? "warning" : "";
}

std::string bridge_line(JournalBody const& body) {
  if (!body.contains("bridge")) return any_line(body);
  auto const sentence = member(body, "sentence");
  return member(body, "bridge") + ": " + (sentence.empty() ? member(body, "what") : sentence);
}

std::string_view bridge_tone(JournalBody const& body) {
  auto const what = member(body, "what");
  if (what == "back" || what == "registered") return "good";
  if (what == "lost") return "bad";
  return what == "gap" || what == "malformed" ? "warning" : "";
}

}  // namespace wardroom::store
