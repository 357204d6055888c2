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
    {57, "where location sessions were opened", R"(
      ALTER TABLE location_sessions ADD COLUMN browser TEXT NOT NULL DEFAULT '';
      ALTER TABLE location_sessions ADD COLUMN network TEXT NOT NULL DEFAULT '')"},
};
}  // namespace

std::span<store::Migration const> migrations() { return steps; }

}  // namespace wardroom::people
