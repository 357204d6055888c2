/// A chain in a store of a test: records of all kinds, verified without a loop.
#pragma once
#include "audit/chain.hpp"
#include "audit/verifier.hpp"

#include <fmt/format.h>

namespace wardroom::test {

inline audit::AuditKey audit_key(char fill = 'k') {
  return audit::AuditKey::from_bytes(std::string(32, fill)).value();
}

inline Instant audit_time(std::int64_t n) { return from_unix_ms(1'795'255'200'000 + n * 1'000); }

/// Every column is filled in some record, and empty in another.
inline audit::Record sample_record(std::int64_t n) {
  audit::Record r{.action = n % 3 == 0 ? "login" : "monitor stop",
                  .object = fmt::format("person {}", n % 17),
                  .correlation = n % 4 == 0 ? fmt::format("run {}", n / 4) : ""};
  if (n % 2 == 0)
    r.actor = {.kind = audit::ActorKind::cli,
               .uid = static_cast<std::uint32_t>(1000 + n % 5),
               .login = fmt::format("user{}", n % 5)};
  if (n % 5 == 0) r.actor = {.kind = audit::ActorKind::web, .person_no = 9, .web = "0123abcd"};
  if (n % 3 != 1) r.before = fmt::format(R"({{"n":{}}})", n);
  if (n % 3 != 2) r.after = fmt::format(R"({{"n":{},"on":true}})", n + 1);
  if (n % 7 == 0) {
    r.text = fmt::format("because of reason {}", n);
    r.text_about = 33;
  }
  if (n % 11 == 0) {
    r.happened = audit_time(n - 60);
    r.spool = fmt::format("spool{}", n);
  }
  return r;
}

inline audit::Verification verify(store::Sql& sql, audit::AuditKey const& key,
                                  std::vector<audit::Head> heads = {}, std::int64_t from = 1) {
  audit::Verifier verifier(key, std::move(heads), from);
  while (!verifier.step(sql)) {
  }
  return verifier.result();
}

}  // namespace wardroom::test
