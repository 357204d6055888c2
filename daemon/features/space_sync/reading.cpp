#include "features/space_sync/reading.hpp"

#include "features/space_sync/access.hpp"
#include "features/space_sync/space_sync_verbs.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace wardroom::space_sync {
namespace {
using namespace boost::asio::experimental::awaitable_operators;

std::string log_in(ActiveRunPtr const& run) {
  return "log in first: " + login_command(run->identity);
}

Error from_service(ActiveRunPtr const& run, Error error) {
  if (error.kind == ErrorKind::unauthorized && !error.what.starts_with("log in first"))
    error.what = fmt::format("{} ({})", log_in(run), error.what);
  return error;
}

/// Ours: of our own membership, else what the daemon knows.
Result<Uuid> own_org(RunWorld const& world, Membership const& own) {
  if (world.ports.org)
    if (auto const known = Uuid::parse(world.ports.org())) return *known;
  if (!own.org.is_nil()) return own.org;
  return failure(ErrorKind::malformed,
                 "the service does not say of which organisation the account is that space_sync is "
                 "logged in with: who is of another one cannot be told, so nothing is done");
}

/// Takes the pages of a listing into a snapshot, on helpers, and tells the run how many came.
template <class Snapshot, class Facts>
auto taker(Executor loop, ActiveRunPtr run, std::shared_ptr<Snapshot> snapshot) {
  return [loop, run, snapshot](std::span<Facts const> page) -> Result<void> {
    auto taken = snapshot->take(page);
    boost::asio::post(loop, [run, count = page.size()] {
      ++run->run.counts.calls;
      run->move_on(count);
    });
    return taken;
  };
}

}  // namespace

Task<Result<Reading>> read_access(RunWorld& world, ActiveRunPtr run) {
  run->enter(Stage::checking);
  if (world.ports.logged_in && !world.ports.logged_in())
    co_return failure(ErrorKind::unauthorized, log_in(run));
  Reading out;
  auto const self = co_await world.ports.spaces.self();
  ++run->run.counts.calls;
  if (!self) co_return std::unexpected(from_service(run, self.error()));
  out.self = *self;
  auto [space, own] = co_await (world.ports.spaces.space(run->run.space) &&
                                world.ports.spaces.member(run->run.space, *self));
  run->run.counts.calls += 2;
  if (!space) co_return std::unexpected(from_service(run, space.error()));
  if (!own) co_return std::unexpected(from_service(run, own.error()));
  out.space = std::move(*space);
  run->run.title = out.space.title;
  if (auto may = may_act(out.space, *own); !may) co_return std::unexpected(may.error());
  auto const org = own_org(world, **own);
  if (!org) co_return std::unexpected(org.error());
  out.org = *org;
  co_return out;
}

Task<Result<std::shared_ptr<Selection>>> selection_of(RunWorld& world, JobSettings job) {
  using Compiled = Result<std::shared_ptr<Selection>>;
  co_return co_await world.ports.helpers.run([job = std::move(job)]() -> Compiled {
    auto lists = reread_lists(job);
    if (!lists) return std::unexpected(lists.error());
    return std::make_shared<Selection>(std::move(*lists));
  });
}

Task<Result<std::size_t>> give_groups(RunWorld& world, std::shared_ptr<Selection> selection) {
  std::size_t pages = 0;
  for (auto const& wanted : selection->groups()) {
    auto members = std::make_shared<Selection::Group>();
    auto broken = std::make_shared<bool>(false);
    auto const group =
        co_await world.ports.directory.group(wanted, [members, broken, &pages](GroupPage page) {
          ++pages;
          for (auto const& person : page.people) {
            auto const id = Uuid::parse(person);
            if (!id) *broken = true;
            if (id) members->insert(*id);
          }
        });
    if (!group) {
      auto error = group.error();
      error.what = fmt::format("the group \"{}\" could not be read: {}", wanted, error.what);
      co_return std::unexpected(std::move(error));
    }
    if (*broken)
      co_return failure(ErrorKind::malformed,
                        fmt::format("the group \"{}\" has a member without a readable id", wanted));
    selection->give_group(wanted, members);
  }
  co_return pages;
}

Task<Result<void>> read_selection(RunWorld& world, ActiveRunPtr run, Reading& reading) {
  auto selection = co_await selection_of(world, run->job);
  if (!selection) co_return std::unexpected(selection.error());
  auto const pages = co_await give_groups(world, *selection);
  if (!pages) co_return std::unexpected(from_service(run, pages.error()));
  run->run.counts.calls += std::int64_t(*pages);
  run->run.rules = (*selection)->digest();
  reading.selection = std::move(*selection);
  co_return Result<void>{};
}

Task<Result<void>> read_people(RunWorld& world, ActiveRunPtr run, Reading& reading) {
  run->enter(Stage::reading_people,
             std::size_t(std::max<std::int64_t>(0, run->memory->people.value_or(0))));
  auto snapshot = std::make_shared<DirectorySnapshot>(reading.selection);
  auto const read = co_await world.ports.listing.everybody(
      {.locations = reading.selection->wants_locations()},
      taker<DirectorySnapshot, PersonFacts>(world.ports.loop, run, snapshot));
  if (!read) co_return std::unexpected(from_service(run, read.error()));
  co_await world.ports.helpers.run([snapshot] {
    snapshot->finish();
    return true;
  });
  run->run.counts.people = std::int64_t(snapshot->people().size());
  reading.people = std::move(snapshot);
  co_return Result<void>{};
}

Task<Result<void>> read_members(RunWorld& world, ActiveRunPtr run, Reading& reading) {
  run->enter(Stage::reading_members,
             std::size_t(std::max<std::int64_t>(0, run->memory->members.value_or(0))));
  struct Kept {  // a helper may be at a page when the run is given up
    std::shared_ptr<DirectorySnapshot const> people;
    MemberSnapshot members;
  };
  auto const kept =
      std::make_shared<Kept>(Kept{reading.people, MemberSnapshot(reading.people.get())});
  std::shared_ptr<MemberSnapshot> snapshot(kept, &kept->members);
  auto const read = co_await world.ports.spaces.members(
      run->run.space, taker<MemberSnapshot, MemberFacts>(world.ports.loop, run, snapshot));
  if (!read) co_return std::unexpected(from_service(run, read.error()));
  co_await world.ports.helpers.run([snapshot] {
    snapshot->finish();
    return true;
  });
  if (auto whole = is_whole_list(reading.space, *snapshot, reading.self); !whole)
    co_return std::unexpected(whole.error());
  // Of a run that goes on, what it began with: its steps are counted on top of that.
  if (run->run.state != RunState::applying)
    run->run.counts.members = std::int64_t(snapshot->members().size());
  reading.members = std::move(snapshot);
  co_return Result<void>{};
}

}  // namespace wardroom::space_sync
