// The store: what it is, and what became of a backup or a move.
#include "progress_line.hpp"
#include "render.hpp"
#include "words.hpp"

namespace wardroom::ctl {
namespace {

std::string render_tables(Json const& answer, Look const& look) {
  Table table({{"TABLE"}, {"ROWS", true}, {"CHECKSUM", false, 8, 1}});
  for (auto const& row : list(answer, "tables"))
    table.add({text(row, "table"), count_words(count(row, "rows")),
               Cell(text(row, "checksum"), Tone::faint)});
  return table.text(look, 2);
}

std::string backup_words(Json const& backup, Look const& look) {
  if (backup.empty()) return "none was made yet";
  auto out = ago(backup, "at", look) + ", " + size_words(count(backup, "bytes"));
  if (auto const by = text(backup, "by"); !by.empty()) out += ", by " + by;
  return out;
}

}  // namespace

std::string render_store_show(Json const& answer, Look const& look) {
  auto const& backup = part(answer, "last_backup");
  auto out = render_facts(
      {{"Engine", text(answer, "engine")},
       {"Address", text(answer, "address")},
       {"Size", size_words(count(answer, "bytes"))},
       {"Schema",
        text(answer, "schema_steps") + " steps, the newest: " + text(answer, "newest_step")},
       {"Backup", Cell(backup_words(backup, look), backup.empty() ? Tone::warning : Tone::plain)},
       {"Under way", Cell(text(answer, "busy"), Tone::title)}},
      look);
  return out + "\n" + render_tables(answer, look);
}

std::string render_backup(Json const& answer, Look const& look) {
  auto out = paint(look, Tone::good, "saved") + ": " + text(answer, "file") + ", " +
             size_words(count(answer, "bytes")) + ", " +
             plural(count(answer, "rows"), "row", "rows") + ", all read back\n";
  auto const key = text(answer, "key_id");
  out += wrap("Tokens in it are sealed with the master key" + (key.empty() ? "" : " " + key) +
                  "; keep that key elsewhere: without it the backup cannot be used, with it next "
                  "to the backup anybody can.",
              look.width, 0) +
         "\n";
  return out + "To restore: sudo systemctl stop wardroomd && sudo wardroomd --restore " +
         text(answer, "file") + "\n";
}

std::string render_store_migrate(Json const& answer, Look const& look) {
  auto out = paint(look, Tone::good, "moved") + ": " + text(answer, "from") + " to " +
             text(answer, "to") + "\n";
  out += wrap(plural(count(answer, "rows"), "row", "rows") + " compared; " +
                  count_words(count(answer, "changed_meanwhile")) +
                  " changed while the rest was copied; changes waited for " +
                  text(answer, "pause_ms") + " ms at the end",
              look.width, 0) +
         "\n\n";
  return out + render_tables(answer, look);
}

}  // namespace wardroom::ctl
