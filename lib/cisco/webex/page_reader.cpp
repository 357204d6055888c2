#include "cisco/webex/page_reader.hpp"

#include "cisco/webex/known_people.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <vector>

namespace wardroom::webex {
namespace {
namespace sj = simdjson;

constexpr std::size_t deepest = 32;

std::unexpected<Error> bad(std::string what) {
  return failure(ErrorKind::malformed, std::move(what));
}

/// "true" and true; nullopt for anything else.
std::optional<bool> flag(sj::dom::element value) {
  bool out = false;
  if (value.get(out) == sj::SUCCESS) return out;
  std::string_view word;
  if (value.get(word) != sj::SUCCESS) return std::nullopt;
  if (word == "true" || word == "True" || word == "TRUE") return true;
  if (word == "false" || word == "False" || word == "FALSE") return false;
  return std::nullopt;
}

/// Whether it is a text, or null, which is none.
bool text(sj::dom::element value, std::string_view& out) {
  return value.get(out) == sj::SUCCESS || value.is_null();
}

bool says_errors(sj::dom::element value) {
  sj::dom::object object;
  if (value.get(object) == sj::SUCCESS) return object.begin() != object.end();
  sj::dom::array array;
  if (value.get(array) == sj::SUCCESS) return array.begin() != array.end();
  return !value.is_null();
}

AccountType type_of(std::string_view word) {
  if (word == "person") return AccountType::person;
  if (word == "bot") return AccountType::bot;
  if (word == "appuser") return AccountType::app_user;
  return AccountType::unknown;
}

enum class Key : std::uint8_t {
  other,
  id,
  type,
  org_id,
  roles,
  title,
  emails,
  errors,
  licenses,
  department,
  location_id,
  display_name,
  login_enabled,
  invite_pending,
  room_id,
  person_id,
  is_monitor,
  person_org_id,
  person_email,
  is_moderator,
  person_display_name,
};

Key key_of(std::string_view key) {
  switch (key.size()) {
    case 2:
      return key == "id" ? Key::id : Key::other;
    case 4:
      return key == "type" ? Key::type : Key::other;
    case 5:
      if (key == "orgId") return Key::org_id;
      if (key == "title") return Key::title;
      return key == "roles" ? Key::roles : Key::other;
    case 6:
      if (key == "emails") return Key::emails;
      if (key == "roomId") return Key::room_id;
      return key == "errors" ? Key::errors : Key::other;
    case 8:
      if (key == "personId") return Key::person_id;
      return key == "licenses" ? Key::licenses : Key::other;
    case 9:
      return key == "isMonitor" ? Key::is_monitor : Key::other;
    case 10:
      if (key == "department") return Key::department;
      return key == "locationId" ? Key::location_id : Key::other;
    case 11:
      if (key == "displayName") return Key::display_name;
      if (key == "personOrgId") return Key::person_org_id;
      if (key == "personEmail") return Key::person_email;
      return key == "isModerator" ? Key::is_moderator : Key::other;
    case 12:
      return key == "loginEnabled" ? Key::login_enabled : Key::other;
    case 13:
      return key == "invitePending" ? Key::invite_pending : Key::other;
    case 17:
      return key == "personDisplayName" ? Key::person_display_name : Key::other;
    default:
      return Key::other;
  }
}

/// The known keys of an object, each at most once: `take(key, value)`. False = one came twice.
template <class Take>
bool each_known(sj::dom::object object, Take take) {
  std::uint32_t seen = 0;
  for (auto const [name, value] : object) {
    auto const key = key_of(name);
    if (key == Key::other) continue;
    auto const bit = 1u << unsigned(key);
    if ((seen & bit) != 0) return false;
    seen |= bit;
    take(key, value);
  }
  return true;
}

}  // namespace

struct PageReader::State {
  explicit State(std::shared_ptr<LocationNames const> names) : locations(std::move(names)) {}

