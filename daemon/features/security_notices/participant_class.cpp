#include "features/security_notices/participant_class.hpp"

#include "domain/idn.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace wardroom::security_notices {
namespace {

bool is_word(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == b;
  });
}

std::string in_quotes(std::string_view entry) { return "\"" + std::string(entry) + "\""; }

/// What an entry says, in the one spelling.
struct Entry {
  std::string domain;
  bool below = false;
};

Result<Entry> read_entry(std::string_view text) {
  auto const wrong = [](std::string sentence) {
    return failure(ErrorKind::malformed, std::move(sentence));
  };
  if (text.find_first_not_of(" \t\r\n") == text.npos)
    return wrong("an empty entry would fit nobody or everybody; remove it");
  if (text.starts_with('.'))
    return wrong(in_quotes(text) + " is not taken; write " + in_quotes("*" + std::string(text)) +
                 " for what is below that domain, and the domain itself on a line of its own");
  bool const below = text.starts_with("*.");
  auto const rest = below ? text.substr(2) : text;
  if (rest.find('*') != rest.npos)
    return wrong(in_quotes(text) +
                 " has a star elsewhere than in front: only \"*.acme.example\" is "
                 "known");
  if (rest.find('@') != rest.npos)
    return wrong(in_quotes(text) + " is an address; write the domain after the @ sign alone");
  if (host_part("x@" + std::string(rest)).is_address)
    return wrong(in_quotes(text) + " is an IP address; only domain names can be trusted");
  auto domain = strict_domain(rest.ends_with('.') ? rest.substr(0, rest.size() - 1) : rest);
  if (!domain) return wrong(in_quotes(text) + " is no domain name, as in \"acme.example\"");
  return Entry{*std::move(domain), below};
}

using Sorted = std::vector<std::pair<std::string, std::size_t>>;

std::optional<std::size_t> find(Sorted const& list, std::string_view domain) {
  auto const at = std::ranges::lower_bound(
      list, domain, {}, [](auto const& item) { return std::string_view(item.first); });
  if (at == list.end() || at->first != domain) return std::nullopt;
  return at->second;
}

Classified outsider(std::string why, std::string domain = {}) {
  return {SecurityLevel::external, std::move(domain), std::move(why)};
}

bool is_web_or_app(Party const& party) {
  return is_word(party.type, "acano") || is_word(party.sub_type, "webapp") || party.guest ||
         party.has_user_jid;
}

/// Absent, or one of those that are plain SIP parties.
bool is_known_sub_type(std::string_view sub_type) {
  static constexpr std::array<std::string_view, 5> known = {"", "lync", "avaya", "distributionlink",
                                                            "lyncdistribution"};
  return std::ranges::any_of(known, [&](std::string_view each) { return is_word(sub_type, each); });
}

/// Why a participant is external whatever its address; empty = the address decides.
std::string_view external_by_kind(Party const& party) {
  if (is_web_or_app(party)) return "web or app";
  if (party.in_lync_conference) return "a Lync conference: who is behind it is not known";
  if (party.type.empty() && !party.has_sip_call_id) return "its kind is not known";
  if (!party.type.empty() && !is_word(party.type, "sip")) return "an unknown kind";
  if (!is_known_sub_type(party.sub_type)) return "an unknown kind";
  return {};
}

}  // namespace

Result<DomainList> DomainList::make(std::vector<std::string> const& entries) {
  DomainList list;
  for (std::string const& text : entries) {
    auto entry = read_entry(text);
    if (!entry) return std::unexpected(entry.error());
    (entry->below ? list.below_ : list.exact_)
        .emplace_back(std::move(entry->domain), list.entries_.size());
    list.entries_.push_back(text);
  }
  std::ranges::sort(list.exact_);
  std::ranges::sort(list.below_);
  return list;
}

std::string_view DomainList::match(std::string_view domain) const {
  if (domain.empty()) return {};
  if (auto const entry = find(exact_, domain)) return entries_[*entry];
  for (auto dot = domain.find('.'); dot != domain.npos; dot = domain.find('.', dot + 1))
    if (auto const entry = find(below_, domain.substr(dot + 1))) return entries_[*entry];
  return {};
}

std::vector<std::string> in_both(ClassRules const& rules) {
  std::vector<std::string> out;
  for (std::string const& text : rules.internal.entries()) {
    auto const entry = read_entry(text);
    if (!entry) continue;  // make() took it
    // "below d" is hidden by "below d" and by "below a parent of d".
    auto const hidden_by =
        entry->below ? rules.secure.match("-." + entry->domain) : rules.secure.match(entry->domain);
    bool const whole = !entry->below || hidden_by.starts_with("*.");
    if (!hidden_by.empty() && whole)
      out.push_back(hidden_by == text ? text : text + " (by " + std::string(hidden_by) + ")");
  }
  return out;
}

Classified classify(ClassRules const& rules, Party const& party) {
  HostPart part = host_part(party.address);
  if (auto const why = external_by_kind(party); !why.empty())
    return outsider(std::string(why), std::move(part.domain));
  if (party.address.find_first_not_of(" \t\r\n") == party.address.npos)
    return outsider("no address yet");
  if (part.domain.empty()) return outsider(std::move(part.why));
  if (auto const entry = rules.secure.match(part.domain); !entry.empty())
    return {SecurityLevel::secure, std::move(part.domain), "secure_domains: " + std::string(entry)};
  if (auto const entry = rules.internal.match(part.domain); !entry.empty())
    return {SecurityLevel::internal, std::move(part.domain),
            "internal_domains: " + std::string(entry)};
  return outsider("in no list", std::move(part.domain));
}

}  // namespace wardroom::security_notices
