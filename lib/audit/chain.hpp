/// Writes the chain: a record joins in the very unit of the change it tells of, so that neither is
/// kept without the other and the order of the chain is the order of the commits.
///
/// Where the chain ends stands in the store too (audit_head, signed) and is read inside each unit:
/// a unit that is rolled back, a failed commit and a restart need nothing to be put right.
#pragma once
#include "audit/head.hpp"
#include "audit/record.hpp"
#include "runtime/random.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::audit {

/// Steps 50 to 59 are the audit's.
inline constexpr store::Migration audit_migration{50, "audit chain", R"sql(
CREATE TABLE audit_keys (
  name TEXT PRIMARY KEY, generation BIGINT NOT NULL, sealed BYTEA NOT NULL);
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  happened_ms BIGINT,
  actor_kind TEXT NOT NULL,
  uid BIGINT,
  person_no BIGINT NOT NULL,
  web TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  before_json TEXT,
  after_json TEXT,
  correlation TEXT NOT NULL,
  spool TEXT NOT NULL,
  login_digest BYTEA NOT NULL,
  text_digest BYTEA NOT NULL,
  previous BYTEA NOT NULL,
  hash BYTEA NOT NULL);
CREATE INDEX audit_spool ON audit (spool) WHERE spool <> '';
CREATE TABLE audit_text (
  seq BIGINT NOT NULL,
  field TEXT NOT NULL,
  person_no BIGINT NOT NULL,
  salt BYTEA NOT NULL,
  body TEXT NOT NULL,
  erased BYTEA NOT NULL,
  PRIMARY KEY (seq, field));
CREATE INDEX audit_text_person ON audit_text (person_no) WHERE person_no <> 0;
CREATE TABLE audit_head (
  one INTEGER PRIMARY KEY,
  seq BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  key_id TEXT NOT NULL,
  signature BYTEA NOT NULL)
)sql"};

/// Longest before and after together with the texts; a record beyond it is refused.
inline constexpr std::size_t longest_record = 256 * 1024;

/// Inside any unit. Gives the record's number. Throws StoreError, which takes the unit along:
/// malformed when before or after is no JSON or the record is too long.
/// When the head in the store is not genuine, one number is left out, so that `verify` shows it.
std::int64_t append(store::Sql& sql, AuditKey const& key, Random& random, Instant now,
                    Record const& record);

/// Inside a unit or a read. nullopt: none is there, or it is not genuine.
std::optional<Head> stored_head(store::Sql& sql, AuditKey const& key);

/// Whose texts to erase.
struct Erasure {
  PersonNo person_no = 0;             ///< texts about them; 0 = none
  std::vector<std::string> logins{};  ///< these login names, wherever they stand
};
/// Inside a unit: the texts go, a signed note that they went stays, the chain stays valid. Returns
/// how many. The caller appends a record of its own that says so.
std::size_t erase_texts(store::Sql& sql, AuditKey const& key, Erasure const& erasure);

/// What a record refers to in place of a text, and what stays when the text was erased.
std::string text_digest(AuditKey const& key, std::string_view field, std::string_view salt,
                        PersonNo person_no, std::string_view text);
std::string erased_note(AuditKey const& key, std::int64_t seq, std::string_view field);

}  // namespace wardroom::audit
