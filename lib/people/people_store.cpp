#include "people/people_store.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <charconv>

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
  sql.query("SELECT person_no, uuid, xsi_id, location_country FROM people ORDER BY person_no", {},
            [&](Row const& row) {
              IndexRow out{.no = static_cast<PersonNo>(row.integer(0))};
              if (!row.is_null(1)) out.uuid = RosterKey::of_uuid(row.text(1));
              if (!row.is_null(2)) out.xsi = RosterKey::of_xsi(row.text(2));
              out.country = two_letters(row.text(3));
              rows.push_back(out);
            });
  return rows;
}

Result<PersonRecord> found(std::optional<PersonRecord> record, std::string_view what) {
  if (record) return std::move(*record);
  return failure(ErrorKind::not_found, fmt::format("nobody here is {}", what));
}

std::optional<PersonNo> as_number(std::string_view text) {
  PersonNo number = 0;
  auto const [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (trouble != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<PersonRecord> resolve_in(Sql& sql, std::string const& text) {
  if (auto const number = as_number(text))
    return found(person_by_no(sql, *number), "person number " + text);
  if (text.starts_with('+')) return found(person_by_phone_number(sql, text), text);
  if (auto exact = person_by_email(sql, text)) return std::move(*exact);
  constexpr std::size_t shown = 5;
  auto matches = people_by_part(sql, text, shown + 1);
  if (matches.size() == 1) return std::move(matches.front());
  if (matches.empty())
    return failure(ErrorKind::not_found,
                   fmt::format("nobody here is called '{}'; see: wardroomctl people list", text));
  std::string names;
  for (std::size_t i = 0; i < std::min(shown, matches.size()); ++i)
    names += fmt::format("{}{} ({})", i == 0 ? "" : ", ", matches[i].name, matches[i].no);
  return failure(ErrorKind::conflict,
                 fmt::format("'{}' fits several people: {}{}; give a number or a mail address",
                             text, names, matches.size() > shown ? " and more" : ""));
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

template <class Item, class Upsert>
Task<Result<std::vector<PersonNo>>> PeopleStore::upsert_all(std::vector<Item> items, Upsert one) {
  std::vector<PersonNo> numbers;
  numbers.reserve(items.size());
  auto const all = std::make_shared<std::vector<Item> const>(std::move(items));
  for (std::size_t from = 0; from < all->size(); from += rows_a_commit) {
    auto const to = std::min(all->size(), from + rows_a_commit);
    auto changes = std::make_shared<std::vector<PersonChange>>();
    auto const now = clock_.now();
    auto done = co_await database_.write([all, from, to, changes, now, one](Sql& sql) {
      changes->clear();
      for (auto i = from; i < to; ++i) changes->push_back(one(sql, (*all)[i], now));
    });
    if (!done) co_return std::unexpected(std::move(done.error()));
    for (auto const& change : *changes) {
      apply(change);
      numbers.push_back(change.no);
    }
  }
  co_return numbers;
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

Task<Result<std::vector<PersonNo>>> PeopleStore::upsert(std::vector<Person> people) {
  return upsert_all(std::move(people), upsert_person);
}

Task<Result<std::vector<PersonNo>>> PeopleStore::upsert(std::vector<CallingUser> users) {
  return upsert_all(std::move(users), upsert_calling_user);
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
  return look_up(database_, [person](Sql& sql) {
    return found(person_by_no(sql, person), fmt::format("person number {}", person));
  });
}

Task<Result<PersonRecord>> PeopleStore::by_email(std::string email) {
  return look_up(database_, [email = std::move(email)](Sql& sql) {
    return found(person_by_email(sql, email), email);
  });
}

Task<Result<PersonRecord>> PeopleStore::by_phone_number(std::string number) {
  return look_up(database_, [number = std::move(number)](Sql& sql) {
    return found(person_by_phone_number(sql, number), number);
  });
}

Task<Result<PersonRecord>> PeopleStore::resolve(std::string text) {
  return look_up(database_, [text = std::move(text)](Sql& sql) { return resolve_in(sql, text); });
}

Task<Result<std::vector<PersonRecord>>> PeopleStore::search(std::string part, std::size_t limit) {
  return database_.read<std::vector<PersonRecord>>(
      [part = std::move(part), limit](Sql& sql) { return people_by_part(sql, part, limit); });
}

Task<Result<std::vector<PersonRecord>>> PeopleStore::page(PersonNo after, std::size_t limit) {
  return database_.read<std::vector<PersonRecord>>(
      [after, limit](Sql& sql) { return people_after(sql, after, limit); });
}

Task<Result<PeopleStore::Emails>> PeopleStore::emails_of(std::vector<PersonNo> people) {
  return database_.read<Emails>([people = std::move(people)](Sql& sql) {
    Emails out;
    for (auto const no : people)
      if (auto record = person_by_no(sql, no)) out.emplace_back(no, std::move(record->emails));
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
