/// What the doors need of whoever keeps people: location sessions, from a digest to a person's row.
#pragma once
#include "base/result.hpp"
#include "domain/person.hpp"
#include "front/session_origin.hpp"
#include "runtime/task.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wardroom::front {

struct PersonSession {
  PersonNo person = 0;
  std::string name;  ///< for "logged in as …"
  Instant expires{};
};

/// One of a person's sessions, as they and operators may see it.
struct PersonSessionView {
  std::string digest;
  SessionOrigin origin{};
  Instant opened{}, last_used{}, expires{};  ///< `last_used` to the day
};

/// `digest` = 32 raw bytes, the SHA-256 of the cookie. Used on the loop.
class PersonSessions {
 public:
  virtual ~PersonSessions() = default;
  /// Gives the person a row if they have none, and keeps the session; answers after the commit.
  virtual Task<Result<PersonNo>> open(Person person, std::string digest, Instant expires,
                                      SessionOrigin origin) = 0;
  /// 0 = no such session. At once, from memory: every location post asks. A session past its end is
  /// found at most until the keeper's next sweep.
  virtual PersonNo find(std::string_view digest) = 0;
  /// From the store. Error: not_found, also when the session is past its end.
  virtual Task<Result<PersonSession>> describe(std::string digest) = 0;
  /// Moves the end of a session.
  virtual Task<Result<void>> extend(std::string digest, Instant expires) = 0;
  /// Ends it on the server; a value also when there was none.
  virtual Task<Result<void>> close(std::string digest) = 0;
  /// Newest use first.
  virtual Task<Result<std::vector<PersonSessionView>>> list(PersonNo person) = 0;
  /// Ends all of a person's but that of `keep` (empty = none); answers how many.
  virtual Task<Result<std::size_t>> close_all(PersonNo person, std::string keep) = 0;
  virtual std::size_t count() const = 0;  ///< of everybody
};

}  // namespace wardroom::front
