#include "people/people_search.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace wardroom::people {
namespace {

constexpr std::size_t fewest_digits = 3;
constexpr std::size_t rows_a_look = 1'000;

/// U+00C0 … U+017F without their accents; blanks are no letters.
constexpr std::string_view latin =
    "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(latin.size() == 0x180 - 0xC0);

/// One character off the front; bytes that are no UTF-8 stand for themselves.
char32_t next(std::string_view& text) {
  auto const lead = static_cast<unsigned char>(text.front());
  std::size_t const length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (length == 1 || text.size() < length) {
    text.remove_prefix(1);
    return lead;
  }
  char32_t c = lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i)
    c = (c << 6) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  text.remove_prefix(length);
  return c;
}

void append(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

/// Letters of Vietnamese, whose base follows from where they stand; 0 = another character.
char vietnamese(char32_t c) {
  if (c == 0x1A0 || c == 0x1A1) return 'o';
  if (c == 0x1AF || c == 0x1B0) return 'u';
  if (c < 0x1EA0 || c > 0x1EF9) return 0;
  return c < 0x1EB8   ? 'a'
         : c < 0x1EC8 ? 'e'
         : c < 0x1ECC ? 'i'
         : c < 0x1EE4 ? 'o'
         : c < 0x1EF2 ? 'u'
                      : 'y';
}

void append_folded(std::string& out, char32_t c) {
  if (c >= 'A' && c <= 'Z') return append(out, c + 32);
  if (c == 0xDF) return void(out += "ss");
  if (c >= 0x300 && c < 0x370) return;  // accents that follow their letter
  if (c >= 0xC0 && c < 0x180 && latin[c - 0xC0] != ' ')
    return append(out, char32_t(latin[c - 0xC0]));
  if (char const base = vietnamese(c)) return append(out, char32_t(base));
  if ((c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F)) return append(out, c + 32);
  if (c >= 0x400 && c <= 0x40F) return append(out, c + 80);
  append(out, c);
}

std::string digits_of(std::string_view text) {
  std::string out;
  for (char const c : text)
    if (c >= '0' && c <= '9') out += c;
  return out;
}

bool only_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

std::optional<PersonNo> as_number(std::string_view text) {
  PersonNo number = 0;
  auto const [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (trouble != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool here(PersonRecord const& person) { return person.active && person.mapping() != Mapping::gone; }

std::string shown(PersonRecord const& person) {
  return fmt::format("{} ({})", person.name.empty() ? person.email : person.name, person.no);
}

std::string listed(std::vector<PersonRecord> const& people) {
  constexpr std::size_t most = 5;
  std::string out;
  for (std::size_t i = 0; i < std::min(most, people.size()); ++i)
    out += (i == 0 ? "" : ", ") + shown(people[i]);
  return people.size() > most ? out + " and more" : out;
}

Result<PersonRecord> the_one(std::vector<PersonRecord> people, std::string_view text,
                             std::string_view remedy) {
  if (people.size() == 1) return std::move(people.front());
  return failure(ErrorKind::conflict,
                 fmt::format("'{}' fits several people: {}; {}", text, listed(people), remedy));
}

void look_through(store::Sql& sql, std::function<bool(PersonRecord&)> const& each) {
  for (PersonNo after = 0;;) {
    auto page = people_after(sql, after, rows_a_look);
    if (page.empty()) return;
    after = page.back().no;
    for (auto& person : page)
      if (here(person) && !each(person)) return;
  }
}

Result<PersonRecord> nobody(store::Sql& sql, std::string const& text) {
  std::vector<std::pair<std::size_t, PersonRecord>> near;
  look_through(sql, [&](PersonRecord& person) {
    auto const off = distance(text, person);
    if (off != kFar) near.emplace_back(off, std::move(person));
    return near.size() < 200;
  });
  std::ranges::sort(near, {},
                    [](auto const& entry) { return std::pair(entry.first, entry.second.no); });
  if (near.size() > 3) near.resize(3);
  std::vector<PersonRecord> people;
  for (auto& [off, person] : near) people.push_back(std::move(person));
  auto const hint = people.empty() ? "see: wardroomctl people list"
                                   : fmt::format("did you mean {}?", listed(people));
  return failure(ErrorKind::not_found, fmt::format("nobody here is called '{}'; {}", text, hint));
}

/// A figure is a person's number or somebody's extension.
std::optional<Result<PersonRecord>> by_figure(store::Sql& sql, std::string const& text) {
  auto const no = as_number(text);
  auto const person = no ? person_by_no(sql, *no) : std::nullopt;
  auto phones = people_by_extension(sql, text);
  std::erase_if(phones, [&](PersonRecord const& p) { return !here(p) || (no && p.no == *no); });
  if (person && phones.empty()) return *person;
  if (person)
    return failure(
        ErrorKind::conflict,
        fmt::format("{} is the number of {} here, and the extension of {}; write no:{} or ext:{}",
                    text, shown(*person), listed(phones), text, text));
  if (phones.empty()) return std::nullopt;
  return the_one(std::move(phones), text, "give a person number or a mail address");
}

Result<PersonRecord> by_prefix(store::Sql& sql, std::string const& text) {
  auto const rest = text.substr(text.find(':') + 1);
  if (text.starts_with("ext:")) {
    auto people = people_by_extension(sql, rest);
    std::erase_if(people, [](PersonRecord const& p) { return !here(p); });
    if (people.empty())
      return failure(ErrorKind::not_found, fmt::format("nobody has the extension {}", rest));
    return the_one(std::move(people), text, "give a person number or a mail address");
  }
  auto const no = as_number(rest);
  auto person = no ? person_by_no(sql, *no) : std::nullopt;
  if (person) return std::move(*person);
  return failure(ErrorKind::not_found, fmt::format("there is no person number {}", rest));
}

}  // namespace

std::string folded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) append_folded(out, next(text));
  return out;
}

Needle::Needle(std::string_view text) : folded_(folded(text)), plain_(lower_ascii(text)) {
  if (only_of(text, "0123456789+-() ")) digits_ = digits_of(text);
}

bool Needle::fits(PersonRecord const& person) const {
  if (empty() || folded(person.name).contains(folded_)) return true;
  auto const has = [&](std::string const& email) { return email.contains(plain_); };
  if (has(person.email) || has(person.calling_email) || std::ranges::any_of(person.emails, has))
    return true;
  if (!digits_.empty() && person.ext() == digits_) return true;
  if (digits_.size() >= fewest_digits &&
      (digits_of(person.e164()).contains(digits_) || digits_of(person.number).contains(digits_)))
    return true;
  return plain_ == person.uuid || plain_ == lower_ascii(person.xsi.text()) ||
         (!person.id.empty() && plain_ == lower_ascii(person.id.text()));
}

std::size_t distance(std::string_view typed, PersonRecord const& person) {
  auto const wanted = folded(typed);
  if (wanted.size() < 3) return kFar;
  auto const most = wanted.size() / 4 + 1;
  std::size_t best = kFar;
  auto const compare = [&](std::string_view word) {
    auto const longer = std::max(word.size(), wanted.size());
    if (longer - std::min(word.size(), wanted.size()) > most) return;
    if (auto const off = edit_distance(wanted, word); off <= most) best = std::min(best, off);
  };
  auto const name = folded(person.name);
  compare(name);
  for (std::size_t from = 0; from < name.size();) {
    auto const to = std::min(name.find(' ', from), name.size());
    compare(std::string_view(name).substr(from, to - from));
    from = to + 1;
  }
  for (auto const& email : person.emails) {
    compare(email);
    compare(std::string_view(email).substr(0, email.find('@')));
  }
  return best;
}

Result<PersonRecord> resolve(store::Sql& sql, std::string const& text) {
  if (text.starts_with("no:") || text.starts_with("ext:")) return by_prefix(sql, text);
  if (!text.empty() && only_of(text, "0123456789"))
    if (auto found = by_figure(sql, text)) return std::move(*found);
  if (text.starts_with('+'))
    if (auto people = people_by_phone_number(sql, '+' + digits_of(text)); !people.empty())
      return the_one(std::move(people), text, "give a person number or a mail address");
  if (auto people = people_by_email(sql, text); !people.empty()) {
    // A calling user with a person's address is shown beside the person, not in their place.
    if (people.front().is_person())
      std::erase_if(people, [](PersonRecord const& p) { return !p.is_person(); });
    return the_one(std::move(people), text, "give a person number");
  }
  constexpr std::size_t enough = 6;
  Needle const needle(text);
  std::vector<PersonRecord> matches;
  if (!needle.empty())
    look_through(sql, [&](PersonRecord& person) {
      if (needle.fits(person)) matches.push_back(std::move(person));
      return matches.size() < enough;
    });
  if (matches.empty()) return nobody(sql, text);
  return the_one(std::move(matches), text, "give a number or a mail address");
}

}  // namespace wardroom::people
