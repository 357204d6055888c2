#include "alerts/alert_store.hpp"

#include <map>

namespace wardroom::alerts {
namespace {

using store::Row;
using store::Sql;
using store::Value;

HealthColour colour_of(std::string_view text) {
  return text == "red" ? HealthColour::red : HealthColour::yellow;
}

std::int64_t ms(Instant at) { return unix_ms(at); }

Alert read_alert(Row const& row) {
  Alert out;
  out.id = row.integer(0);
  out.fact = {.part = row.text(1),
              .colour = colour_of(row.text(2)),
              .key = row.text(3),
              .sentence = row.text(4),
              .remedy = row.text(5),
              .since = from_unix_ms(row.integer(6)),
              .told_at = from_unix_ms(row.integer(7)),
              .flapping = row.integer(8) != 0};
  if (!row.is_null(9)) out.cleared_at = from_unix_ms(row.integer(9));
  return out;
}

Delivery read_delivery(Row const& row) {
  return {.id = row.integer(0),
          .notice = parse_notice(row.text(2)).value_or(Notice::raised),
          .channel = row.text(3),
          .to = row.text(4),
          .state = parse_delivery_state(row.text(5)).value_or(DeliveryState::failed),
          .attempts = static_cast<int>(row.integer(6)),
          .next_at = from_unix_ms(row.integer(7)),
          .at = from_unix_ms(row.integer(8)),
          .detail = row.text(9)};
}

void drop(Sql& sql, std::int64_t id) {
  sql.run("DELETE FROM alert_deliveries WHERE alert = $1", {id});
  sql.run("DELETE FROM alerts WHERE id = $1", {id});
}

void insert(Sql& sql, Alert const& alert) {
  auto const& fact = alert.fact;
  Value cleared = std::monostate{};
  if (alert.cleared_at) cleared = ms(*alert.cleared_at);
  sql.run(
      "INSERT INTO alerts (id, part, colour, level, sentence, remedy, since, told_at, flapping, "
      "cleared_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
      {alert.id, fact.part, std::string(name(fact.colour)), fact.key, fact.sentence, fact.remedy,
       ms(fact.since), ms(fact.told_at), std::int64_t{fact.flapping}, cleared});
  for (auto const& row : alert.deliveries)
    sql.run(
        "INSERT INTO alert_deliveries (id, alert, notice, channel, recipient, state, attempts, "
        "next_at, at, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        {row.id, alert.id, std::string(name(row.notice)), row.channel, row.to,
         std::string(name(row.state)), std::int64_t{row.attempts}, ms(row.next_at), ms(row.at),
         row.detail});
}

}  // namespace

Task<Result<std::vector<Alert>>> AlertStore::load() {
  co_return co_await database_.read<std::vector<Alert>>([](Sql& sql) {
    std::vector<Alert> out;
    std::map<std::int64_t, std::size_t> place;
    sql.query(
        "SELECT id, part, colour, level, sentence, remedy, since, told_at, flapping, cleared_at "
        "FROM alerts ORDER BY id",
        {}, [&](Row const& row) {
          place[row.integer(0)] = out.size();
          out.push_back(read_alert(row));
        });
    sql.query(
        "SELECT id, alert, notice, channel, recipient, state, attempts, next_at, at, detail "
        "FROM alert_deliveries ORDER BY id",
        {}, [&](Row const& row) {
          auto const alert = place.find(row.integer(1));
          if (alert != place.end()) out[alert->second].deliveries.push_back(read_delivery(row));
        });
    return out;
  });
}

Task<Result<std::vector<Begun>>> AlertStore::load_begun() {
  co_return co_await database_.read<std::vector<Begun>>([](Sql& sql) {
    std::vector<Begun> out;
    sql.query(
        "SELECT part, since, seen FROM alert_beginnings ORDER BY part", {}, [&](Row const& row) {
          out.push_back({row.text(0), from_unix_ms(row.integer(1)), from_unix_ms(row.integer(2))});
        });
    return out;
  });
}

void AlertStore::save(std::vector<Alert> alerts, std::vector<std::int64_t> forgotten,
                      std::optional<std::vector<Begun>> begun, store::Committed then) {
  database_.write(
      [alerts = std::move(alerts), forgotten = std::move(forgotten),
       begun = std::move(begun)](Sql& sql) {
        if (begun) sql.run("DELETE FROM alert_beginnings", {});
        if (begun)
          for (auto const& one : *begun)
            sql.run("INSERT INTO alert_beginnings (part, since, seen) VALUES ($1, $2, $3)",
                    {one.part, ms(one.since), ms(one.seen)});
        for (auto const id : forgotten) drop(sql, id);
        for (auto const& alert : alerts) {
          drop(sql, alert.id);
          insert(sql, alert);
        }
      },
      std::move(then));
}

}  // namespace wardroom::alerts
