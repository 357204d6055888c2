#include "audit/verifier.hpp"

#include "audit/chain.hpp"
#include "base/secret.hpp"
#include "base/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace wardroom::audit {
namespace {
using store::Row;
using store::Sql;

constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
constexpr auto highest = std::numeric_limits<std::int64_t>::max();
/// How far around its place a record's true number is looked for.
constexpr std::int64_t search = 100'000;

std::string numbers(std::int64_t first, std::int64_t last) {
  return first == last ? fmt::format("record {} is", first)
                       : fmt::format("records {} to {} are", first, last);
}

}  // namespace

std::string_view name(Fault fault) {
  switch (fault) {
    case Fault::altered:
      return "altered";
    case Fault::missing:
      return "missing";
    case Fault::inserted:
      return "inserted";
    case Fault::reordered:
      return "reordered";
    case Fault::truncated:
      return "truncated";
    case Fault::replaced:
      return "replaced";
    case Fault::head_altered:
      break;
  }
  return "head_altered";
}

std::string Verification::sentence() const {
  auto const looked =
      fmt::format("{} records were looked at ({} texts, {} erased)", records, texts, erased);
  if (first)
    return fmt::format("the audit is not as it was written; the first bad record is {}: {}; {}",
                       first->seq, first->what, looked);
  return fmt::format("the audit is whole from record {} to {}; {}; {} signed heads agree", from,
                     last, looked, heads);
}

Verifier::Verifier(AuditKey const& key, std::vector<Head> heads, std::int64_t from)
    : key_(key),
      agreed_(std::max<std::int64_t>(from, 1) - 1),
      after_(agreed_),
      expected_(agreed_ + 1) {
  out_.from = expected_;
  out_.last = agreed_;
  for (auto& head : heads) {
    if (!is_genuine(key, head))
      ++out_.foreign_heads;
    else if (head.seq >= expected_)
      heads_.push_back(std::move(head));
  }
  std::ranges::sort(heads_, {}, &Head::seq);
}

void Verifier::begin(Sql& sql) {
  begun_ = true;
  if (expected_ == 1) {
    after_ = lowest;  // a number below 1 is not ours, and is found
    return;
  }
  sql.query(fmt::format("SELECT {} FROM audit WHERE seq = $1", record_columns), {agreed_},
            [&](Row const& row) {
              auto const read = read_record(row);
              if (auto const* record = std::get_if<StoredRecord>(&read)) previous_ = record->hash;
            });
}

bool Verifier::step(Sql& sql) {
  if (!begun_) begin(sql);
  std::vector<RowRead> rows;
  sql.query(fmt::format("SELECT {} FROM audit WHERE seq > $1 ORDER BY seq LIMIT {}", record_columns,
                        slice),
            {after_}, [&](Row const& row) { rows.push_back(read_record(row)); });
  bool const end = static_cast<std::int64_t>(rows.size()) < slice;
  auto const seq_of = [](RowRead const& r) {
    return std::visit([](auto const& value) { return value.seq; }, r);
  };
  auto const upto = end ? highest : seq_of(rows.back());
  auto texts = read_texts(sql, after_, upto);
  for (auto const& row : rows) look_at(sql, row, texts);
  for (auto const& [where, text] : texts)
    note({Fault::inserted, where.first,
          fmt::format("a text ({}) that no record refers to was added", where.second)});
  if (!rows.empty()) after_ = seq_of(rows.back());
  if (genuine_ == 0 && out_.records > 0) refuse_foreign_key(sql);
  if (end) finish(sql);
  return end;
}

void Verifier::look_at(Sql& sql, RowRead const& row, Texts& texts) {
  ++out_.records;
  if (auto const* broken = std::get_if<Unreadable>(&row)) {
    ++out_.bad;
    for (auto const* field : {"login", "text"}) texts.erase({broken->seq, field});
    if (broken->seq > expected_)
      note({Fault::missing, expected_, numbers(expected_, broken->seq - 1) + " missing"});
    note({Fault::altered, broken->seq, "record was altered: " + broken->why});
    previous_.clear();
    out_.last = broken->seq;
    expected_ = std::max(expected_, broken->seq) + 1;
    return;
  }
  auto const& record = std::get<StoredRecord>(row);
  bool const genuine = same_bytes(key_.mac(canonical_bytes(record)), record.hash);
  genuine_ += genuine ? 1 : 0;
  bool const linked = record.seq == expected_ && record.previous == previous_;
  if (!genuine || !linked) {
    ++out_.bad;
    auto const named = std::min(expected_, record.seq);
    if (is_first(named)) note(explain(sql, record, genuine));
  }
  previous_ = record.hash;
  out_.last = std::max(out_.last, record.seq);
  expected_ = record.seq < highest ? record.seq + 1 : record.seq;
  look_at_texts(record, texts);
  compare_heads(record.seq, record.hash);
}

Finding Verifier::explain(Sql& sql, StoredRecord const& record, bool genuine) {
  auto const seq = record.seq;
  if (seq < expected_)
    return {Fault::inserted, seq, fmt::format("record {} was never written by Wardroom", seq)};
  if (seq > expected_) return {Fault::missing, expected_, numbers(expected_, seq - 1) + " missing"};
  if (genuine)
    return {Fault::replaced, seq,
            fmt::format("record {} was written behind another record {} than the one that stands "
                        "there now",
                        seq, seq - 1)};
  if (auto const number = true_number(sql, record))
    return {Fault::reordered, seq,
            fmt::format("in the place of record {} stands record {}", seq, *number)};
  if (auto const place = stands_at(sql, seq))
    return {
        Fault::inserted, seq,
        fmt::format("a record that Wardroom never wrote stands at {}; the genuine one was moved "
                    "to {}",
                    seq, *place)};
  return {Fault::altered, seq, fmt::format("record {} was altered", seq)};
}

