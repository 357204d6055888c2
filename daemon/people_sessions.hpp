/// Joins the doors to the people store: a person who signs in gets a row and a location session.
#pragma once
#include "front/person_sessions.hpp"
#include "people/people_store.hpp"
#include "people/session_store.hpp"

namespace wardroom {

class PeopleSessions final : public front::PersonSessions {
 public:
  PeopleSessions(people::PeopleStore& people, people::SessionStore& sessions, Clock& clock)
      : people_(people), sessions_(sessions), clock_(clock) {}

  /// Sessions roll by themselves, 30 days after their last use; `expires` is what the cookie says.
  Task<Result<PersonNo>> open(Person person, std::string digest, Instant) override {
    auto numbers = co_await people_.upsert(std::vector<Person>{std::move(person)});
    if (!numbers) co_return std::unexpected(numbers.error());
    if (numbers->empty() || numbers->front() == 0)
      co_return failure(ErrorKind::malformed, "Webex told no usable id of the person who signed in");
    auto const number = numbers->front();
    if (auto added = co_await sessions_.add(std::move(digest), number); !added) co_return std::unexpected(added.error());
    co_return number;
  }
  std::optional<front::PersonSession> find(std::string_view digest) override {
    auto const person = sessions_.use(digest);
    if (person == 0) return std::nullopt;
    return front::PersonSession{person, clock_.now() + people::SessionStore::lifetime};
  }
  void extend(std::string_view digest, Instant) override { sessions_.use(digest); }
  Task<Result<void>> close(std::string digest) override { co_return co_await sessions_.remove(std::move(digest)); }
  Task<Result<std::string>> name_of(PersonNo person) override { co_return co_await people_.display_name(person); }

 private:
  people::PeopleStore& people_;
  people::SessionStore& sessions_;
  Clock& clock_;
};

}  // namespace wardroom
