#include "audit/chain_rows.hpp"

#include <stdexcept>

namespace wardroom::audit {
using store::Row;

RowRead read_record(Row const& row) {
  auto const seq = row.integer(0);  // the primary key: always a number
  try {
    StoredRecord r;
    r.seq = seq;
    r.at_ms = row.integer(1);
    if (!row.is_null(2)) r.happened_ms = row.integer(2);
    r.actor_kind = row.text(3);
    if (!row.is_null(4)) r.uid = row.integer(4);
    r.person_no = row.integer(5);
    r.web = row.text(6);
    r.action = row.text(7);
    r.object = row.text(8);
    if (!row.is_null(9)) r.before = row.text(9);
    if (!row.is_null(10)) r.after = row.text(10);
    r.correlation = row.text(11);
    r.spool = row.text(12);
    r.login_digest = row.blob(13);
    r.text_digest = row.blob(14);
    r.previous = row.blob(15);
    r.hash = row.blob(16);
    return r;
  } catch (std::logic_error const& e) {
    return Unreadable{seq, e.what()};
  }
}

Texts read_texts(store::Sql& sql, std::int64_t after, std::int64_t upto) {
  Texts out;
  sql.query(
      "SELECT seq, field, person_no, salt, body, erased FROM audit_text "
      "WHERE seq > $1 AND seq <= $2",
      {after, upto}, [&](Row const& row) {
        std::int64_t seq = upto;
        std::string field = "?";
        StoredText text;
        try {
          seq = row.integer(0);
          field = row.text(1);
          text.person_no = static_cast<PersonNo>(row.integer(2));
          text.salt = row.blob(3);
          text.body = row.text(4);
          text.erased = row.blob(5);
        } catch (std::logic_error const&) {
          text.readable = false;
        }
        out.insert_or_assign({seq, field}, std::move(text));
      });
  return out;
}

}  // namespace wardroom::audit