/// The number under which this record was written, when it was moved.
std::optional<std::int64_t> Verifier::true_number(Sql& sql, StoredRecord const& record) const {
  auto bytes = canonical_bytes(record);
  // The bytes differ in the number only, which comes first.
  auto const number = Canonical(record_name).bytes().size() + 1;
  auto const at = [&](std::int64_t n) {
    for (std::size_t k = 0; k < 8; ++k)
      bytes[number + k] = static_cast<char>(static_cast<std::uint64_t>(n) >> (56 - 8 * k));
    return same_bytes(key_.mac(bytes), record.hash);
  };
  // Farther than the store has records, and some that were removed, nobody wrote one.
  auto const count = sql.one("SELECT COUNT(*) FROM audit")->integer(0);
  auto const last = std::min(record.seq + search, count + Verifier::slice);
  for (auto n = std::max<std::int64_t>(1, record.seq - search); n <= last; ++n)
    if (n != record.seq && at(n)) return n;
  return std::nullopt;
}

/// Where the genuine record with the expected number stands instead.
std::optional<std::int64_t> Verifier::stands_at(Sql& sql, std::int64_t not_at) {
  std::optional<std::int64_t> place;
  sql.query(fmt::format("SELECT {} FROM audit WHERE previous = $1 AND seq <> $2", record_columns),
            {store::Blob{previous_}, not_at}, [&](Row const& row) {
              auto const read = read_record(row);
              auto const* record = std::get_if<StoredRecord>(&read);
              if (record == nullptr) return;
              auto probe = *record;
              probe.seq = expected_;
              if (same_bytes(key_.mac(canonical_bytes(probe)), record->hash)) place = record->seq;
            });
  return place;
}

void Verifier::look_at_texts(StoredRecord const& record, Texts& texts) {
  for (auto const& [field, digest] :
       {std::pair<std::string, std::string const&>{"login", record.login_digest},
        {"text", record.text_digest}}) {
    if (text_fits(record, field, digest, texts)) continue;
    note({Fault::altered, record.seq,
          fmt::format("the text ({}) of record {} was altered, added or taken away without being "
                      "erased",
                      field, record.seq)});
  }
}

bool Verifier::text_fits(StoredRecord const& record, std::string const& field,
                         std::string const& digest, Texts& texts) {
  auto const found = texts.extract({record.seq, field});
  if (digest.empty()) return found.empty();
  if (found.empty()) return false;
  auto const& text = found.mapped();
  if (!text.readable) return false;
  ++out_.texts;
  if (!text.erased.empty()) {
    ++out_.erased;
    return text.body.empty() && text.salt.empty() && text.person_no == 0 &&
           same_bytes(text.erased, erased_note(key_, record.seq, field));
  }
  return same_bytes(digest, text_digest(key_, field, text.salt, text.person_no, text.body));
}

void Verifier::compare_heads(std::int64_t seq, std::string const& hash) {
  for (; next_head_ < heads_.size() && heads_[next_head_].seq <= seq; ++next_head_) {
    auto const& head = heads_[next_head_];
    if (head.seq == seq && head.hash == hash) {
      agreed_ = seq;
      ++out_.heads;
    } else if (!out_.first) {
      note({Fault::replaced, agreed_ + 1,
            fmt::format("{} not those for which the head of {} was signed: an older copy of the "
                        "store was put back and written on",
                        numbers(agreed_ + 1, head.seq), iso_text(head.at))});
    }
  }
}

void Verifier::finish(Sql& sql) {
  auto const own = stored_head(sql, key_);
  bool const empty = out_.records == 0 && !sql.one("SELECT 1 FROM audit_head");
  auto const cut = [&](Head const& head, std::string_view whose) {
    note({Fault::truncated, out_.last + 1,
          fmt::format("the chain ends with record {}, but {} of {} was signed for record {}: {} "
                      "records were cut off after it",
                      out_.last, whose, iso_text(head.at), head.seq, head.seq - out_.last)});
  };
  if (own && own->seq > out_.last)
    cut(*own, "the store's own head");
  else if (own && own->seq == out_.last && own->seq > 0 && own->hash != previous_)
    note({Fault::replaced, out_.last, "the last record is not the one the store's own head names"});
  else if (own && own->seq < out_.last)
    note({Fault::head_altered, own->seq + 1,
          fmt::format("the store's own head ends with record {}: it, or what follows, was put back "
                      "from another copy",
                      own->seq)});
  else if (!own && !empty)
    note({Fault::head_altered, out_.last + 1,
          "the store's own head, which says where the chain ends, was altered or taken away"});
  // The published ones say from when on something is missing: the earliest is told.
  for (; next_head_ < heads_.size(); ++next_head_) {
    bool const told = out_.first && out_.first->fault == Fault::truncated && own &&
                      own->seq >= heads_[next_head_].seq;
    if (!told) cut(heads_[next_head_], "the head");
  }
}

void Verifier::refuse_foreign_key(Sql& sql) {
  auto const row = sql.one("SELECT CAST(key_id AS TEXT) FROM audit_head WHERE one = 1");
  if (!row || row->is_null(0) || row->text(0) == key_.id()) return;
  throw store::StoreError(Error{
      ErrorKind::denied,
      fmt::format("the audit was written with audit key {}, but the key in use is {}: nothing can "
                  "be said about it; put back the store's own key (table audit_keys of a backup)",
                  row->text(0), key_.id())});
}

void Verifier::note(Finding finding) {
  if (is_first(finding.seq)) out_.first = std::move(finding);
}

}  // namespace wardroom::audit
