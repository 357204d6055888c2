/// Journal entries as people and programs outside get them: JSON, lines of NDJSON, rows of CSV.
/// Pure; made for the reader's thread, so that the loop has only the names to put in.
#pragma once
#include "store/journal.hpp"
#include "store/journal_kinds.hpp"

#include <string>
#include <string_view>

namespace wardroom::store {

/// Whether what names people may be told: phone numbers, addresses, who gave a command.
enum class Naming { withheld, told };

/// `plain` = a JSON object alone, for server-sent events and lists; `ndjson` has the schema as
/// well.
///   {schema?, seq, at, kind, person_no?, person?, call?, line, tone?, …members of the body}
enum class EventFormat { ndjson, csv, plain };

/// An entry drawn but for its person's name, which belongs between the two halves.
struct DrawnEvent {
  std::int64_t seq = 0;
  PersonNo person_no = 0;
  std::string head, tail;
};
DrawnEvent draw(JournalEntry const& entry, EventFormat format, Naming naming);
/// The two halves put together; an empty name is left out.
std::string finished(DrawnEvent const& event, EventFormat format, std::string_view name);

/// What begins an export: the titles of the columns, or nothing.
std::string_view first_line(EventFormat format);
/// Says in an export's own form that entries are gone, or that it broke off.
std::string gap_line(EventFormat format, std::int64_t from, std::int64_t to);
std::string error_line(EventFormat format, Error const& why);

/// One cell as RFC 4180 wants it, and safe in spreadsheets: what begins like a formula gets a '.
std::string csv_cell(std::string_view text);

}  // namespace wardroom::store
