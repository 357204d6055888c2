#include "store/journal_event.hpp"

#include "base/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace wardroom::store {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::string_view schema = "wardroom.events/1";
/// Members of bodies that name somebody.
constexpr std::array<std::string_view, 5> naming_members{"remote", "by", "email", "name", "person"};
/// What an entry has by itself, whatever its body says.
constexpr std::array<std::string_view, 7> own_members{"seq",  "at",   "kind", "person_no",
                                                      "call", "line", "tone"};

bool in(auto const& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

Json body_of(JournalEntry const& entry, Naming naming) {
  auto body = Json::parse(entry.body, nullptr, false);
  if (!body.is_object()) return Json::object();
  if (naming == Naming::told) return body;
  auto out = Json::object();
  for (auto const& [key, value] : body.items())
    if (!in(naming_members, key)) out[key] = value;
  return out;
}

std::string dump(Json const& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string json_text(std::string_view text) { return dump(Json(std::string(text))); }

/// `{"a":1}` without its braces, with a comma in front when there is something.
std::string inner(Json const& json) {
  auto const text = dump(json);
  return json.empty() ? std::string() : "," + text.substr(1, text.size() - 2);
}

DrawnEvent draw_json(JournalEntry const& entry, EventFormat format, Json const& body) {
  DrawnEvent out{.seq = entry.seq, .person_no = entry.person_no};
  out.head = format == EventFormat::ndjson ? fmt::format(R"({{"schema":"{}",)", schema) : "{";
  out.head += fmt::format(R"("seq":{},"at":"{}","kind":{})", entry.seq, iso_text(entry.at),
                          json_text(entry.kind));
  if (entry.person_no != 0) out.head += fmt::format(R"(,"person_no":{})", entry.person_no);
  if (!entry.call.empty()) out.tail += ",\"call\":" + json_text(entry.call);
  out.tail += ",\"line\":" + json_text(journal_line(entry.kind, body));
  if (auto const tone = journal_tone(entry.kind, body); !tone.empty())
    out.tail += ",\"tone\":" + json_text(tone);
  auto rest = Json::object();
  for (auto const& [key, value] : body.items())
    if (!in(own_members, key) && key != "person" && key != "schema") rest[key] = value;
  out.tail += inner(rest) + "}";
  if (format == EventFormat::ndjson) out.tail += '\n';
  return out;
}

DrawnEvent draw_csv(JournalEntry const& entry, Json const& body) {
  DrawnEvent out{.seq = entry.seq, .person_no = entry.person_no};
  out.head = fmt::format("{},{},{},{},", entry.seq, iso_text(entry.at), csv_cell(entry.kind),
                         entry.person_no == 0 ? "" : std::to_string(entry.person_no));
  out.tail = fmt::format(",{},{},{}\r\n", csv_cell(entry.call),
                         csv_cell(journal_line(entry.kind, body)), csv_cell(dump(body)));
  return out;
}

}  // namespace

DrawnEvent draw(JournalEntry const& entry, EventFormat format, Naming naming) {
  auto const body = body_of(entry, naming);
  return format == EventFormat::csv ? draw_csv(entry, body) : draw_json(entry, format, body);
}

std::string finished(DrawnEvent const& event, EventFormat format, std::string_view name) {
  std::string out;
  out.reserve(event.head.size() + event.tail.size() + name.size() + 24);
  out += event.head;
  if (format == EventFormat::csv)
    out += csv_cell(name);
  else if (!name.empty())
    out.append(",\"person\":").append(json_text(name));
  return out += event.tail;
}

std::string_view first_line(EventFormat format) {
  return format == EventFormat::csv ? "seq,at,kind,person_no,person,call,line,details\r\n" : "";
}

std::string gap_line(EventFormat format, std::int64_t from, std::int64_t to) {
  auto const words =
      from <= to
          ? fmt::format("entries #{} to #{} are gone: they were older than what is kept", from, to)
          : fmt::format("the journal has not come to #{} yet: it goes on from #{}", from - 1, to);
  if (format == EventFormat::csv) return fmt::format(",,gap,,,,{},\r\n", csv_cell(words));
  Json line = Json::object();
  if (format == EventFormat::ndjson) line["schema"] = schema;
  line.update({{"kind", "gap"}, {"from", from}, {"to", to}, {"line", words}, {"tone", "warning"}});
  return dump(line) + (format == EventFormat::ndjson ? "\n" : "");
}

std::string error_line(EventFormat format, Error const& why) {
  if (format == EventFormat::csv)
    return fmt::format(",,error,,,,{},\r\n", csv_cell("broken off: " + why.what));
  return dump({{"error", {{"code", name(why.kind)}, {"message", why.what}}}}) +
         (format == EventFormat::ndjson ? "\n" : "");
}

std::string csv_cell(std::string_view text) {
  bool const formula = !text.empty() && std::string_view("=+-@\t\r").find(text[0]) != text.npos;
  std::string out(formula ? "'" : "");
  // Semicolons and tabs, too: where they separate cells, what follows one could be a formula.
  bool const quotes = text.find_first_of(",;\"\r\n\t") != text.npos;
  if (!quotes) return out.append(text);
  out.insert(out.begin(), '"');
  for (char const c : text) out.append(c == '"' ? 2 : 1, c);
  return out += '"';
}

}  // namespace wardroom::store
