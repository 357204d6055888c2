#include "people/people_store.hpp"

#include "people/people_search.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <span>
#include <unordered_map>

namespace wardroom::people {
namespace asio = boost::asio;
using store::Row;
using store::Sql;

namespace {

constexpr std::size_t rows_a_commit = 500;
constexpr std::size_t rows_a_slice = 4'096;  // bound to the roster in well below a millisecond

/// A row of the index, made ready for the roster on the reader's thread.
struct IndexRow {
  PersonNo no = 0;
  std::optional<RosterKey> uuid, xsi;
  std::array<char, 2> country{};
};

std::array<char, 2> two_letters(std::string const& country) {
  if (country.size() != 2) return {};
  return {country[0], country[1]};
}

std::vector<IndexRow> read_index(Sql& sql) {
  std::vector<IndexRow> rows;
  auto const take = [&](Row const& row) {
    IndexRow out{.no = static_cast<PersonNo>(row.integer(0))};
    if (!row.is_null(1)) out.uuid = RosterKey::of_uuid(row.text(1));
    if (!row.is_null(2)) out.xsi = RosterKey::of_xsi(row.text(2));
    out.country = two_letters(row.text(3));
    rows.push_back(out);
  };
  // In pages: a server's answer is held in memory as a whole.
  constexpr std::size_t most = 20'000;
  for (auto page = most; page == most;) {
    auto const before = rows.size();
    sql.query(
        "SELECT person_no, uuid, xsi_id, location_country FROM people WHERE person_no > $1 "
        "ORDER BY person_no LIMIT $2",
        {rows.empty() ? std::int64_t{0} : std::int64_t{rows.back().no}, std::int64_t{most}}, take);
    page = rows.size() - before;
  }
  return rows;
}

Result<PersonRecord> found(std::vector<PersonRecord> people, std::string_view what) {
  if (people.size() == 1) return std::move(people.front());
  if (people.empty()) return failure(ErrorKind::not_found, fmt::format("nobody here is {}", what));
  return failure(ErrorKind::conflict, fmt::format("several people here are {}", what));
}

}  // namespace

Task<Result<void>> PeopleStore::load() {
  auto rows = co_await database_.read<std::vector<IndexRow>>(read_index);
  if (!rows) co_return std::unexpected(std::move(rows.error()));
  if (!rows->empty()) roster_.grow_to(rows->back().no);
  auto const loop = co_await asio::this_coro::executor;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    auto const& row = (*rows)[i];
    if (row.uuid) roster_.bind(*row.uuid, row.no);
    if (row.xsi) roster_.bind(*row.xsi, row.no);
    roster_.row(row.no).country = row.country;
    if (i % rows_a_slice == rows_a_slice - 1) co_await asio::post(loop, use_task);
  }
  co_return Result<void>{};
}

template <class Item, class Merge>
Task<Result<Learned>> PeopleStore::merge_all(std::vector<Item> items, Merge one) {
  Learned out;
  out.numbers.resize(items.size());
  auto const all = std::make_shared<std::vector<Item> const>(std::move(items));
  for (std::size_t from = 0; from < all->size(); from += rows_a_commit) {
    auto const to = std::min(all->size(), from + rows_a_commit);
    using Known = std::vector<std::optional<PersonChange>>;
    auto const known = co_await database_.read<Known>([all, from, to](Sql& sql) {
      return unchanged(sql, std::vector<Item>(all->begin() + static_cast<std::ptrdiff_t>(from),
                                              all->begin() + static_cast<std::ptrdiff_t>(to)));
    });
    if (!known) co_return std::unexpected(known.error());
    auto work = std::make_shared<std::vector<std::size_t>>();
    for (auto i = from; i < to; ++i)
      if (auto const& same = (*known)[i - from]) {
        bind_missing(*same);
        out.numbers[i] = same->no;
      } else {
        work->push_back(i);
      }
    if (work->empty()) continue;
    auto merged = std::make_shared<std::vector<Merged>>();
    auto const now = clock_.now();
    auto done = co_await database_.write([all, work, merged, now, one](Sql& sql) {
      merged->clear();
      for (auto const i : *work) merged->push_back(one(sql, (*all)[i], now));
    });
    if (!done) co_return std::unexpected(std::move(done.error()));
    for (std::size_t i = 0; i < work->size(); ++i) {
      auto& item = (*merged)[i];
      out.numbers[(*work)[i]] = item.main.no;
      item.others.push_back(std::move(item.main));  // who gets comes after who gives
      note(item.others, out.changed, out.moved);
    }
  }
  co_return out;
}

/// An answer to a write may have been lost; what moved since the row was read stays where it is.
void PeopleStore::bind_missing(PersonChange const& row) {
  roster_.grow_to(row.no);
  auto const bind = [&](RosterKey const& key) {
    if (roster_.find(key) == 0) roster_.bind(key, row.no);
  };
  if (!row.uuid.empty()) bind(RosterKey::of_uuid(row.uuid));
  if (!row.xsi.empty()) bind(RosterKey::of_xsi(row.xsi));
}

