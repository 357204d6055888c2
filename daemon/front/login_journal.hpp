/// Writes logins and logouts into the journal and the audit. People by their number, or by a digest
/// when they have none: names live in an erasable table.
#pragma once
#include "domain/person.hpp"
#include "store/journal.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace wardroom::front {

class Trail;

enum class LoginDoor {
  browser,  ///< went to Webex and came back by itself
  device,   ///< address and code, allowed elsewhere
  pasted,   ///< `wardroomctl auth`
};
std::string_view name(LoginDoor door);

struct LoginEvent {
  bool admin = false;
  bool accepted = false;
  LoginDoor door = LoginDoor::browser;
  std::string identity{};     ///< whose grant it is for; empty for a person's own session
  std::string person_uuid{};  ///< empty when it was refused before that was known
  std::string reason{};       ///< of a refusal
  std::string by{};           ///< who asked at the control socket; empty for browsers
};

struct LogoutEvent {
  std::string identity, person_uuid;
  bool revoked = false;
  std::string by;
};

class LoginJournal {
 public:
  /// 0 = nobody known.
  using FindPerson = std::function<PersonNo(std::string const& uuid)>;
  /// Without a `trail` only the journal hears of them.
  LoginJournal(store::Journal& journal, FindPerson find_person, Trail* trail = nullptr)
      : journal_(journal), find_person_(std::move(find_person)), trail_(trail) {}

  void add(LoginEvent const& event);
  void add(LogoutEvent const& event);

 private:
  void append(std::string kind, std::string const& person_uuid, nlohmann::ordered_json body);
  void audit(bool refused, std::string action, std::string const& identity,
             std::string const& person_uuid, std::string const& by, nlohmann::ordered_json after);

  store::Journal& journal_;
  FindPerson find_person_;
  Trail* trail_;
};

/// 12 hex digits that tell people apart and no more.
std::string person_digest(std::string_view uuid);

}  // namespace wardroom::front
