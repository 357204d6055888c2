/// How trusted one participant is, by the address signalling claims and nothing else. Pure.
///
/// Errs to external: whatever is not certainly in a listed domain is an outsider. Source: cms.md
/// 4.2-4.4, reliability.md 3 "CDR and banner".
#pragma once
#include "base/result.hpp"
#include "features/security_notices/security_level.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wardroom::security_notices {

/// The host part of an address, ready to be compared.
struct HostPart {
  std::string domain{};     ///< lower case, A-labels, without a trailing dot; empty = there is none
  bool is_address = false;  ///< an IP literal: it never matches a domain
  std::string why{};        ///< why there is no domain: "two @ signs", "a phone number", …
};
HostPart host_part(std::string_view address);

/// Entries of the configuration: "acme.example" is exactly that, "*.acme.example" what is below it.
class DomainList {
 public:
  /// Error: malformed, with what is wrong in a sentence (empty, a star elsewhere, an IP address, no
  /// domain name at all).
  static Result<DomainList> make(std::vector<std::string> const& entries);
  /// The entry that fits, as it was written; empty = none.
  std::string_view match(std::string_view domain) const;
  std::vector<std::string> const& entries() const { return entries_; }
  bool operator==(DomainList const& other) const { return entries_ == other.entries_; }

 private:
  std::vector<std::string> entries_;
  std::vector<std::pair<std::string, std::size_t>> exact_, below_;  ///< sorted; index of the entry
};

struct ClassRules {
  DomainList secure, internal;
  bool operator==(ClassRules const&) const = default;
};

/// Entries of internal_domains that never count, since secure_domains is looked at first and has
/// them too: the same entry, or one that covers it ("guests.acme.example (by *.acme.example)").
/// Each is a mistake: it would be shown as more trusted than it was listed.
std::vector<std::string> in_both(ClassRules const& rules);

/// What the level of a participant rests on.
struct Classified {
  SecurityLevel level = SecurityLevel::external;  ///< never none
  std::string domain{};                           ///< that was compared; empty when there was none
  std::string why{};  ///< "internal_domains: acme.example", "web or app", "no address yet", …
  bool operator==(Classified const&) const = default;
};

/// What classification needs of a leg.
struct Party {
  std::string_view type, sub_type;  ///< as signalled, any case; empty = not known
  bool guest = false, has_user_jid = false, has_sip_call_id = false;
  bool in_lync_conference = false;  ///< one leg that stands for a whole foreign conference
  /// The effective address: the last remoteAddress, else remoteParty, else what the API says.
  std::string_view address;
};
Classified classify(ClassRules const& rules, Party const& party);

}  // namespace wardroom::security_notices