void PeopleStore::note(std::vector<PersonChange> const& changes, std::vector<PersonNo>& changed,
                       std::vector<MovedUser>& moved) {
  for (auto const& change : changes) {
    apply(change);
    if (!change.changed) continue;
    changed.push_back(change.no);
    if (change.old_xsi == change.xsi) continue;
    if (!change.old_xsi.empty()) moved.push_back({XsiUserId(change.old_xsi), 0});
    if (!change.xsi.empty()) moved.push_back({XsiUserId(change.xsi), change.no});
  }
  // Where a user is in the end is what the roster says.
  for (auto& [user, to] : moved) to = roster_.find(RosterKey::of_xsi(user.text()));
}

void PeopleStore::apply(PersonChange const& change) {
  if (change.no == 0) return;
  roster_.grow_to(change.no);
  if (!change.old_xsi.empty() && change.old_xsi != change.xsi) {
    auto const old = RosterKey::of_xsi(change.old_xsi);
    if (roster_.find(old) == change.no) roster_.unbind(old);
  }
  if (!change.uuid.empty()) roster_.bind(RosterKey::of_uuid(change.uuid), change.no);
  if (!change.xsi.empty()) roster_.bind(RosterKey::of_xsi(change.xsi), change.no);
  roster_.row(change.no).country = two_letters(change.country);
  if (change.changed && names_.find(change.no) != nullptr)
    names_.put(change.no, {change.name, change.email});
}

Task<Result<Learned>> PeopleStore::learn(std::vector<Person> people) {
  return merge_all(std::move(people), merge_person);
}

Task<Result<Learned>> PeopleStore::learn(std::vector<CallingUser> users) {
  return merge_all(std::move(users), merge_user);
}

Task<Result<std::vector<PersonNo>>> PeopleStore::upsert(std::vector<Person> people) {
  auto learned = co_await learn(std::move(people));
  if (!learned) co_return std::unexpected(std::move(learned.error()));
  co_return std::move(learned->numbers);
}

Task<Result<std::vector<PersonNo>>> PeopleStore::upsert(std::vector<CallingUser> users) {
  auto learned = co_await learn(std::move(users));
  if (!learned) co_return std::unexpected(std::move(learned.error()));
  co_return std::move(learned->numbers);
}

Task<Result<Settled>> PeopleStore::settle(Seen seen) {
  // On the reader's thread: everybody is compared with everybody.
  auto plan = co_await database_.read<JoinPlan>(
      [seen = std::move(seen)](Sql& sql) { return plan_join(join_rows(sql), seen); });
  if (!plan) co_return std::unexpected(std::move(plan.error()));
  Settled out;
  out.plan = std::move(*plan);
  if (!out.plan.empty()) {
    auto changes = std::make_shared<std::vector<PersonChange>>();
    auto const now = clock_.now();
    auto const steps = std::make_shared<JoinPlan const>(out.plan);
    auto done = co_await database_.write(
        [steps, changes, now](Sql& sql) { *changes = carry_out(sql, *steps, now); });
    if (!done) co_return std::unexpected(std::move(done.error()));
    // Those who give come before those who get.
    auto const gives = [](PersonChange const& c) { return c.xsi.empty(); };
    std::vector<PersonChange> ordered;
    ordered.reserve(changes->size());
    std::ranges::copy_if(*changes, std::back_inserter(ordered), gives);
    std::ranges::copy_if(*changes, std::back_inserter(ordered), std::not_fn(gives));
    note(ordered, out.changed, out.moved);
  }
  auto counted = co_await counts();
  if (!counted) co_return std::unexpected(std::move(counted.error()));
  out.counts = *counted;
  co_return out;
}

Task<Result<MappingCounts>> PeopleStore::counts() {
  return database_.read<MappingCounts>(count_mappings);
}

namespace {
/// A read whose own answer may be an error.
Task<Result<PersonRecord>> look_up(store::Database& database,
                                   std::function<Result<PersonRecord>(Sql&)> work) {
  auto answer = co_await database.read<Result<PersonRecord>>(std::move(work));
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return std::move(*answer);
}
}  // namespace

Task<Result<PersonRecord>> PeopleStore::person(PersonNo person) {
  return look_up(database_, [person](Sql& sql) -> Result<PersonRecord> {
    if (auto record = person_by_no(sql, person)) return std::move(*record);
    return failure(ErrorKind::not_found, fmt::format("nobody here is person number {}", person));
  });
}

Task<Result<PersonRecord>> PeopleStore::by_email(std::string email) {
  return look_up(database_, [email = std::move(email)](Sql& sql) {
    auto people = people_by_email(sql, email);
    if (!people.empty() && people.front().is_person())
      std::erase_if(people, [](PersonRecord const& p) { return !p.is_person(); });
    return found(std::move(people), email);
  });
}

Task<Result<PersonRecord>> PeopleStore::by_phone_number(std::string number) {
  return look_up(database_, [number = std::move(number)](Sql& sql) {
    return found(people_by_phone_number(sql, number), number);
  });
}

