/// Location sessions: a browser's right to post its person's location, for 30 days after its last
/// use. Only digests of the cookies are kept, in the store and in memory.
#pragma once
#include "people/digest_map.hpp"
#include "people/roster.hpp"
#include "store/database.hpp"

#include <string>
#include <vector>

namespace wardroom::people {

/// Where a session was opened, in coarse words: "Firefox on Linux", "IPv4".
struct SessionPlace {
  std::string browser{}, network{};
};

struct SessionInfo {
  std::string digest{};
  SessionPlace place{};
  Instant created{}, last_used{}, expires{};
};

/// On the loop only. 20 bytes a session in memory.
class SessionStore {
 public:
  static constexpr auto lifetime = std::chrono::days(30);
  /// The store hears of a session's use at most this often.
  static constexpr auto renewal = std::chrono::days(1);

  SessionStore(store::Database& database, Clock& clock);

  /// SHA-256 of the cookie's text: what all functions here take.
  static std::string digest(std::string_view cookie);

  Task<Result<void>> load();
  /// Answered after the commit; the session is good from then on.
  Task<Result<void>> add(std::string digest, PersonNo person, SessionPlace place = {});
  /// 0 = no such session, or it has expired. Notes the use; no allocation, made for every post.
  PersonNo use(std::string_view digest);
  /// The same without noting a use.
  PersonNo find(std::string_view digest) const;
  Task<Result<void>> remove(std::string digest);
  /// Ends all sessions of a person but that of `keep`; answers how many.
  Task<Result<std::size_t>> revoke(PersonNo person, std::string keep = {});
  /// Newest use first.
  Task<Result<std::vector<SessionInfo>>> sessions_of(PersonNo person);
  /// Removes what has expired; call it now and then. Answers how many.
  Task<Result<std::size_t>> purge();

  std::size_t size() const { return marks_.size(); }
  std::size_t memory() const { return sizeof *this + marks_.memory(); }

 private:
  struct Mark {
    PersonNo person = 0;
    std::uint32_t used_min = 0;  ///< minutes since 1970 as last told to the store
    bool operator==(Mark const&) const = default;
  };
  struct Use {
    std::string digest;
    Instant at;
  };

  std::uint32_t now_min() const;
  bool expired(Mark mark) const;
  void collect(std::vector<std::pair<store::Unit, store::Committed>>& batch);

  store::Database& database_;
  Clock& clock_;
  DigestMap<Mark> marks_;
  std::vector<Use> uses_;  ///< to be told to the store with the next batch
  std::size_t source_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace wardroom::people
