/// Reads both directories now and then, page by page, and joins them once both were read to their
/// end. What a reading that broke off brought is kept; absence counts only in whole readings.
/// Source: xsi.md 9 (methods C and E).
#pragma once
#include "people/dirty_set.hpp"
#include "people/people_store.hpp"
#include "ports/directory.hpp"
#include "runtime/random.hpp"
#include "runtime/task_group.hpp"
#include "runtime/wake.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace wardroom::call_blocking {

/// How far a reading is, and what the last one brought.
struct DirectoryProgress {
  enum class State : std::uint8_t { idle, people, users, joining };
  State state = State::idle;
  std::size_t pages = 0, people = 0, users = 0;  ///< of the reading under way
  Instant since{};                               ///< when it began
  struct Last {
    Instant at{};
    Milliseconds took{};
    std::size_t pages = 0, people = 0, users = 0, written = 0;
  };
  std::optional<Last> last{};  ///< the last one read to its end
  people::MappingCounts counts{};
  std::string trouble{};  ///< why the latest reading failed; empty = it went well
  std::uint64_t refreshes = 0, failures = 0;
  Uptime next{};  ///< when the next one begins
};
std::string_view name(DirectoryProgress::State state);

class PeopleRefresh {
 public:
  struct Ports {
    Executor loop;
    Random& dice;
    Directory& directory;
    CallingDirectory& calling;
    people::PeopleStore& people;
    Clock& clock;
  };
  struct Hear {
    std::function<void(PersonNo, Person const&)> person;
    std::function<void(PersonNo, CallingUser const&)> user;
    std::function<void(people::Learned const&)> learned;
    /// To the end. `fresh` = calling users who are new or were altered since the last time.
    std::function<void(std::vector<XsiUserId> fresh)> read;
  };
  PeopleRefresh(Ports ports, Milliseconds every, Hear hear)
      : ports_(ports), every_(every), hear_(std::move(hear)), due_(ports.loop) {}

  /// At once, then on schedule with a tenth of jitter; after failures sooner, 1 to 15 min apart.
  /// Readings never overlap.
  Task<void> run();
  /// Once more at once, after the one under way: what was refused may be allowed now.
  void now();
  /// Soon, but not within 10 min of the last beginning.
  void soon();
  /// One reading. Errors: of the directories and the store; what came before is kept.
  Task<Result<void>> read();

  DirectoryProgress const& progress() const { return progress_; }

 private:
  using Page = std::variant<std::vector<Person>, std::vector<CallingUser>>;
  /// Of one reading.
  struct Reading {
    explicit Reading(Executor loop) : arrived(loop) {}
    std::deque<Page> pages;
    Wake arrived;
    bool ended = false;
    std::optional<Error> trouble;
    people::DirtySet people, users;
    bool twice = false;  ///< somebody came twice: the listings moved meanwhile
    std::size_t written = 0;
    std::vector<std::string> callers;  ///< people who have a number or a desk
    std::string anybody;
  };

  Task<Result<void>> read_listings(Reading& reading);
  Task<Result<void>> list_users(Reading& reading);
  Task<void> take_pages(Reading& reading);
  Task<Result<people::Learned>> take(Reading& reading, std::vector<Person> page);
  Task<Result<people::Learned>> take(Reading& reading, std::vector<CallingUser> page);
  void arrived(Reading& reading, Page page);
  Task<Result<void>> join(Reading& reading);
  people::Seen seen_in(Reading const& reading) const;
  void tell_of(people::Settled const& settled) const;
  void plan_next(bool done);
  void ask_at(Uptime when);

  Ports ports_;
  Milliseconds every_;
  Hear hear_;
  Wake due_;
  Uptime began_{};
  bool reading_ = false;
  std::optional<Uptime> asked_;  ///< when the next one is wanted, before its turn
  int failures_in_a_row_ = 0;
  DirectoryProgress progress_;
  std::vector<XsiUserId> fresh_;  ///< kept until a reading comes to its end
  Instant told_at_{};
};

/// `people.directory` of `status`.
nlohmann::ordered_json directory_json(DirectoryProgress const& progress, Clock const& clock);

}  // namespace wardroom::call_blocking
