#include "front/throttle.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "front/login_throttle.hpp"

#include <algorithm>
#include <iterator>

namespace wardroom::front {
namespace {
using store::Blob;
using store::Row;
using store::Sql;

constexpr std::size_t digest_length = 16;
constexpr std::size_t forgotten_a_commit = 500;
constexpr std::chrono::hours between_sweeps{1};
/// Where the wait has reached its most; more is not counted.
constexpr int most_failures = Throttle::free_tries + 10;
static_assert((1 << (most_failures - Throttle::free_tries)) >=
              std::chrono::seconds(Throttle::longest_wait).count());

std::chrono::seconds wait_after(int failures) {
  if (failures < Throttle::free_tries) return std::chrono::seconds(0);
  auto const doubled = 1 << std::min(failures - Throttle::free_tries, 10);
  return std::min<std::chrono::seconds>(std::chrono::seconds(doubled), Throttle::longest_wait);
}

std::string key_of(std::string_view kind, std::string_view text) {
  return sha256("wardroom throttle\n" + std::string(kind) + "\n" + std::string(text))
      .substr(0, digest_length);
}

struct StoredMark {
  std::string digest;
  bool account = false;
  int failures = 0;
  Instant cooled{}, until{};
};

std::vector<StoredMark> read_all(Sql& sql) {
  std::vector<StoredMark> out;
  sql.query(
      "SELECT digest, account, failures, cooled_ms, until_ms FROM failed_tries", {},
      [&](Row const& row) {
        out.push_back({row.blob(0), row.integer(1) != 0,
                       static_cast<int>(std::clamp<std::int64_t>(row.integer(2), 0, most_failures)),
                       from_unix_ms(row.integer(3)), from_unix_ms(row.integer(4))});
      });
  return out;
}

void keep(Sql& sql, StoredMark const& mark) {
  sql.run(
      "INSERT INTO failed_tries (digest, account, failures, cooled_ms, until_ms) "
      "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (digest) DO UPDATE SET "
      "failures = excluded.failures, cooled_ms = excluded.cooled_ms, until_ms = excluded.until_ms",
      {Blob{mark.digest}, std::int64_t{mark.account}, std::int64_t{mark.failures},
       unix_ms(mark.cooled), unix_ms(mark.until)});
}

}  // namespace

Throttle::Keys Throttle::keys_of(Who const& who) {
  auto const bucket = LoginThrottle::bucket_of(who.address);
  return {bucket.empty() ? "" : key_of("address", bucket),
          who.account.empty() ? "" : key_of("account of " + who.door, who.account)};
}

/// Forgets what is old; true when nothing is left.
bool Throttle::cooled_down(Mark& mark, Uptime now) {
  while (mark.failures > 0 && mark.cooled + forgets_one_in <= now) {
    mark.cooled += forgets_one_in;
    --mark.failures;
  }
  return mark.failures == 0;
}

Task<Result<void>> Throttle::load() {
  auto rows = co_await database_.read<std::vector<StoredMark>>(read_all);
  if (!rows) co_return std::unexpected(std::move(rows.error()));
  auto const now = clock_.now();
  auto const uptime = clock_.uptime();
  for (auto const& row : *rows) {
    // A wall clock that went back since tells nothing about age: it all counts from now on.
    auto const age = std::max(now - row.cooled, Milliseconds(0));
    auto const left =
        std::clamp<Milliseconds>(row.until - now, Milliseconds(0), wait_after(row.failures));
    Mark mark{row.failures, uptime - age, uptime + left};
    auto& marks = kept_[row.account ? 1 : 0];
    if (cooled_down(mark, uptime) || marks.size() >= most_kept)
      gone_.push_back(row.digest);
    else
      marks.emplace(row.digest, mark);
  }
  swept_ = uptime;
  while (!gone_.empty() && co_await store({})) {
  }
  co_return Result<void>{};
}

std::optional<std::chrono::seconds> Throttle::longest(Keys const& keys) {
  auto const now = clock_.uptime();
  std::optional<std::chrono::seconds> out;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto const found = kept_[i].find(keys[i]);
    if (found == kept_[i].end() || found->second.until <= now) continue;
    auto const left = std::chrono::ceil<std::chrono::seconds>(found->second.until - now);
    out = std::max(out.value_or(left), left);
  }
  return out;
}

std::optional<std::chrono::seconds> Throttle::wait(Who const& who) { return longest(keys_of(who)); }

