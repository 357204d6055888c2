#include "disk_machine.hpp"

namespace wardroom::test {
using namespace std::chrono_literals;
using store::Sql;

std::vector<store::Migration> disk_steps() {
  return {{101, "units",
           "CREATE TABLE unit (id INTEGER PRIMARY KEY, parts INTEGER NOT NULL, name TEXT NOT NULL);"
           "CREATE UNIQUE INDEX unit_name ON unit (name)"},
          {102, "parts",
           "CREATE TABLE part (unit INTEGER NOT NULL REFERENCES unit (id), no INTEGER NOT NULL,"
           " body TEXT NOT NULL, PRIMARY KEY (unit, no));"
           "CREATE TABLE total (units INTEGER NOT NULL, parts INTEGER NOT NULL);"
           "INSERT INTO total VALUES (0, 0)"}};
}

namespace {

struct Found {
  std::set<std::int64_t> units;
  std::string wrong;  ///< in words; empty = all is whole
};

Found look(Sql& sql) {
  Found out;
  std::int64_t parts = 0;
  sql.query(
      "SELECT u.id, u.parts, u.name, (SELECT count(*) FROM part p WHERE p.unit = u.id) FROM unit u",
      {}, [&](store::Row const& row) {
        out.units.insert(row.integer(0));
        parts += row.integer(1);
        if (row.integer(1) != row.integer(3))
          out.wrong += "unit " + row.text(2) + " has " + std::to_string(row.integer(3)) +
                       " parts of " + std::to_string(row.integer(1)) + "; ";
      });
  auto const total = sql.one("SELECT units, parts FROM total");
  if (!total || total->integer(0) != std::int64_t(out.units.size()) || total->integer(1) != parts)
    out.wrong += "the totals do not fit; ";
  if (sql.one("SELECT count(*) FROM part")->integer(0) != parts)
    out.wrong += "there are parts without a unit; ";
  return out;
}

std::string name_of(std::int64_t id) { return "unit " + std::to_string(id); }

}  // namespace

std::optional<Error> DiskMachine::open() {
  auto opened =
      store::SqliteDatabase::open(io_.get_executor(), clock_, path_, disk_steps(), {}, disk.vfs());
  if (!opened) return opened.error();
  database_ = std::move(*opened);
  return std::nullopt;
}

void DiskMachine::end(bool in_order) {
  if (!database_) return;
  if (in_order) database_->close();
  database_.reset();
  clock_.drain();
  waiting_ = 0;  // who was not told may find his unit there or not
}

void DiskMachine::power_cycle() {
  disk.cut_at(0);
  end(false);
  SeededRandom fate(dice_.bits());
  disk.power_on(fate);
}

void DiskMachine::put(std::int64_t id) {
  auto const parts = dice_.between(1, 6);
  // Some are bigger than a page, some than many.
  auto const size = static_cast<std::size_t>(dice_.one_in(8) ? dice_.between(3'000, 30'000)
                                                             : dice_.between(1, 400));
  std::string body(size, static_cast<char>('a' + id % 26));
  model_[id] = Presence::either;
  ++waiting_;
  database_->write(
      [id, parts, body = std::move(body)](Sql& sql) {
        sql.run("INSERT INTO unit VALUES ($1, $2, $3)", {id, parts, name_of(id)});
        for (std::int64_t no = 0; no < parts; ++no)
          sql.run("INSERT INTO part VALUES ($1, $2, $3)", {id, no, body});
        sql.run("UPDATE total SET units = units + 1, parts = parts + $1", {parts});
      },
      [this, id](Result<void> outcome) { answered(id, Presence::there, outcome); });
}

void DiskMachine::take(std::int64_t id) {
  model_[id] = Presence::either;
  ++waiting_;
  database_->write(
      [id](Sql& sql) {
        auto const parts = sql.run("DELETE FROM part WHERE unit = $1", {id});
        auto const units = sql.run("DELETE FROM unit WHERE id = $1", {id});
        sql.run("UPDATE total SET units = units - $1, parts = parts - $2", {units, parts});
      },
      [this, id](Result<void> outcome) { answered(id, Presence::gone, outcome); });
}

void DiskMachine::answered(std::int64_t id, Presence wanted, Result<void> const& outcome) {
  --waiting_;
  if (!outcome) {
    errors_.push_back(outcome.error());
    return;
  }
  model_[id] = wanted;
  ++acknowledged_;
}

void DiskMachine::write(int count) {
  std::vector<std::int64_t> there;
  for (auto const& [id, presence] : model_)
    if (presence == Presence::there) there.push_back(id);
  for (int i = 0; i < count; ++i) {
    if (there.size() > 5 && dice_.one_in(5)) {
      auto const chosen = static_cast<std::ptrdiff_t>(dice_.below(there.size()));
      take(there[static_cast<std::size_t>(chosen)]);
      there.erase(there.begin() + chosen);
    } else {
      put(++last_id_);
    }
  }
}

void DiskMachine::read() {
  auto found = std::make_shared<Found>();
  ++waiting_;
  database_->read([found](Sql& sql) { *found = look(sql); },
                  [this, found](Result<void> outcome) {
                    --waiting_;
                    if (!outcome) {
                      errors_.push_back(outcome.error());
                      return;
                    }
                    ++reads_;
                    EXPECT_EQ(found->wrong, "");
                  });
}

bool DiskMachine::until(std::function<bool()> const& condition, Milliseconds step) {
  auto const limit = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    clock_.advance(step);
    io_.restart();
    io_.run_one_for(200us);
  }
  return true;
}

void DiskMachine::settle(Milliseconds step) {
  EXPECT_TRUE(until([this] { return waiting_ == 0; }, step)) << waiting_ << " wait for an answer";
}

void DiskMachine::pass(Milliseconds time) {
  auto const end = clock_.uptime() + time;
  until([&] { return clock_.uptime() >= end; }, std::max(Milliseconds(1), time / 20));
}

void DiskMachine::verify(std::string const& when) {
  if (!database_) {
    auto const refused = open();
    ASSERT_FALSE(refused) << when << ": " << refused->what;
  }
  auto found = std::make_shared<Found>();
  auto damage = std::make_shared<std::optional<std::string>>();
  std::optional<Result<void>> answer;
  database_->read(
      [found, damage, path = path_](Sql& sql) {
        *found = look(sql);
        *damage = store::find_damage(sql, path);
      },
      [&answer](Result<void> outcome) { answer = outcome; });
  ASSERT_TRUE(until([&] { return answer.has_value(); })) << when;
  ASSERT_TRUE(*answer) << when << ": " << answer->error().what;
  EXPECT_EQ(damage->value_or("ok"), "ok") << when;
  EXPECT_EQ(found->wrong, "") << when;
  for (auto& [id, presence] : model_) {
    bool const there = found->units.contains(id);
    if (presence == Presence::there) EXPECT_TRUE(there) << when << ": unit " << id << " is lost";
    if (presence == Presence::gone) EXPECT_FALSE(there) << when << ": unit " << id << " is back";
    presence = there ? Presence::there : Presence::gone;
  }
  for (auto const id : found->units) EXPECT_TRUE(model_.contains(id)) << when << ": unit " << id;
}

}  // namespace wardroom::test
