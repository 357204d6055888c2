/// What a sync needs of a directory: everybody to the end, or nothing; and one person anew.
#pragma once
#include "base/result.hpp"
#include "base/uuid.hpp"
#include "runtime/task.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace wardroom {

enum class AccountType : std::uint8_t { person, bot, app_user, unknown };

/// A person of a listing as it was told. The views live during the call that hands them over.
struct PersonFacts {
  Uuid id{};
  std::string_view api_id{};  ///< as the service writes it: what an add names
  std::string_view name{};
  std::span<std::string_view const> emails{};  ///< as they were written; the first is primary
  /// Empty = none was told. Ids here are decoded: "id_full_admin", a UUID, a number. `location` =
  /// its name.
  std::string_view department{}, title{}, location_id{}, location{};
  std::span<std::string_view const> roles{}, licenses{};
  AccountType type = AccountType::person;
  Uuid org{};                                             ///< nil = not told
  std::optional<bool> login_enabled{}, invite_pending{};  ///< absent = unknown, which is not false
  bool whole = true;  ///< false: it has `errors`, or lacks what decides; then nothing is decided
};

/// What a listing has to tell beside the plain members.
struct ListingWants {
  bool locations = false;  ///< slower: smaller pages
};

class PeopleListing {
 public:
  /// Called on a helper, one page after another in order; an error ends the listing with it.
  using Page = std::function<Result<void>(std::span<PersonFacts const>)>;

  virtual ~PeopleListing() = default;
  /// A value means complete by the rules of reliability.md "Sync": every page 200, whole and JSON,
  /// the chain ended without `next`, `next` stayed on the same origin, path and filters, no cursor
  /// came twice, each item fits the query. Somebody may come twice in it, and everybody does when
  /// it had to begin again with smaller pages. Errors: as of WebexApi; malformed when a rule was
  /// broken.
  virtual Task<Result<void>> everybody(ListingWants wants, Page page) = 0;
  /// One person anew, asked of the service and of no cache; `page` gets just them. False = the
  /// service knows nobody of that id (404).
  virtual Task<Result<bool>> somebody(Uuid id, ListingWants wants, Page page) = 0;
  /// For people: "Webex asks for 12 s of quiet". Empty = nothing holds up.
  virtual std::string waiting_for() const { return {}; }
};

}  // namespace wardroom
