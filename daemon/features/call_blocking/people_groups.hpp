/// The groups that the configuration names: read from the directory now and then, kept in the
/// store, and who is in them at this moment. What cannot be read, or cannot be believed, leaves the
/// membership as it was.
#pragma once
#include "base/result.hpp"
#include "people/group_store.hpp"
#include "people/roster.hpp"
#include "ports/directory.hpp"
#include "runtime/random.hpp"
#include "runtime/wake.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::call_blocking {

/// One group, as far as it is known.
struct NamedGroup {
  std::string wanted;             ///< its name or id, as configured
  std::string id{}, name{};       ///< as last read; empty = never read
  std::optional<Instant> read{};  ///< when it was last read to its end and believed
  /// Who is in it. Changes in place, a few people at a time, each time followed by `Hear::changed`.
  std::shared_ptr<people::DirtySet> members = std::make_shared<people::DirtySet>();
  std::vector<std::string> strangers{};  ///< UUIDs of members who are not known as people yet
  std::size_t others = 0;                ///< members that are no people: groups within it
  std::optional<Error> trouble{};        ///< of the latest try to read it
  std::optional<std::size_t> doubted{};  ///< people in the latest reading, not believed yet
  Uptime due{};                          ///< when it is read next
  int failures = 0;                      ///< in a row

  std::size_t people() const { return members->count() + strangers.size(); }
};

/// Whether a group that had `known` people and came with `seen` is to be read twice before that is
/// believed: more than ten, and less than half of them left. Pure.
bool doubtful(std::size_t known, std::size_t seen);

/// On the loop only; nothing here takes longer than a millisecond at once.
class PeopleGroups {
 public:
  struct Ports {
    Executor loop;
    Random& dice;
    Directory& directory;
    store::Database& database;
    people::Roster const& roster;
    Clock& clock;
  };
  struct Hear {
    /// These came into the group, or went, just now.
    std::function<void(people::DirtySet const& group, std::vector<PersonNo> const&)> changed;
  };
  PeopleGroups(Ports ports, Milliseconds every, Hear hear);

  /// From now on these are followed, first as the store knows them, and read at once; the others
  /// are forgotten. `reading` false: they stay as they are known.
  Task<void> want(std::vector<std::string> names, bool reading = true);
  /// Reads what is due, until cancelled: at first, every `every` with a tenth of jitter, sooner
  /// after failures (1 to 15 min) and when a reading needs a second one (5 min).
  Task<void> run();
  /// All of them once more at once: what was refused may be allowed now.
  void read_soon();
  /// People became known: some members may be among them.
  void people_learned();
  /// The directory of people was read to its end.
  void directory_read();

  std::map<std::string, std::shared_ptr<NamedGroup>> const& groups() const { return groups_; }
  std::shared_ptr<NamedGroup const> find(std::string const& wanted) const;

 private:
  /// Of one reading.
  struct Reading {
    people::DirtySet members;
    std::vector<std::string> strangers;
    people::DigestMap<std::uint32_t> seen;  ///< nobody comes twice in a whole listing
    std::size_t people = 0, others = 0;
  };

  Task<void> read_due();
  Task<void> read(std::shared_ptr<NamedGroup> group);
  void take(Reading& reading, GroupPage const& page) const;
  bool believed(NamedGroup& group, Reading const& reading);
  void failed(NamedGroup& group, Error why);
  Task<void> apply(std::shared_ptr<NamedGroup> group, people::DirtySet next);
  Task<void> find_strangers();
  Task<void> keep(std::shared_ptr<NamedGroup> group);
  Task<void> forget_others();
  Uptime next_due() const;
  Uptime in(Milliseconds wait);

  Ports ports_;
  Milliseconds every_;
  Hear hear_;
  people::GroupStore store_;
  Wake wake_;
  std::vector<std::string> wanted_;
  std::map<std::string, std::shared_ptr<NamedGroup>> groups_;
  bool reading_ = true, directory_read_ = false;
  bool tidy_ = true;               ///< the store holds nothing of other groups
  std::optional<Uptime> look_at_;  ///< when strangers are looked for
};

}  // namespace wardroom::call_blocking
