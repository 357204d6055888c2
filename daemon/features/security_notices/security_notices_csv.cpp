#include "features/security_notices/security_notices_csv.hpp"

#include "base/time_text.hpp"
#include "store/journal_event.hpp"

#include <fmt/format.h>

#include <initializer_list>
#include <map>

namespace wardroom::security_notices {
namespace {

std::string when(std::optional<Instant> at) { return at ? iso_text(*at) : std::string(); }

void add_line(std::string& out, std::initializer_list<std::string_view> cells) {
  bool first = true;
  for (auto const cell : cells) {
    if (!std::exchange(first, false)) out += ',';
    out += store::csv_cell(cell);
  }
  out += "\r\n";
}

/// What its address would be worth says nothing of a machine.
void add_stay(std::string& out, ConferenceRow const& in, StayRow const& stay) {
  bool const is_person = stay.machine.empty();
  add_line(out,
           {"stay", in.id, in.name, in.space, iso_text(stay.began), when(stay.ended),
            is_person ? std::to_string(number(stay.level)) : "", is_person ? name(stay.level) : "",
            is_person ? std::string_view(stay.why) : "", stay.bridge, stay.call, stay.leg,
            stay.name, stay.address, stay.domain, stay.machine, stay.end_reason, "", ""});
}

void add_level(std::string& out, ConferenceRow const& in, LevelRow const& level,
               std::optional<Instant> until) {
  add_line(out, {"level", in.id, in.name, in.space, iso_text(level.at), when(until),
                 std::to_string(number(level.level)), name(level.level), level.cause, "", "", "",
                 "", "", "", "", "", when(level.shown), level.trouble});
}

}  // namespace

std::string_view report_csv_head() {
  return "kind,conference,conference_name,space,from,until,level,level_name,why,bridge,call,leg,"
         "name,address,domain,machine,end_reason,shown_at,trouble\r\n";
}

std::string report_csv(SecurityNoticesStore::Report const& report) {
  std::map<std::string_view, std::vector<StayRow const*>> stays;
  std::map<std::string_view, std::vector<LevelRow const*>> levels;
  for (auto const& stay : report.stays) stays[stay.conference].push_back(&stay);
  for (auto const& level : report.levels) levels[level.conference].push_back(&level);
  std::string out;
  for (auto const& conference : report.conferences) {
    for (auto const* stay : stays[conference.id]) add_stay(out, conference, *stay);
    auto const& shown = levels[conference.id];
    for (std::size_t i = 0; i < shown.size(); ++i)
      add_level(out, conference, *shown[i],
                i + 1 < shown.size() ? std::optional(shown[i + 1]->at) : conference.ended);
  }
  return out;
}

std::string report_csv_error(Error const& why) {
  std::string out;
  add_line(out, {"error", "", "", "", "", "", "", "", "broken off: " + why.what, "", "", "", "", "",
                 "", "", "", "", ""});
  return out;
}

}  // namespace wardroom::security_notices
