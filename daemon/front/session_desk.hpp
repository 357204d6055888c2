/// What is known of sessions and done about them, for the page, the API and wardroomctl: lists as
/// JSON, and revocation. A revoked session is dead at once, its streams too.
#pragma once
#include "front/browser_session.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::front {

class SessionDesk {
 public:
  struct Ports {
    BrowserSessions& sessions;
    PersonSessions& people;
    Clock& clock;
    std::function<PersonNo(std::string const& uuid)> find_person{};
    /// What somebody typed: number, address, part of a name. Errors: not_found, conflict.
    std::function<Task<Result<PersonNo>>(std::string)> resolve{};
    std::function<Task<std::string>(PersonNo)> name_of{};
  };
  explicit SessionDesk(Ports ports) : ports_(std::move(ports)) {}

  using Json = nlohmann::ordered_json;

  /// {sessions: [of administrators and guests], location_sessions: how many}; `own` (a digest) is
  /// marked "here".
  Json list(std::string_view own = {});
  /// {person_no, person, sessions: [of both kinds]}. Errors: those of resolve and of the store.
  Task<Result<Json>> of_person(std::string who, std::string own = {});
  /// {sessions}: a person's location sessions, as they may see them.
  Task<Result<Json>> own_of(PersonNo person, std::string own);

  /// What a revocation did.
  struct Revoked {
    PersonNo person = 0;  ///< 0 = not one person's alone
    std::string person_name{};
    std::vector<std::string> ids{};  ///< of administrators and guests
    std::size_t location_sessions = 0;
    std::size_t count() const { return ids.size() + location_sessions; }
  };
  /// One session of an administrator or guest, or a unique beginning of its id of four digits or
  /// more. Errors: not_found, conflict.
  Task<Result<Revoked>> revoke(std::string id);
  /// Of administrators and guests, but that of `keep` (a digest).
  Task<Result<Revoked>> revoke_all(std::string keep = {});
  /// Everything of a person, but that of `keep`.
  Task<Result<Revoked>> revoke_person(std::string who, std::string keep = {});
  /// A person's own: one by its id, or with an empty id all but that of `keep`.
  Task<Result<Revoked>> end_own(PersonNo person, std::string id, std::string keep);

 private:
  Json row_of(std::string const& digest, WebSession const& session, std::string_view own) const;
  Task<Result<Revoked>> end(std::vector<std::string> digests, Revoked out);
  std::vector<std::string> web_of(PersonNo person, std::string_view keep);

  Ports ports_;
};

}  // namespace wardroom::front
