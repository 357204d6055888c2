/// Which rights a local user has, from the uid and groups at the other end of the control socket.
/// Source: decisions.md "Control socket": root and the daemon's own uid = admin; groups wardroom =
/// read, wardroom-operator = read + act, wardroom-admin = all.
#pragma once
#include "control/verb_table.hpp"
#include "http/server_request.hpp"
#include "runtime/task.hpp"
#include "runtime/wake.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wardroom {

struct LocalRights {
  bool read = false, act = false, admin = false;
  std::string login;  ///< for remedies and logs; "uid 1234" when it has no name
  bool named = true;  ///< `login` is a name
  bool group_exists =
      true;  ///< false: the least group that the caller lacks is not on this machine
};
bool allows(LocalRights const& rights, control::Right needed);
/// The least group that grants it.
std::string_view group_for(control::Right right);

/// What the name service knows of a caller.
struct LocalNames {
  std::string login{};                          ///< empty = this uid has no name
  std::vector<gid_t> groups{};                  ///< of that account, as the group file has them now
  std::optional<gid_t> read{}, act{}, admin{};  ///< our groups; nullopt = not on this machine
};
/// Asks the system; may take as long as its directory server does. Any thread.
LocalNames ask_name_service(uid_t uid);

/// Pure. A group counts when the account is a member now, or when the calling process has it:
/// whoever was just added need not log in again, and services get theirs from the unit.
LocalRights judge_rights(http::PeerCredentials const& peer, LocalNames const& names, uid_t own_uid);

/// Both at once, blocking: for tests and tools.
LocalRights local_rights(http::PeerCredentials const& peer);

/// Remembers for a minute what the name service said, and asks it beside the loop. On the loop.
class RightsBook {
 public:
  using Ask = std::function<LocalNames(uid_t)>;
  static constexpr auto remembered = std::chrono::minutes(1);
  /// Before somebody is refused they are looked up again, but no sooner than this.
  static constexpr auto refusal_remembered = std::chrono::seconds(2);
  static constexpr auto patience = std::chrono::seconds(3);
  /// Root needs no groups, only a name for the audit.
  static constexpr auto patience_for_a_name = std::chrono::milliseconds(500);
  static constexpr std::size_t most_people = 1'000, most_asking = 4;

  /// `threads` = it is asked on threads; false: on the loop, for tests on virtual time.
  RightsBook(Executor loop, Clock& clock, Ask ask = ask_name_service, bool threads = true);
  ~RightsBook();

  /// Error: unavailable when the name service does not answer in time; root and the daemon's own
  /// uid get their rights all the same.
  Task<Result<LocalRights>> of(http::PeerCredentials peer, control::Right needed);

 private:
  struct Known {
    LocalNames names;
    Uptime when{};
  };
  struct Mailbox;
  Task<void> look_up(uid_t uid, Uptime not_before, BootClock::duration patience);
  Known const* known(uid_t uid, Uptime not_before) const;

  Clock& clock_;
  Ask ask_;
  bool threads_;
  std::map<uid_t, Known> known_;
  std::map<uid_t, Uptime> asking_;
  std::shared_ptr<Mailbox> mailbox_;  ///< outlives us in threads that still wait for an answer
};

}  // namespace wardroom
