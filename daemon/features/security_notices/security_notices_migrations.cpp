#include "features/security_notices/security_notices_store.hpp"

namespace wardroom::security_notices {
namespace {

constexpr store::Migration steps[] = {
    {80, "conferences whose security level was watched", R"(
      CREATE TABLE security_conference (
        id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL, space TEXT NOT NULL,
        began_ms BIGINT NOT NULL, ended_ms BIGINT, highest BIGINT NOT NULL);
      CREATE INDEX security_conference_began ON security_conference (began_ms, id);
      CREATE INDEX security_conference_ended ON security_conference (ended_ms))"},
    {81, "who was in which conference", R"(
      CREATE TABLE security_stay (
        bridge TEXT NOT NULL, leg TEXT NOT NULL, began_ms BIGINT NOT NULL,
        conference TEXT NOT NULL, call TEXT NOT NULL,
        name TEXT NOT NULL, address TEXT NOT NULL, domain TEXT NOT NULL,
        level BIGINT NOT NULL, why TEXT NOT NULL, machine TEXT NOT NULL,
        ended_ms BIGINT, end_reason TEXT NOT NULL,
        PRIMARY KEY (bridge, leg, began_ms));
      CREATE INDEX security_stay_conference ON security_stay (conference, began_ms);
      CREATE INDEX security_stay_ended ON security_stay (ended_ms))"},
    {82, "what conferences wanted to show, and did", R"(
      CREATE TABLE security_level (
        seq BIGINT NOT NULL PRIMARY KEY,
        conference TEXT NOT NULL, at_ms BIGINT NOT NULL, level BIGINT NOT NULL,
        cause TEXT NOT NULL, shown_ms BIGINT, trouble TEXT NOT NULL);
      CREATE INDEX security_level_conference ON security_level (conference, seq);
      CREATE INDEX security_level_at ON security_level (at_ms))"},
    {83, "how far each meeting server was heard", R"(
      CREATE TABLE security_mark (
        bridge TEXT NOT NULL PRIMARY KEY,
        session TEXT NOT NULL, highest BIGINT NOT NULL, missing TEXT NOT NULL))"},
    {84, "sessions of meeting servers that are over", R"(
      ALTER TABLE security_mark ADD COLUMN over_sessions TEXT NOT NULL DEFAULT '[]';
      ALTER TABLE security_mark ADD COLUMN since_ms BIGINT)"},
};

}  // namespace

std::span<store::Migration const> security_notices_migrations() { return steps; }

}  // namespace wardroom::security_notices
