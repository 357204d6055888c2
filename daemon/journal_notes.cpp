#include "journal_notes.hpp"

#include "base/log.hpp"
#include "runtime/task_group.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <memory>

namespace wardroom {
namespace {

using nlohmann::ordered_json;

std::string text_of(ordered_json const& body) {
  return body.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

void note_alert(store::Journal& journal, alerts::AlertEvent const& event) {
  journal.append("alert", 0, "",
                 text_of({{"notice", name(event.notice)},
                          {"part", event.sign.part},
                          {"colour", name(event.sign.colour)},
                          {"sentence", event.sign.sentence}}));
}

Task<void> StoreNotes::run() {
  co_await finish_politely();
  for (;;) {
    look();
    co_await clock_.sleep_for(std::chrono::seconds(1));
  }
}

void StoreNotes::look() {
  auto const& trouble = database_.health().trouble;
  if (trouble && !trouble_) trouble_ = Trouble{clock_.now(), clock_.uptime(), *trouble};
  if (!trouble && trouble_) {
    write_down(*trouble_);
    trouble_.reset();
  }
}

void StoreNotes::write_down(Trouble const& trouble) {
  auto const lasted = clock_.uptime() - trouble.begun;
  auto const entries = std::make_shared<std::array<store::JournalEntry, 2>>();
  (*entries)[0] = {.at = trouble.since,
                   .kind = "store",
                   .body = text_of({{"state", "trouble"}, {"sentence", trouble.sentence}})};
  (*entries)[1] = {
      .at = clock_.now(),
      .kind = "store",
      .body = text_of({{"state", "recovered"},
                       {"lasted_s", std::chrono::ceil<std::chrono::seconds>(lasted).count()}})};
  database_.write(
      [entries](store::Sql& sql) {
        for (auto& entry : *entries) store::insert_journal(sql, entry);
      },
      [this, entries, trouble](Result<void> const& done) {
        if (done) {
          for (auto const& entry : *entries) journal_.publish(entry);
        } else if (!trouble_) {
          trouble_ = trouble;  // it was not over: told when it is
        }
      });
}

}  // namespace wardroom
