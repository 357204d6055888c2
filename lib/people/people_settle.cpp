#include "people/people_settle.hpp"

#include <nlohmann/json.hpp>

#include <map>

namespace wardroom::people {
using store::Row;
using store::Sql;

namespace {

std::string text_or_empty(Row const& row, std::size_t column) {
  return row.is_null(column) ? std::string() : row.text(column);
}

std::vector<std::string> emails_of(std::string const& text) {
  std::vector<std::string> out;
  auto const parsed = nlohmann::json::parse(text, nullptr, false);
  if (parsed.is_array())
    for (auto const& email : parsed)
      if (email.is_string()) out.push_back(email.get<std::string>());
  return out;
}

/// Rows a plan touches: as they were, and as they become.
class Touched {
 public:
  Touched(Sql& sql, Instant now) : sql_(sql), now_(now) {}

  /// Empty when that user is not there any more.
  std::optional<CallingHalf> take(PersonNo from, std::string const* user) {
    auto row = person_by_no(sql_, from);
    if (!row || row->xsi.empty() || (user && row->xsi.text() != *user)) return std::nullopt;
    auto const before = *row;
    auto half = take_calling_half(*row);
    write(before, std::move(*row));
    return half;
  }
  void put(JoinPlan::Move const& move, CallingHalf half) {
    auto target = move.to == 0 ? std::nullopt : person_by_no(sql_, move.to);
    if (target && !target->xsi.empty()) target.reset();  // somebody else was faster
    auto wanted = target.value_or(PersonRecord{});
    half.missed = move.missed;
    put_calling_half(wanted, std::move(half));
    if (!target) wanted.conflict = move.conflict;
    write(target, std::move(wanted));
  }
  void mark(JoinPlan::Mark const& mark) {
    auto const before = person_by_no(sql_, mark.no);
    if (!before) return;
    auto wanted = *before;
    wanted.conflict = mark.conflict;
    wanted.missed_person = mark.missed_person;
    if (mark.missed_user && !wanted.xsi.empty()) wanted.missed_user = *mark.missed_user;
    write(before, std::move(wanted));
  }
  std::vector<PersonChange> changes() && {
    std::vector<PersonChange> out;
    for (auto& [no, change] : changes_) out.push_back(std::move(change));
    return out;
  }

 private:
  void write(std::optional<PersonRecord> const& before, PersonRecord wanted) {
    bool const changed = save(sql_, before, wanted, now_);
    auto change = change_of(before, wanted, changed);
    // Written twice, a row's first state is the one that the index knows.
    if (auto const it = changes_.find(wanted.no); it != changes_.end()) {
      change.old_xsi = it->second.old_xsi;
      change.changed |= it->second.changed;
    }
    changes_[wanted.no] = std::move(change);
  }

  Sql& sql_;
  Instant now_;
  std::map<PersonNo, PersonChange> changes_;
};

}  // namespace

std::vector<JoinRow> join_rows(Sql& sql) {
  std::vector<JoinRow> out;
  sql.query(
      "SELECT person_no, uuid, xsi_id, emails_json, calling_email, external_id, phone, "
      "work_extension, number, extension, country_code, conflict, missed_person, missed_user "
      "FROM people WHERE uuid IS NOT NULL OR xsi_id IS NOT NULL ORDER BY person_no",
      {}, [&](Row const& row) {
        JoinRow one{.no = static_cast<PersonNo>(row.integer(0)),
                    .uuid = text_or_empty(row, 1),
                    .xsi = text_or_empty(row, 2),
                    .emails = {},
                    .calling_email = row.text(4),
                    .external_id = row.text(5),
                    .phone = row.text(6),
                    .work_extension = row.text(7),
                    .number = row.text(8),
                    .extension = row.text(9),
                    .country_code = row.text(10),
                    .conflict = row.text(11),
                    .missed_person = row.integer(12),
                    .missed_user = row.integer(13)};
        if (!one.uuid.empty()) one.emails = emails_of(row.text(3));
        out.push_back(std::move(one));
      });
  return out;
}

std::vector<PersonChange> carry_out(Sql& sql, JoinPlan const& plan, Instant now) {
  Touched rows(sql, now);
  // All leave before any comes: two may change places.
  for (auto const no : plan.gone_users) rows.take(no, nullptr);
  std::vector<std::pair<JoinPlan::Move const*, CallingHalf>> on_the_way;
  for (auto const& move : plan.moves)
    if (auto half = rows.take(move.from, &move.user)) on_the_way.emplace_back(&move, *half);
  for (auto& [move, half] : on_the_way) rows.put(*move, std::move(half));
  for (auto const& mark : plan.marks) rows.mark(mark);
  return std::move(rows).changes();
}

MappingCounts count_mappings(Sql& sql) {
  auto const row = sql.one(
      "SELECT COALESCE(SUM(CASE WHEN uuid IS NOT NULL AND missed_person < 2 THEN 1 ELSE 0 END), "
      "0), "
      "COALESCE(SUM(CASE WHEN xsi_id IS NOT NULL THEN 1 ELSE 0 END), 0), "
      "COALESCE(SUM(CASE WHEN uuid IS NOT NULL AND missed_person < 2 AND xsi_id IS NOT NULL "
      "THEN 1 ELSE 0 END), 0), "
      "COALESCE(SUM(CASE WHEN conflict <> '' AND (uuid IS NULL OR xsi_id IS NULL) THEN 1 ELSE 0 "
      "END), 0) FROM people");
  auto const at = [&](std::size_t column) {
    return static_cast<std::size_t>(row->integer(column));
  };
  return {at(0), at(1), at(2), at(3)};
}

}  // namespace wardroom::people
