/// Reads what a plan is made of: who may act, groups, everybody, the members. Each doubt is an
/// error: then nobody is added or removed.
#pragma once
#include "features/space_sync/run_world.hpp"

namespace wardroom::space_sync {

struct Reading {
  Uuid self{}, org{};
  Space space;
  std::shared_ptr<Selection const> selection;
  std::shared_ptr<DirectorySnapshot const> people;  ///< none for an undo or what is resumed
  std::shared_ptr<MemberSnapshot const> members;
};

/// Whether we may change the space at all. Errors: unauthorized ("log in first"), denied, those of
/// the service.
Task<Result<Reading>> read_access(RunWorld& world, ActiveRunPtr run);
/// The rules with their lists as they are now, and the groups that they name.
Task<Result<void>> read_selection(RunWorld& world, ActiveRunPtr run, Reading& reading);
Task<Result<void>> read_people(RunWorld& world, ActiveRunPtr run, Reading& reading);
/// Refuses a list without ourselves.
Task<Result<void>> read_members(RunWorld& world, ActiveRunPtr run, Reading& reading);

/// The rules of a job with their lists read anew, compiled, on a helper.
Task<Result<std::shared_ptr<Selection>>> selection_of(RunWorld& world, JobSettings job);
/// Gives a selection the groups that its rules name; an error names the group.
Task<Result<std::size_t>> give_groups(RunWorld& world, std::shared_ptr<Selection> selection);

}  // namespace wardroom::space_sync
