/// The answers of `calls why` and `people why` as docs/api.md has them, made from what was recorded
/// or is known: sentences, rounded figures, the verdict worked out again. Pure.
#pragma once
#include "features/call_blocking/call_blocking_settings.hpp"
#include "features/call_blocking/call_record.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace wardroom::call_blocking {

/// Of a stored document (text_of). The caller adds `person`.
nlohmann::ordered_json call_why_json(nlohmann::ordered_json const& document);

/// Its row of `calls list`, with `events` and `tracking`. The caller adds `person`.
nlohmann::ordered_json call_row_json(nlohmann::ordered_json const& document);

/// About somebody's calls at this moment. `who` begins the sentence.
nlohmann::ordered_json person_why_json(std::string const& who, Judgement const& now,
                                       PolicySettings const& policy);

/// How the configuration may name a person, beside everybody.
struct NamedBy {
  std::vector<std::string> emails, groups;  ///< of the person; groups as they are configured
};
/// The fences of `mask`, and how each came to be for this person.
nlohmann::ordered_json binding_fences_json(PolicySettings const& policy, FenceMask mask,
                                           FenceMask awake, NamedBy const& by);

}  // namespace wardroom::call_blocking
