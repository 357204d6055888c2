/// Joins the doors to the people store: a person who signs in gets a row and a location session.
#pragma once
#include "front/person_sessions.hpp"
#include "people/people_store.hpp"
#include "people/session_store.hpp"

#include <functional>

namespace wardroom {

class PeopleSessions final : public front::PersonSessions {
 public:
  /// Hears of each login with the person's addresses, so that fences by address know them at once.
  using OnLogin = std::function<void(PersonNo, std::vector<std::string> const& emails)>;
  PeopleSessions(people::PeopleStore& people, people::SessionStore& sessions, Clock& clock,
                 OnLogin on_login)
      : people_(people), sessions_(sessions), clock_(clock), on_login_(std::move(on_login)) {}

  /// Sessions roll by themselves, 30 days after their last use.
  Task<Result<PersonNo>> open(Person person, std::string digest, Instant,
                              front::SessionOrigin origin) override {
    auto const emails = person.emails;
    auto numbers = co_await people_.upsert(std::vector<Person>{std::move(person)});
    if (!numbers) co_return std::unexpected(numbers.error());
    if (numbers->empty() || numbers->front() == 0)
      co_return failure(ErrorKind::malformed,
                        "Webex told no usable id of the person who signed in");
    auto const number = numbers->front();
    if (auto added = co_await sessions_.add(std::move(digest), number,
                                            {std::move(origin.browser), std::move(origin.network)});
        !added)
      co_return std::unexpected(added.error());
    on_login_(number, emails);
    co_return number;
  }
  PersonNo find(std::string_view digest) override { return sessions_.use(digest); }
  Task<Result<front::PersonSession>> describe(std::string digest) override {
    auto const person = sessions_.find(digest);
    if (person == 0) co_return failure(ErrorKind::not_found, "there is no such location session");
    auto name = co_await people_.display_name(person);
    co_return front::PersonSession{person, std::move(name),
                                   clock_.now() + people::SessionStore::lifetime};
  }
  Task<Result<void>> extend(std::string digest, Instant) override {
    if (sessions_.use(digest) == 0)
      co_return failure(ErrorKind::not_found, "there is no such location session");
    co_return Result<void>{};
  }
  Task<Result<void>> close(std::string digest) override {
    co_return co_await sessions_.remove(std::move(digest));
  }
  Task<Result<std::vector<front::PersonSessionView>>> list(PersonNo person) override {
    auto found = co_await sessions_.sessions_of(person);
    if (!found) co_return std::unexpected(std::move(found.error()));
    std::vector<front::PersonSessionView> out;
    for (auto& one : *found)
      out.push_back({std::move(one.digest),
                     {std::move(one.place.browser), std::move(one.place.network)},
                     one.created,
                     one.last_used,
                     one.expires});
    co_return out;
  }
  Task<Result<std::size_t>> close_all(PersonNo person, std::string keep) override {
    co_return co_await sessions_.revoke(person, std::move(keep));
  }
  std::size_t count() const override { return sessions_.size(); }

 private:
  people::PeopleStore& people_;
  people::SessionStore& sessions_;
  Clock& clock_;
  OnLogin on_login_;
};

}  // namespace wardroom
