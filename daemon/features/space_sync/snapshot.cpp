#include "features/space_sync/snapshot.hpp"

#include "base/encoding.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <tuple>

namespace wardroom::space_sync {
namespace {

/// 12 hex digits over what each row adds, in their order.
class Digest {
 public:
  explicit Digest(std::string_view of_what) {
    if (crypto_generichash_init(&state_, nullptr, 0, length) != 0)
      throw std::runtime_error("libsodium cannot hash");
    add(of_what);
  }
  void add(Uuid const& id, std::array<std::uint8_t, 4> const& more) {
    if (used_ + id.bytes.size() + more.size() > buffer_.size()) flush();
    auto* out = std::ranges::copy(id.bytes, buffer_.data() + used_).out;
    std::ranges::copy(more, out);
    used_ += id.bytes.size() + more.size();
  }
  std::string text() {
    flush();
    std::array<unsigned char, length> hash;
    crypto_generichash_final(&state_, hash.data(), hash.size());
    return to_hex({reinterpret_cast<char const*>(hash.data()), 6});
  }

 private:
  static constexpr std::size_t length = 32;

  void add(std::string_view text) {
    crypto_generichash_update(&state_, reinterpret_cast<unsigned char const*>(text.data()),
                              text.size());
  }
  void flush() {
    crypto_generichash_update(&state_, buffer_.data(), used_);
    used_ = 0;
  }

  crypto_generichash_state state_;
  std::array<unsigned char, 16'000> buffer_;
  std::size_t used_ = 0;
};

std::unexpected<Error> too_long(std::length_error const& error) {
  return failure(ErrorKind::malformed, error.what());
}

/// Texts are stored as they come: of two entries the later one's are further on.
bool person_before(PersonRow const& a, PersonRow const& b) {
  return std::tuple(std::max(a.name, a.email), a.rule, a.belongs) <
         std::tuple(std::max(b.name, b.email), b.rule, b.belongs);
}

PersonRow later_person(PersonRow const& earlier, PersonRow later) {
  if (earlier.belongs != later.belongs) {
    later.belongs = Belongs::unknown;
    later.rule = Ruling::not_whole;
  }
  if (earlier.type != later.type) later.type = AccountType::unknown;
  return later;
}

bool member_before(MemberRow const& a, MemberRow const& b) {
  return std::tuple(std::max(a.name, a.email), a.written) <
         std::tuple(std::max(b.name, b.email), b.written);
}

MemberRow later_member(MemberRow const& earlier, MemberRow later) {
  if (earlier.org != later.org) later.whole = false;
  later.moderator |= earlier.moderator;
  later.monitor |= earlier.monitor;
  later.whole &= earlier.whole;
  return later;
}

}  // namespace

DirectorySnapshot::DirectorySnapshot(std::shared_ptr<Selection const> selection)
    : selection_(std::move(selection)) {}

Result<void> DirectorySnapshot::take(std::span<PersonFacts const> page) try {
  for (auto const& person : page) {
    auto const ruling = selection_->rule_on(person);
    PersonRow row{.id = person.id,
                  .name = texts_.add(person.name),
                  .email = person.emails.empty() ? 0 : texts_.add(person.emails.front()),
                  .rule = ruling.rule,
                  .belongs = ruling.belongs,
                  .type = person.type};
    if (ruling.belongs == Belongs::yes) row.written = ids_.add(person.api_id, person.id);
    rows_.add(row);
    for (auto const other : person.emails.subspan(std::min<std::size_t>(1, person.emails.size())))
      others_.push_back({person.id, texts_.add(other)});
  }
  return {};
} catch (std::length_error const& error) {
  return too_long(error);
}

void DirectorySnapshot::finish() {
  rows_.finish(person_before, later_person);
  std::ranges::sort(others_, [](OtherAddress const& a, OtherAddress const& b) {
    return a.person != b.person ? uuid_less(a.person, b.person) : a.email < b.email;
  });
  Digest digest("people");
  for (auto const& row : rows_.all())
    digest.add(row.id, {std::uint8_t(row.belongs), std::uint8_t(row.rule >> 8),
                        std::uint8_t(row.rule), std::uint8_t(row.type)});
  digest_ = digest.text();
}

/// A page at a time, so that one waits for memory only once and not for each.
void DirectorySnapshot::find_all(std::span<MemberFacts const> page,
                                 std::vector<PersonRow const*>& found) const {
  for (auto const& member : page) rows_.expect(member.person);
  found.clear();
  for (auto const& member : page) {
    found.push_back(rows_.find(member.person));
    if (found.back()) texts_.expect(found.back()->email);
  }
}

std::size_t DirectorySnapshot::memory() const {
  return rows_.memory() + others_.capacity() * sizeof(OtherAddress) + texts_.memory() +
         ids_.memory();
}

/// Of more than 65,535 organisations the last ones are as if they were not told: nobody of theirs
/// is touched.
std::uint16_t MemberSnapshot::number_of(Uuid const& org) {
  if (org == orgs_.back()) return std::uint16_t(orgs_.size() - 1);
  if (org.is_nil()) return 0;
  auto const [known, is_new] = org_numbers_.try_emplace(org, std::uint16_t(orgs_.size()));
  if (!is_new) return known->second;
  if (orgs_.size() > 0xFFFF) {
    org_numbers_.erase(known);
    return 0;
  }
  orgs_.push_back(org);
  return known->second;
}

Result<void> MemberSnapshot::take(std::span<MemberFacts const> page) try {
  if (known_) known_->find_all(page, found_);
  for (std::size_t i = 0; i < page.size(); ++i) {
    auto const& member = page[i];
    MemberRow row{.person = member.person,
                  .org = number_of(member.org),
                  .moderator = member.moderator,
                  .monitor = member.monitor,
                  .whole = member.whole};
    auto const* known = known_ && member.whole ? found_[i] : nullptr;
    if (known && known->belongs != Belongs::yes) known = nullptr;
    if (!known) row.written = ids_.add(member.id, member.person);
    if (!known || known->name == 0) row.name = texts_.add(member.name);
    if (!known || known_->text(known->email) != member.email) row.email = texts_.add(member.email);
    rows_.add(row);
  }
  return {};
} catch (std::length_error const& error) {
  return too_long(error);
}

void MemberSnapshot::finish() {
  rows_.finish(member_before, later_member);
  Digest digest("members");
  for (auto const& row : rows_.all())
    digest.add(row.person, {row.moderator, row.monitor, row.whole, 0});
  digest_ = digest.text();
}

std::size_t MemberSnapshot::memory() const {
  return rows_.memory() + texts_.memory() + ids_.memory();
}

}  // namespace wardroom::space_sync
