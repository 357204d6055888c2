#include "features/space_sync/space_sync_store.hpp"

namespace wardroom::space_sync {
namespace {

constexpr store::Migration steps[] = {
    {70, "runs of space syncs", R"(
      CREATE TABLE space_sync_run (
        id BIGINT NOT NULL PRIMARY KEY,
        job TEXT NOT NULL, space TEXT NOT NULL, title TEXT NOT NULL,
        kind TEXT NOT NULL, cause TEXT NOT NULL, state TEXT NOT NULL, asked_by TEXT NOT NULL,
        people BIGINT NOT NULL, members BIGINT NOT NULL,
        to_add BIGINT NOT NULL, to_remove BIGINT NOT NULL,
        added BIGINT NOT NULL, removed BIGINT NOT NULL, already BIGINT NOT NULL,
        spared BIGINT NOT NULL, failed BIGINT NOT NULL, skipped BIGINT NOT NULL,
        calls BIGINT NOT NULL,
        digest TEXT NOT NULL, rules TEXT NOT NULL, hold TEXT NOT NULL, error TEXT NOT NULL,
        approved_removals BIGINT NOT NULL, undoes BIGINT NOT NULL,
        began_ms BIGINT NOT NULL, planned_ms BIGINT, expires_ms BIGINT, ended_ms BIGINT,
        emptied BIGINT NOT NULL DEFAULT 0);
      CREATE INDEX space_sync_run_job ON space_sync_run (job, id);
      CREATE INDEX space_sync_run_state ON space_sync_run (state, id);
      CREATE INDEX space_sync_run_began ON space_sync_run (emptied, began_ms))"},
    {71, "steps of space syncs", R"(
      CREATE TABLE space_sync_step (
        run BIGINT NOT NULL, number BIGINT NOT NULL,
        act TEXT NOT NULL, person TEXT NOT NULL, target TEXT NOT NULL,
        name TEXT NOT NULL, email TEXT NOT NULL, why TEXT NOT NULL,
        state TEXT NOT NULL, outcome TEXT NOT NULL, membership TEXT NOT NULL, at_ms BIGINT,
        PRIMARY KEY (run, number)))"},
    {72, "people whom space syncs spared", R"(
      CREATE TABLE space_sync_spared (
        run BIGINT NOT NULL, number BIGINT NOT NULL,
        person TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL,
        why TEXT NOT NULL, rule TEXT NOT NULL,
        PRIMARY KEY (run, number)))"},
    {73, "what jobs of space syncs remember", R"(
      CREATE TABLE space_sync_job (
        job TEXT NOT NULL PRIMARY KEY,
        last_began_ms BIGINT, people BIGINT, members BIGINT,
        paused BIGINT NOT NULL, paused_by TEXT NOT NULL, pause_reason TEXT NOT NULL,
        paused_at_ms BIGINT,
        generation BIGINT NOT NULL DEFAULT 0))"},
    {74, "members at the end of the last good space sync", R"(
      CREATE TABLE space_sync_members (
        job TEXT NOT NULL, generation BIGINT NOT NULL, piece BIGINT NOT NULL, uuids BLOB NOT NULL,
        PRIMARY KEY (job, generation, piece)))"},
    {75, "who left a synced space by themselves", R"(
      CREATE TABLE space_sync_left (
        job TEXT NOT NULL, person TEXT NOT NULL, at_ms BIGINT NOT NULL,
        PRIMARY KEY (job, person)))"},
};

}  // namespace

std::span<store::Migration const> space_sync_migrations() { return steps; }

}  // namespace wardroom::space_sync
