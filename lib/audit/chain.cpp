#include "audit/chain.hpp"

#include "base/planted.hpp"

#include <fmt/format.h>

namespace wardroom::audit {
namespace {
using store::Blob;
using store::Row;
using store::Sql;
using store::StoreError;
using store::Value;

[[noreturn]] void refuse(std::string what) {
  throw StoreError(Error{ErrorKind::malformed, std::move(what)});
}

std::optional<std::string> canonical(std::optional<std::string> const& json) {
  if (!json) return std::nullopt;
  auto out = canonical_json(*json);
  if (!out) throw StoreError(std::move(out.error()));
  return std::move(*out);
}

Value or_null(std::optional<std::string> const& text) {
  return text ? Value(*text) : Value(std::monostate{});
}
Value or_null(std::optional<std::int64_t> const& number) {
  return number ? Value(*number) : Value(std::monostate{});
}

/// The end to go on from.
struct End {
  std::int64_t seq = 0;
  std::string hash = std::string(32, '\0');
};

/// Somebody changed the head, took it away or wrote behind it: goes on behind what is there, one
/// number further. Numbers near the end of the range are forged and not followed.
End end_with_a_gap(Sql& sql) {
  auto const row =
      sql.one("SELECT COALESCE(MAX(seq), 0) FROM audit WHERE seq < $1", {std::int64_t{1} << 60});
  return {.seq = std::max<std::int64_t>(row->integer(0), 0) + 1};
}

End end_of(Sql& sql, AuditKey const& key) {
  if (auto const head = stored_head(sql, key)) {
    bool const written_behind =
        sql.one("SELECT 1 FROM audit WHERE seq = $1", {head->seq + 1}).has_value();
    return written_behind ? end_with_a_gap(sql) : End{head->seq, head->hash};
  }
  bool const fresh =
      !sql.one("SELECT 1 FROM audit LIMIT 1") && !sql.one("SELECT 1 FROM audit_head");
  return fresh ? End{} : end_with_a_gap(sql);
}

void keep_head(Sql& sql, Head const& head) {
  sql.run(
      "INSERT INTO audit_head (one, seq, at_ms, hash, key_id, signature) "
      "VALUES (1, $1, $2, $3, $4, $5) ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, "
      "at_ms = excluded.at_ms, hash = excluded.hash, key_id = excluded.key_id, "
      "signature = excluded.signature",
      {head.seq, unix_ms(head.at), Blob{head.hash}, head.key_id, Blob{head.signature}});
}

/// Stores a text and gives its digest; an empty one is none.
std::string keep_text(Sql& sql, AuditKey const& key, Random& random, std::int64_t seq,
                      std::string_view field, PersonNo about, std::string const& text) {
  if (text.empty()) return {};
  auto const salt = random.bytes(16);
  sql.run(
      "INSERT INTO audit_text (seq, field, person_no, salt, body, erased) "
      "VALUES ($1, $2, $3, $4, $5, $6)",
      {seq, std::string(field), std::int64_t{about}, Blob{salt}, text, Blob{}});
  return text_digest(key, field, salt, about, text);
}

void insert(Sql& sql, StoredRecord const& r) {
  sql.run(
      "INSERT INTO audit (seq, at_ms, happened_ms, actor_kind, uid, person_no, web, action, "
      "object, before_json, after_json, correlation, spool, login_digest, text_digest, previous, "
      "hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
      {r.seq, r.at_ms, or_null(r.happened_ms), r.actor_kind, or_null(r.uid), r.person_no, r.web,
       r.action, r.object, or_null(r.before), or_null(r.after), r.correlation, r.spool,
       Blob{r.login_digest}, Blob{r.text_digest}, Blob{r.previous}, Blob{r.hash}});
}

void check_length(Record const& r) {
  auto const size = r.action.size() + r.object.size() + r.correlation.size() + r.text.size() +
                    r.actor.login.size() + r.actor.web.size() + (r.before ? r.before->size() : 0) +
                    (r.after ? r.after->size() : 0);
  if (size > longest_record)
    refuse(
        fmt::format("an audit record of \"{}\" has {} bytes, more than {}: name what changed, "
                    "not everything",
                    r.action.substr(0, 64), size, longest_record));
  if (r.action.empty()) refuse("an audit record needs an action");
}

}  // namespace

std::string text_digest(AuditKey const& key, std::string_view field, std::string_view salt,
                        PersonNo person_no, std::string_view text) {
  return key.mac(Canonical("wardroom audit text 1")
                     .add(field)
                     .add(salt)
                     .add(std::int64_t{person_no})
                     .add(text)
                     .bytes());
}

std::string erased_note(AuditKey const& key, std::int64_t seq, std::string_view field) {
  return key.mac(Canonical("wardroom audit erased 1").add(seq).add(field).bytes());
}

std::int64_t append(Sql& sql, AuditKey const& key, Random& random, Instant now,
                    Record const& record) {
  check_length(record);
  auto end = end_of(sql, key);
  StoredRecord out;
  out.seq = end.seq + 1;
  out.at_ms = unix_ms(now);
  if (record.happened) out.happened_ms = unix_ms(*record.happened);
  auto const& actor = record.actor;
  out.actor_kind = name(actor.kind);
  if (actor.uid) out.uid = *actor.uid;
  out.person_no = actor.person_no;
  out.web = actor.web;
  out.action = record.action;
  out.object = record.object;
  out.before = canonical(record.before);
  out.after = canonical(record.after);
  out.correlation = record.correlation;
  out.spool = record.spool;
  auto const about = record.text_about != 0 ? record.text_about : actor.person_no;
  out.login_digest = keep_text(sql, key, random, out.seq, "login", actor.person_no, actor.login);
  out.text_digest = keep_text(sql, key, random, out.seq, "text", about, record.text);
  out.previous = std::move(end.hash);
  out.hash = key.mac(canonical_bytes(out));
  insert(sql, out);
  if (!WARDROOM_PLANTED("audit-head-not-kept"))
    keep_head(sql, sign_head(key, out.seq, out.hash, now));
  return out.seq;
}

std::optional<Head> stored_head(Sql& sql, AuditKey const& key) {
  std::optional<Head> head;
  sql.query("SELECT seq, at_ms, hash, key_id, signature FROM audit_head WHERE one = 1", {},
            [&](Row const& row) {
              try {
                head = Head{row.integer(0), from_unix_ms(row.integer(1)), row.blob(2), row.text(3),
                            row.blob(4)};
              } catch (std::logic_error const&) {
                head.reset();  // a value of another type: as little genuine as a wrong one
              }
            });
  if (head && !is_genuine(key, *head)) return std::nullopt;
  return head;
}

std::size_t erase_texts(Sql& sql, AuditKey const& key, Erasure const& erasure) {
  std::vector<std::pair<std::int64_t, std::string>> found;
  auto const collect = [&](Row const& row) { found.emplace_back(row.integer(0), row.text(1)); };
  if (erasure.person_no != 0)
    sql.query(
        "SELECT seq, field FROM audit_text WHERE person_no <> 0 AND person_no = $1 AND body <> ''",
        {std::int64_t{erasure.person_no}}, collect);
  for (auto const& login : erasure.logins)
    sql.query("SELECT seq, field FROM audit_text WHERE field = 'login' AND body = $1", {login},
              collect);
  std::size_t gone = 0;
  for (auto const& [seq, field] : found)
    gone += static_cast<std::size_t>(
        sql.run("UPDATE audit_text SET person_no = 0, salt = $1, body = '', erased = $2 "
                "WHERE seq = $3 AND field = $4 AND body <> ''",
                {Blob{}, Blob{erased_note(key, seq, field)}, seq, field}));
  return gone;
}

}  // namespace wardroom::audit