  /// The body's root; valid until the next one.
  Result<sj::dom::element> parse(std::string& body) {
    auto const length = body.size();
    if (parser.capacity() < length &&
        parser.allocate(std::max<std::size_t>(length + length / 4, 65'536), deepest) != sj::SUCCESS)
      throw std::bad_alloc();
    body.append(sj::SIMDJSON_PADDING, ' ');
    sj::dom::element root;
    auto const error = parser.parse(body.data(), length, false).get(root);
    if (error == sj::MEMALLOC) throw std::bad_alloc();
    if (error == sj::DEPTH_ERROR) return bad("its JSON is nested too deep");
    if (error != sj::SUCCESS) return bad("it is not JSON");
    return root;
  }
  Result<sj::dom::array> items(std::string& body) {
    auto const root = parse(body);
    if (!root) return std::unexpected(root.error());
    sj::dom::object object;
    if (root->get(object) != sj::SUCCESS) return bad("a page is not a JSON object");
    sj::dom::array items;
    int found = 0;
    for (auto const [key, value] : object)
      if (key == "items") {
        if (value.get(items) != sj::SUCCESS) return bad("the items of a page are no list");
        ++found;
      }
    if (found == 0) return bad("a page has no items");
    if (found > 1) return bad("its JSON names a key twice");
    return items;
  }

  /// Almost all of a page are of one organisation.
  std::optional<Uuid> org_of(std::string_view id) {
    if (id == last_org_id) return last_org;
    last_org = uuid_of_id(id);
    last_org_id = id;
    return last_org;
  }

  struct Range {
    std::size_t begin = 0, end = 0;
  };
  /// Texts into the pool; false when it is no list of texts.
  template <class Turn>
  bool gather(sj::dom::element value, Range& range, Turn turn) {
    sj::dom::array all;
    if (value.is_null()) return true;
    if (value.get(all) != sj::SUCCESS) return false;
    range.begin = pool.size();
    bool good = true;
    for (auto const item : all) {
      std::string_view one;
      if (item.get(one) == sj::SUCCESS && !one.empty())
        pool.push_back(turn(one));
      else
        good = false;
    }
    range.end = pool.size();
    return good;
  }

  Result<void> add_person(sj::dom::element item) {
    sj::dom::object object;
    if (item.get(object) != sj::SUCCESS) return bad("a person is not a JSON object");
    PersonFacts person{.type = AccountType::unknown};
    Lists lists;
    auto const take = [&](Key key, sj::dom::element value) {
      person.whole &= take_of_person(person, lists, key, value);
    };
    if (!each_known(object, take)) return bad("its JSON names a key twice");
    auto const id = uuid_of_id(person.api_id);
    if (!id) return bad("a person has no id that can be decoded");
    person.id = *id;
    person.whole &= lists.emails.end > lists.emails.begin;
    if (locations && !person.location_id.empty())
      if (auto const name = locations->find(person.location_id); name != locations->end())
        person.location = name->second;
    people.push_back(person);
    ranges.push_back(lists);
    return {};
  }

  struct Lists {
    Range emails, roles, licenses;
  };
  /// False = it is damaged.
  bool take_of_person(PersonFacts& person, Lists& lists, Key key, sj::dom::element value) {
    auto const as_it_is = [](std::string_view one) { return one; };
    std::string_view word;
    switch (key) {
      case Key::id:
        return text(value, person.api_id);
      case Key::display_name:
        return text(value, person.name);
      case Key::department:
        return text(value, person.department);
      case Key::title:
        return text(value, person.title);
      case Key::location_id:
        if (!text(value, word)) return false;
        if (!word.empty()) person.location_id = ids(word);
        return true;
      case Key::type:
        if (!text(value, word)) return false;
        person.type = type_of(word);
        return true;
      case Key::org_id:
        if (!text(value, word)) return false;
        if (word.empty()) return true;
        if (auto const org = org_of(word))
          person.org = *org;
        else
          return false;
        return true;
      case Key::emails:
        return gather(value, lists.emails, as_it_is);
      case Key::roles:
        return gather(value, lists.roles, std::ref(ids));
      case Key::licenses:
        return gather(value, lists.licenses, std::ref(ids));
      case Key::login_enabled:
        person.login_enabled = flag(value);
        return true;
      case Key::invite_pending:
        person.invite_pending = flag(value);
        return true;
      case Key::errors:
        return !says_errors(value);
      default:
        return true;
    }
  }

  /// The pool moves while it grows: only now do its places stay.
  void join_lists() {
    std::span<std::string_view const> const all(pool);
    auto const part = [&](Range range) {
      return all.subspan(range.begin, range.end - range.begin);
    };
    for (std::size_t i = 0; i < people.size(); ++i) {
      people[i].emails = part(ranges[i].emails);
      people[i].roles = part(ranges[i].roles);
      people[i].licenses = part(ranges[i].licenses);
    }
  }

  Result<void> add_member(sj::dom::element item, std::string_view space) {
    sj::dom::object object;
    if (item.get(object) != sj::SUCCESS) return bad("a membership is not a JSON object");
    MemberFacts member;
    std::string_view room, person;
    std::optional<bool> moderator;
    auto const take = [&](Key key, sj::dom::element value) {
      std::string_view word;
      bool good = true;
      if (key == Key::id)
        good = text(value, member.id);
      else if (key == Key::room_id)
        good = text(value, room);
      else if (key == Key::person_id)
        good = text(value, person);
      else if (key == Key::person_email)
        good = text(value, member.email);
      else if (key == Key::person_display_name)
        good = text(value, member.name);
      else if (key == Key::is_moderator)
        moderator = flag(value);
      else if (key == Key::is_monitor)
        member.monitor = flag(value).value_or(false);
      else if (key == Key::errors)
        good = !says_errors(value);
      else if (key == Key::person_org_id && (good = text(value, word)) && !word.empty()) {
        auto const org = org_of(word);
        good = org.has_value();
        member.org = org.value_or(Uuid{});
      }
      member.whole &= good;
    };
    if (!each_known(object, take)) return bad("its JSON names a key twice");
    if (room.empty() || room != last_room) {
      if (room != space && !same_id(room, space))
        return bad("a membership of another space came than was asked for");
      last_room = room;
    }
    auto const id = uuid_of_id(person);
    if (!id) return bad("a membership has no person id that can be decoded");
    member.person = *id;
    member.moderator = moderator.value_or(false);
    member.whole &= moderator.has_value() && !member.id.empty();
    members.push_back(member);
    return {};
  }

  sj::dom::parser parser;
  DecodedIds ids;
  KnownPeople known;
  std::shared_ptr<LocationNames const> locations;
  std::string last_org_id, last_room;
  std::optional<Uuid> last_org;
  std::vector<PersonFacts> people;
  std::vector<Lists> ranges;
  std::vector<std::string_view> pool;
  std::vector<MemberFacts> members;
};

PageReader::PageReader(std::shared_ptr<LocationNames const> locations)
    : state_(std::make_unique<State>(std::move(locations))) {}
PageReader::~PageReader() = default;
PageReader::PageReader(PageReader&&) noexcept = default;

void PageReader::begin() { state_->known.forget(); }

Result<PageSeen> PageReader::people(std::string body, PeopleListing::Page const& take) {
  auto& s = *state_;
  s.people.clear();
  s.ranges.clear();
  s.pool.clear();
  s.ids.forget_many();
  auto const items = s.items(body);
  if (!items) return std::unexpected(items.error());
  for (auto const item : *items)
    if (auto added = s.add_person(item); !added) return std::unexpected(std::move(added.error()));
  s.join_lists();
  if (auto taken = take(s.people); !taken) return std::unexpected(std::move(taken.error()));
  return PageSeen{s.people.size(), s.known.knew(s.people, &PersonFacts::id)};
}

Result<void> PageReader::person(std::string body, Uuid const& id, PeopleListing::Page const& take) {
  auto& s = *state_;
  s.people.clear();
  s.ranges.clear();
  s.pool.clear();
  auto const root = s.parse(body);
  if (!root) return std::unexpected(root.error());
  if (auto added = s.add_person(*root); !added) return added;
  s.join_lists();
  if (s.people.front().id != id) return bad("somebody else came than was asked for");
  return take(s.people);
}

Result<PageSeen> PageReader::members(std::string body, std::string_view space,
                                     Spaces::Page const& take) {
  auto& s = *state_;
  s.members.clear();
  s.last_room.clear();
  auto const items = s.items(body);
  if (!items) return std::unexpected(items.error());
  for (auto const item : *items)
    if (auto added = s.add_member(item, space); !added)
      return std::unexpected(std::move(added.error()));
  if (auto taken = take(s.members); !taken) return std::unexpected(std::move(taken.error()));
  return PageSeen{s.members.size(), s.known.knew(s.members, &MemberFacts::person)};
}

}  // namespace wardroom::webex
