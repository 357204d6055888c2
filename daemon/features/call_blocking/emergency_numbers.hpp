/// Whether dialled digits are an emergency number. Pure; exact match, never "begins with".
/// The safe side is to say yes: a wrong yes lets one short call through, a wrong no may cost a
/// life.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::call_blocking {

/// Emergency numbers of a country (ISO 3166 alpha-2, any case); empty when it is not in the table.
/// Source: emergency_table.inc, emergency_additions.inc, plus 112 and 911, which reach help from
/// every mobile (3GPP TS 22.101).
std::vector<std::string_view> const& emergency_numbers_of(std::string_view country);
/// Countries that share a calling code ("1", "43"); empty when there is none.
std::vector<std::string_view> countries_of_calling_code(std::string_view code);
/// Countries of a number in international form ("+4315550100").
std::vector<std::string_view> countries_of_number(std::string_view number);
std::vector<std::string_view> const& countries_with_emergency_numbers();

/// What is known of the place where somebody dialled.
struct EmergencyPlace {
  std::string_view country;  ///< of the person's Webex location; empty = not known
  std::string_view number;   ///< the person's own number; empty = not known
  std::span<std::string const> outside_line_prefixes;  ///< "0", "9"
  std::span<std::string const> extra_numbers;          ///< the operator's additions
};

/// Exactly an emergency number of the person's country, else of a country of their number, else of
/// any country; as dialled, or with one outside-line prefix taken off. `country_code` is the
/// platform's attribute beside the address (digits): where it belongs to another country than the
/// person's, the numbers of both count. "+1911" and "+911" are 911, attribute or not.
bool is_emergency_number(std::string_view address, std::string_view country_code,
                         EmergencyPlace const& place);

}  // namespace wardroom::call_blocking
