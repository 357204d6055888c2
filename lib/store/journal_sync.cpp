#include "store/journal_sync.hpp"

#include "store/journal_words.hpp"

namespace wardroom::store {
namespace {

/// " and 3 removed"; nothing when none were.
std::string some(std::string_view before, JournalBody const& body, std::string_view count,
                 std::string_view after) {
  return member(body, count) == "0" ? std::string() : with(before, body, count, after);
}

std::string why_it_began(std::string const& cause) {
  if (cause == "schedule") return ", on schedule";
  if (cause == "catch_up") return ", to catch up";
  if (cause == "approval") return ", approved";
  if (cause == "resumed") return ", taken up again after a restart";
  return {};
}

std::string what_was_done(JournalBody const& body) {
  auto const parts = some(", ", body, "added", " added") + some(", ", body, "removed", " removed") +
                     some(", ", body, "already", " were so already") +
                     some(", ", body, "spared", " spared") + some(", ", body, "failed", " failed") +
                     some(", ", body, "skipped", " not done");
  return parts.empty() ? ": nothing to change" : ": " + parts.substr(2);
}

std::string run_words(JournalBody const& body) {
  auto const state = member(body, "state");
  if (state == "reading")
    return " began" + why_it_began(member(body, "cause")) +
           with(" for ", body, "approved_removals", " removals");
  if (state == "planned")
    return " planned" + with(": ", body, "to_add", " to add") +
           with(", ", body, "to_remove", " to remove");
  if (state == "held") return " HELD, nothing was changed" + with(": ", body, "hold");
  if (state == "applying")
    return " changes the space" + with(": ", body, "to_add", " to add") +
           with(", ", body, "to_remove", " to remove");
  if (state == "observed")
    return " would change the space (observed only)" + with(": ", body, "to_add", " to add") +
           with(", ", body, "to_remove", " to remove");
  if (state == "done") return " done" + what_was_done(body);
  if (state == "partly")
    return " ended in part" + what_was_done(body) + with(": ", body, "sentence");
  if (state == "failed") return " FAILED" + with(": ", body, "sentence");
  if (state == "superseded") return " gave way to a later one";
  return with(": ", body, "state");
}

std::string by(JournalBody const& body) { return with(", by ", body, "by"); }

}  // namespace

std::string sync_line(JournalBody const& body) {
  if (!body.contains("job")) return any_line(body);
  auto const job = member(body, "job");
  auto const what = member(body, "what");
  if (what == "paused") return job + ": schedule paused" + with(": ", body, "reason") + by(body);
  if (what == "resumed") return job + ": schedule goes on" + by(body);
  return job + ": run" + with(" ", body, "run") + with(" (undo of run ", body, "undoes", ")") +
         run_words(body) + by(body);
}

std::string_view sync_tone(JournalBody const& body) {
  if (member(body, "what") == "paused") return "warning";
  auto const state = member(body, "state");
  if (state == "failed") return "bad";
  if (state == "held" || state == "partly") return "warning";
  return state == "done" ? "good" : "";
}

}  // namespace wardroom::store
