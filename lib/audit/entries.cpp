#include "audit/entries.hpp"

#include <fmt/format.h>

namespace wardroom::audit {
namespace {
using store::Row;
using store::Value;

struct Conditions {
  std::string sql;
  std::vector<Value> values;
  /// `condition` has one "{}" where the parameter goes.
  void add(std::string_view condition, Value value) {
    values.push_back(std::move(value));
    auto const parameter = fmt::format("${}", values.size());
    sql += sql.empty() ? " WHERE " : " AND ";
    sql += fmt::format(fmt::runtime(condition), parameter);
  }
};

Conditions conditions(Filter const& f) {
  Conditions out;
  if (!f.action.empty()) {
    // One more than a space: everything that begins with "action ".
    out.add("(action || ' ') >= {}", f.action + " ");
    out.add("(action || ' ') < {}", f.action + "!");
  }
  if (!f.object.empty()) out.add("object = {}", f.object);
  if (f.kind) out.add("actor_kind = {}", std::string(name(*f.kind)));
  if (f.uid) out.add("uid = {}", std::int64_t{*f.uid});
  if (!f.login.empty())
    out.add("seq IN (SELECT seq FROM audit_text WHERE field = 'login' AND body = {})", f.login);
  if (f.person_no != 0) out.add("person_no = {}", std::int64_t{f.person_no});
  if (!f.correlation.empty()) out.add("correlation = {}", f.correlation);
  if (f.since) out.add("at_ms >= {}", unix_ms(*f.since));
  if (f.until) out.add("at_ms < {}", unix_ms(*f.until));
  if (f.before > 0) out.add("seq < {}", f.before);
  return out;
}

[[noreturn]] void damaged(std::int64_t seq) {
  throw store::StoreError(
      Error{ErrorKind::malformed, fmt::format("audit record {} was altered and cannot be read: run "
                                              "wardroomctl audit verify",
                                              seq)});
}

Entry entry_of(RowRead const& row) {
  auto const* stored = std::get_if<StoredRecord>(&row);
  if (stored == nullptr) damaged(std::get<Unreadable>(row).seq);
  auto const kind = actor_kind(stored->actor_kind);
  if (!kind) damaged(stored->seq);
  Entry out{.seq = stored->seq, .at = from_unix_ms(stored->at_ms)};
  auto& r = out.record;
  r.action = stored->action;
  r.object = stored->object;
  r.actor.kind = *kind;
  if (stored->uid) r.actor.uid = static_cast<std::uint32_t>(*stored->uid);
  r.actor.person_no = static_cast<PersonNo>(stored->person_no);
  r.actor.web = stored->web;
  r.before = stored->before;
  r.after = stored->after;
  r.correlation = stored->correlation;
  if (stored->happened_ms) r.happened = from_unix_ms(*stored->happened_ms);
  r.spool = stored->spool;
  return out;
}

}  // namespace

std::vector<Entry> list_entries(store::Sql& sql, Filter const& filter, std::size_t limit) {
  auto where = conditions(filter);
  where.values.emplace_back(static_cast<std::int64_t>(limit));
  std::vector<Entry> out;
  sql.query(fmt::format("SELECT {} FROM audit{} ORDER BY seq DESC LIMIT ${}", record_columns,
                        where.sql, where.values.size()),
            where.values, [&](Row const& row) { out.push_back(entry_of(read_record(row))); });
  for (auto& entry : out) {
    auto texts = read_texts(sql, entry.seq - 1, entry.seq);
    for (auto& [where_it_is, text] : texts) {
      bool const login = where_it_is.second == "login";
      (login ? entry.login_erased : entry.text_erased) = !text.erased.empty();
      (login ? entry.record.actor.login : entry.record.text) = std::move(text.body);
      if (!login) entry.record.text_about = text.person_no;
    }
  }
  return out;
}

}  // namespace wardroom::audit
