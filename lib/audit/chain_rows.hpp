/// Reads records and their texts as they lie in the store, whatever somebody made of them.
#pragma once
#include "audit/record.hpp"
#include "store/database.hpp"

#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace wardroom::audit {

struct Unreadable {
  std::int64_t seq = 0;
  std::string why;
};
using RowRead = std::variant<StoredRecord, Unreadable>;

inline constexpr std::string_view record_columns =
    "seq, at_ms, happened_ms, actor_kind, uid, person_no, web, action, object, before_json, "
    "after_json, correlation, spool, login_digest, text_digest, previous, hash";
RowRead read_record(store::Row const& row);

struct StoredText {
  PersonNo person_no = 0;
  std::string salt, body, erased;
  bool readable = true;  ///< false: a value is of another type than Wardroom writes
};
/// By record and field ("login", "text"), of the records after `after` up to `upto`.
using Texts = std::map<std::pair<std::int64_t, std::string>, StoredText>;
Texts read_texts(store::Sql& sql, std::int64_t after, std::int64_t upto);

}  // namespace wardroom::audit
