/// Records for people to read, with the texts that are not erased, found by filter.
#pragma once
#include "audit/chain_rows.hpp"
#include "audit/record.hpp"

#include <string>
#include <vector>

namespace wardroom::audit {

struct Entry {
  std::int64_t seq = 0;
  Instant at{};
  Record record{};  ///< `login` and `text` are empty when erased
  bool login_erased = false, text_erased = false;
};

/// Empty members want all.
struct Filter {
  std::string
      action{};  ///< this one, or all that begin with it and a space: "token" has "token refresh"
  std::string object{};
  std::optional<ActorKind> kind{};
  std::optional<std::uint32_t> uid{};
  std::string login{};     ///< of the actor, unless it was erased
  PersonNo person_no = 0;  ///< as the one who did it
  std::string correlation{};
  std::optional<Instant> since{}, until{};  ///< by `at`; until is not included
  std::int64_t before = 0;                  ///< number below this one, to page on
};

/// Inside a read: newest first. A record somebody made unreadable throws StoreError malformed,
/// which says to verify.
std::vector<Entry> list_entries(store::Sql& sql, Filter const& filter, std::size_t limit);

}  // namespace wardroom::audit
