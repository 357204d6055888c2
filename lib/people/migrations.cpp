#include "people/migrations.hpp"

namespace wardroom::people {

namespace {
constexpr store::Migration steps[] = {
    {10, "people", R"(
      CREATE TABLE people (
        person_no INTEGER PRIMARY KEY,
        webex_id TEXT NOT NULL DEFAULT '',
        uuid TEXT UNIQUE,
        xsi_id TEXT UNIQUE,
        display_name TEXT NOT NULL DEFAULT '',
        email TEXT NOT NULL DEFAULT '',
        emails_json TEXT NOT NULL DEFAULT '[]',
        location_country TEXT NOT NULL DEFAULT '',
        department TEXT NOT NULL DEFAULT '',
        number TEXT NOT NULL DEFAULT '',
        extension TEXT NOT NULL DEFAULT '',
        country_code TEXT NOT NULL DEFAULT '',
        active INTEGER NOT NULL DEFAULT 1,
        updated_ms INTEGER NOT NULL);
      CREATE INDEX people_number ON people (number) WHERE number <> '';
      CREATE TABLE person_email (email TEXT PRIMARY KEY, person_no INTEGER NOT NULL);
      CREATE INDEX person_email_person ON person_email (person_no))"},
    {11, "location sessions", R"(
      CREATE TABLE location_sessions (
        digest BLOB PRIMARY KEY,
        person_no INTEGER NOT NULL,
        created_ms INTEGER NOT NULL,
        last_used_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL);
      CREATE INDEX location_sessions_person ON location_sessions (person_no))"},
    {12, "fixes", R"(
      CREATE TABLE boots (boot_no INTEGER PRIMARY KEY, boot_id TEXT NOT NULL UNIQUE);
      CREATE TABLE fix_batch (seq INTEGER PRIMARY KEY, blob BLOB NOT NULL);
      CREATE TABLE last_fix (
        person_no INTEGER PRIMARY KEY,
        latitude_e7 INTEGER NOT NULL,
        longitude_e7 INTEGER NOT NULL,
        accuracy_dm INTEGER NOT NULL,
        boot_no INTEGER NOT NULL,
        boot_ms INTEGER NOT NULL,
        wall_ms INTEGER NOT NULL))"},
    {33, "who is who", R"(
      ALTER TABLE people ADD COLUMN calling_email TEXT NOT NULL DEFAULT '';
      ALTER TABLE people ADD COLUMN external_id TEXT NOT NULL DEFAULT '';
      ALTER TABLE people ADD COLUMN phone TEXT NOT NULL DEFAULT '';
      ALTER TABLE people ADD COLUMN work_extension TEXT NOT NULL DEFAULT '';
      ALTER TABLE people ADD COLUMN location TEXT NOT NULL DEFAULT '';
      ALTER TABLE people ADD COLUMN conflict TEXT NOT NULL DEFAULT '';
      ALTER TABLE people ADD COLUMN missed_person INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE people ADD COLUMN missed_user INTEGER NOT NULL DEFAULT 0)"},
    {34, "an address may be claimed by several", R"(
      CREATE TABLE claimed_email (
        email TEXT NOT NULL, person_no INTEGER NOT NULL, PRIMARY KEY (email, person_no));
      INSERT INTO claimed_email SELECT email, person_no FROM person_email;
      DROP TABLE person_email;
      ALTER TABLE claimed_email RENAME TO person_email;
      CREATE INDEX person_email_person ON person_email (person_no))"},
    {35, "groups", R"(
      CREATE TABLE people_group (
        group_no INTEGER PRIMARY KEY,
        wanted TEXT NOT NULL UNIQUE,
        group_id TEXT NOT NULL DEFAULT '',
        name TEXT NOT NULL DEFAULT '',
        read_ms INTEGER NOT NULL DEFAULT 0,
        others INTEGER NOT NULL DEFAULT 0);
      CREATE TABLE group_member (
        group_no INTEGER NOT NULL, person_no INTEGER NOT NULL, PRIMARY KEY (group_no, person_no));
      CREATE TABLE group_stranger (
        group_no INTEGER NOT NULL, uuid TEXT NOT NULL, PRIMARY KEY (group_no, uuid)))"},
    {57, "where location sessions were opened", R"(
      ALTER TABLE location_sessions ADD COLUMN browser TEXT NOT NULL DEFAULT '';
      ALTER TABLE location_sessions ADD COLUMN network TEXT NOT NULL DEFAULT '')"},
    {58, "fixes of the last hours, for replays", R"(
      CREATE TABLE fix_history (
        seq INTEGER PRIMARY KEY,
        from_ms INTEGER NOT NULL,
        to_ms INTEGER NOT NULL,
        fixes INTEGER NOT NULL,
        blob BLOB NOT NULL);
      CREATE INDEX fix_history_to ON fix_history (to_ms))"},
    {59, "starts of the daemon, for replays", R"(
      CREATE TABLE fix_history_start (at_ms INTEGER PRIMARY KEY))"},
};
}  // namespace

std::span<store::Migration const> migrations() { return steps; }

}  // namespace wardroom::people