Task<Result<PersonRecord>> PeopleStore::resolve(std::string text) {
  return look_up(database_,
                 [text = std::move(text)](Sql& sql) { return people::resolve(sql, text); });
}

Task<Result<std::vector<PersonRecord>>> PeopleStore::search(std::string part, std::size_t limit) {
  auto page = co_await this->page(0, limit, {.text = std::move(part)});
  if (!page) co_return std::unexpected(std::move(page.error()));
  co_return std::move(page->people);
}

Task<Result<std::vector<PersonRecord>>> PeopleStore::page(PersonNo after, std::size_t limit) {
  return database_.read<std::vector<PersonRecord>>(
      [after, limit](Sql& sql) { return people_after(sql, after, limit); });
}

Task<Result<PeopleStore::Page>> PeopleStore::page(PersonNo after, std::size_t limit,
                                                  PeopleFilter filter) {
  return database_.read<Page>([after, limit, filter = std::move(filter)](Sql& sql) {
    Needle const needle(filter.text);
    Page out;
    for (auto from = after; out.next == 0;) {
      auto rows = people_after(sql, from, rows_a_commit);
      if (rows.empty()) break;
      for (auto& row : rows) {
        from = row.no;
        auto const mapping = row.mapping();
        if (!row.active || mapping == Mapping::gone || !needle.fits(row)) continue;
        if (filter.mapping && mapping != *filter.mapping) continue;
        out.people.push_back(std::move(row));
        if (out.people.size() < limit) continue;
        out.next = from;
        break;
      }
    }
    return out;
  });
}

Task<Result<std::string>> PeopleStore::any_calling_user() {
  return database_.read<std::string>([](Sql& sql) {
    auto const row = sql.one(
        "SELECT xsi_id FROM people WHERE xsi_id IS NOT NULL ORDER BY missed_user, person_no "
        "LIMIT 1");
    return row ? row->text(0) : std::string();
  });
}

Task<Result<PeopleStore::Emails>> PeopleStore::emails_of(std::vector<PersonNo> people) {
  return database_.read<Emails>([people = std::move(people)](Sql& sql) {
    Emails out;
    for (auto const no : people)
      if (auto record = person_by_no(sql, no)) out.emplace_back(no, std::move(record->emails));
    return out;
  });
}

namespace {
/// Of those who have one of `emails`, who is meant by it; the same choice as `by_email` makes.
void choose(std::vector<PersonRecord>& rows, std::span<std::string const> emails,
            PeopleStore::Addressed& out) {
  std::unordered_map<std::string_view, std::vector<PersonRecord*>> claims;
  for (auto& row : rows)
    for (auto const& email : row.emails) claims[email].push_back(&row);
  for (auto const& email : emails) {
    auto const it = claims.find(email);
    if (it == claims.end()) continue;
    auto& all = it->second;
    if (std::ranges::any_of(all, &PersonRecord::is_person))
      std::erase_if(all, [](PersonRecord const* p) { return !p->is_person(); });
    if (all.size() == 1)
      out.people.emplace_back(all.front()->no, all.front()->emails);
    else
      out.disputed.push_back(email);
  }
}
}  // namespace

Task<Result<PeopleStore::Addressed>> PeopleStore::by_emails(std::vector<std::string> emails) {
  return database_.read<Addressed>([emails = std::move(emails)](Sql& sql) {
    Addressed out;
    for (std::size_t from = 0; from < emails.size(); from += rows_a_commit) {
      auto const some =
          std::span(emails).subspan(from, std::min(rows_a_commit, emails.size() - from));
      auto rows = people_by_emails(sql, some);
      choose(rows, some, out);
    }
    return out;
  });
}

Task<Result<void>> PeopleStore::fetch_names(std::vector<PersonNo> people) {
  std::erase_if(people, [this](PersonNo no) { return names_.find(no) != nullptr; });
  if (people.empty()) co_return Result<void>{};
  using Names = std::vector<std::pair<PersonNo, PersonName>>;
  auto names = co_await database_.read<Names>([people = std::move(people)](Sql& sql) {
    Names out;
    for (auto const no : people)
      if (auto const row = sql.one("SELECT display_name, email FROM people WHERE person_no = $1",
                                   {std::int64_t{no}}))
        out.emplace_back(no, PersonName{row->text(0), row->text(1)});
    return out;
  });
  if (!names) co_return std::unexpected(std::move(names.error()));
  for (auto& [no, name] : *names) names_.put(no, std::move(name));
  co_return Result<void>{};
}

Task<std::string> PeopleStore::display_name(PersonNo person) {
  // Without the store the number still names the person.
  std::vector<PersonNo> wanted(1, person);
  auto const fetched = co_await fetch_names(std::move(wanted));
  auto const* known = fetched ? names_.find(person) : nullptr;
  if (known != nullptr && !known->name.empty()) co_return known->name;
  if (known != nullptr && !known->email.empty()) co_return known->email;
  co_return fmt::format("person {}", person);
}

}  // namespace wardroom::people