std::optional<std::chrono::seconds> Throttle::refuse(Who const& who) {
  auto const keys = keys_of(who);
  if (auto const wait = longest(keys)) return wait;
  auto const now = clock_.uptime();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].empty()) continue;
    auto& marks = kept_[i];
    if (marks.size() >= most_kept && !marks.contains(keys[i])) make_room(marks);
    auto& mark = marks[keys[i]];
    if (cooled_down(mark, now)) mark.cooled = now;
    mark.failures = std::min(mark.failures + 1, most_failures);
    mark.until = now + wait_after(mark.failures);
  }
  return std::nullopt;
}

/// Those with the fewest failures go, the oldest first; an account under attack has many.
void Throttle::make_room(Marks& marks) {
  auto const now = clock_.uptime();
  std::vector<std::pair<std::pair<int, Uptime>, Marks::iterator>> order;
  order.reserve(marks.size());
  for (auto it = marks.begin(); it != marks.end(); ++it) {
    cooled_down(it->second, now);
    order.push_back({{it->second.failures, it->second.cooled}, it});
  }
  auto const tenth = order.begin() + static_cast<std::ptrdiff_t>(order.size() / 10 + 1);
  std::ranges::nth_element(order, tenth, {}, [](auto const& one) { return one.first; });
  for (auto one = order.begin(); one != tenth; ++one) {
    gone_.push_back(one->second->first);
    marks.erase(one->second);
  }
}

void Throttle::take_back(Marks& marks, std::string const& key) {
  auto const found = marks.find(key);
  if (found == marks.end()) return;
  auto& mark = found->second;
  mark.failures = std::max(mark.failures - 1, 0);
  mark.until = clock_.uptime();  // this try was let in, so the wait before it was over
  if (mark.failures > 0) return;
  marks.erase(found);
  gone_.push_back(key);
}

Task<void> Throttle::failed(Who who) { co_await store(keys_of(who)); }

Task<void> Throttle::succeeded(Who who) {
  auto const keys = keys_of(who);
  take_back(kept_[0], keys[0]);
  if (kept_[1].erase(keys[1]) > 0) gone_.push_back(keys[1]);
  co_await store(keys);
}

Task<void> Throttle::withdraw(Who who) {
  auto const keys = keys_of(who);
  for (std::size_t i = 0; i < keys.size(); ++i) take_back(kept_[i], keys[i]);
  co_await store(keys);
}

/// Writes these down as they are now, and forgets what is gone, a commit's worth at once.
Task<bool> Throttle::store(Keys keys) {
  auto const now = clock_.now();
  auto const uptime = clock_.uptime();
  if (uptime >= swept_ + between_sweeps) {
    swept_ = uptime;
    for (auto& marks : kept_)
      for (auto it = marks.begin(); it != marks.end();) {
        bool const nothing = cooled_down(it->second, uptime);
        if (nothing) gone_.push_back(it->first);
        it = nothing ? marks.erase(it) : std::next(it);
      }
  }
  std::vector<StoredMark> rows;
  auto const wall = [&](Uptime at) {
    return now + std::chrono::duration_cast<Milliseconds>(at - uptime);
  };
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (auto const found = kept_[i].find(keys[i]); found != kept_[i].end())
      rows.push_back({found->first, i == 1, found->second.failures, wall(found->second.cooled),
                      wall(found->second.until)});
  auto const count = std::min(gone_.size(), forgotten_a_commit);
  auto const from = gone_.end() - static_cast<std::ptrdiff_t>(count);
  Gone gone(std::make_move_iterator(from), std::make_move_iterator(gone_.end()));
  gone_.erase(from, gone_.end());
  std::erase_if(gone, [this](std::string const& digest) {  // failed again since
    return kept_[0].contains(digest) || kept_[1].contains(digest);
  });
  if (rows.empty() && gone.empty()) co_return true;
  auto const stored = co_await database_.write([rows, gone](Sql& sql) {
    for (auto const& digest : gone)
      sql.run("DELETE FROM failed_tries WHERE digest = $1", {Blob{digest}});
    for (auto const& row : rows) keep(sql, row);
  });
  if (stored) co_return true;
  log::warning("failed tries could not be stored", {{"why", stored.error().what}});
  gone_.insert(gone_.end(), gone.begin(), gone.end());
  co_return false;
}

}  // namespace wardroom::front
