#include "features/space_sync/protection.hpp"

#include "base/planted.hpp"
#include "features/space_sync/fold.hpp"

#include <algorithm>
#include <functional>

namespace wardroom::space_sync {
namespace {

bool ends_in(std::string_view text, std::string_view end) {
  auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; };
  return text.size() >= end.size() &&
         std::ranges::equal(text.substr(text.size() - end.size()), end, {}, lower);
}

/// Source: developer.webex.com, "Bots": the domains of bots' addresses, old and new.
bool is_bot_address(std::string_view address) {
  return ends_in(address, "@webex.bot") || ends_in(address, "@sparkbot.io");
}

}  // namespace

Protection::Protection(Protect const& protect, Uuid self, Uuid org)
    : moderators_(protect.moderators), bots_(protect.bots), self_(self), org_(org) {
  for (auto const& address : protect.people) listed_.insert(folded_address(address));
}

std::optional<Spared> Protection::of(MemberSnapshot const& members, MemberRow const& member,
                                     DirectorySnapshot const& directory,
                                     PersonRow const* person) const {
  if (is_self(member.person)) return Spared::self;
  if (!member.whole || member.person.is_nil()) return Spared::unknown;
  if (member.moderator && moderators_) return Spared::moderator;
  if (member.monitor) return Spared::bot;
  if (!listed_.empty()) {
    if (is_listed(members.text(member.email))) return Spared::listed;
    if (person) {
      if (is_listed(directory.text(person->email))) return Spared::listed;
      for (auto const& other : std::ranges::equal_range(directory.other_addresses(), person->id, {},
                                                        &OtherAddress::person))
        if (is_listed(directory.text(other.email))) return Spared::listed;
    }
  }
  if (!person) {
    auto const address = members.text(member.email);
    if (address.empty()) return Spared::unknown;
    if (bots_ && is_bot_address(address)) return Spared::bot;
  } else if (auto const why = of_type(person->type)) {
    return why;
  }
  return of_org(members.org(member));
}

std::optional<Spared> Protection::of(PersonFacts const& person) const {
  if (is_self(person.id)) return Spared::self;
  if (std::ranges::any_of(person.emails, [&](auto address) { return is_listed(address); }))
    return Spared::listed;
  if (!person.whole) return Spared::unknown;
  if (auto const why = of_type(person.type)) return why;
  return of_org(person.org);
}

std::optional<Spared> Protection::of(Membership const& membership) const {
  if (is_self(membership.person)) return Spared::self;
  if (membership.moderator && moderators_) return Spared::moderator;
  if (is_listed(membership.email)) return Spared::listed;
  if (bots_ && is_bot_address(membership.email)) return Spared::bot;
  return of_org(membership.org);
}

std::optional<Spared> Protection::of_org(Uuid const& org) const {
  if (org.is_nil() || org_.is_nil()) return Spared::unknown;
  if (org != org_ && !WARDROOM_PLANTED("other-org-not-protected")) return Spared::other_org;
  return std::nullopt;
}

std::optional<Spared> Protection::of_type(AccountType type) const {
  switch (type) {
    case AccountType::person:
      return std::nullopt;
    case AccountType::bot:
      return bots_ ? std::optional(Spared::bot) : std::nullopt;
    case AccountType::app_user:
      return Spared::guest;
    case AccountType::unknown:
      return Spared::unknown;
  }
  return Spared::unknown;
}

bool Protection::is_listed(std::string_view address) const {
  if (listed_.empty()) return false;
  FoldRoom room;
  return listed_.contains(room.address(address));
}

}  // namespace wardroom::space_sync
