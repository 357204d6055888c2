/// Who is whom, with everybody in view: joins calling users to people by mail address. Pure.
///
/// The safe side is no join: an unjoined user is judged as somebody without a position, while a
/// wrong one would let the position of one person vouch for the calls of another. Display names
/// never count; number and extension only choose among those who share an address.
///
///   external id names a person              that person
///   one person has the user's address       that person
///   several have it                         the one whose number confirms it; else nobody:
///   conflict nobody has it (any more)                whoever the user was taken for before several
///   users come to one person        the one whose external id or number says so, else the
///                                           one who was there; the others: conflict
///   absent from 2 complete listings         person or user is gone, and the join with them
///
/// Source: xsi.md 9.
#pragma once
#include "domain/person.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::people {

struct DeskNumber {
  std::string_view phone, extension;  ///< as Webex tells them
};
struct CallingNumber {
  std::string_view country_code, number, extension;
};
/// Whether both tell the same number, or the same extension while one of them has no number.
bool confirms(DeskNumber const& desk, CallingNumber const& calling);

/// One row of the people table: a person, a calling user, or both.
struct JoinRow {
  PersonNo no = 0;
  std::string uuid, xsi;            ///< empty = that half is missing
  std::vector<std::string> emails;  ///< of the person
  std::string calling_email, external_id;
  std::string phone, work_extension, number, extension, country_code;
  std::string conflict;
  std::int64_t missed_person = 0, missed_user = 0;
};

/// Who was in the listings just read.
struct Seen {
  std::function<bool(PersonNo)> person, user;  ///< by row
  /// False when the listings moved while they were read: then absence says nothing.
  bool absence_counts = true;
};

struct JoinPlan {
  /// A user goes from a row to another one, or to one of its own (`to` 0).
  struct Move {
    PersonNo from = 0;
    std::string user;
    PersonNo to = 0;
    std::string conflict;  ///< of the user's own row
    std::int64_t missed = 0;
    bool operator==(Move const&) const = default;
  };
  /// What a row says of itself from now on, where that differs.
  struct Mark {
    PersonNo no = 0;
    std::string conflict;
    std::int64_t missed_person = 0;
    std::optional<std::int64_t> missed_user{};  ///< of a user that stays in this row
    bool operator==(Mark const&) const = default;
  };
  std::vector<Move> moves;
  std::vector<PersonNo> gone_users;  ///< rows whose calling half goes
  std::vector<Mark> marks;
  std::size_t mapped = 0, conflicts = 0, gone_people = 0;
  bool empty() const { return moves.empty() && gone_users.empty() && marks.empty(); }
};

JoinPlan plan_join(std::vector<JoinRow> const& rows, Seen const& seen);

}  // namespace wardroom::people
