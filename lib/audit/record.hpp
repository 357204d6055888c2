/// What the audit says about one change: who, when, what, on what, before and after. Pure.
///
/// A record can never be taken back, so it holds no text about people: they are named by PersonNo
/// or by a keyed hash. What may hold personal data goes into `login` and `text`: those lie in a
/// table of their own, salted and referenced by hash, and can be erased.
#pragma once
#include "base/result.hpp"
#include "base/units.hpp"
#include "domain/person.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::audit {

enum class ActorKind { daemon, uid, cli, web };
std::string_view name(ActorKind kind);
std::optional<ActorKind> actor_kind(std::string_view name);

struct Actor {
  ActorKind kind = ActorKind::daemon;
  std::optional<std::uint32_t> uid{};  ///< of the socket's peer
  std::string login{};                 ///< login name of that uid; erasable
  PersonNo person_no = 0;              ///< 0 = none that Wardroom knows
  std::string web{};                   ///< AuditKey::digest of a web identity
  bool operator==(Actor const&) const = default;
};

/// A record to be. Identifiers and settings only, but for `login` and `text`; secrets as
/// AuditKey::digest; no coordinates.
struct Record {
  std::string action;    ///< the verb in plain words: "login", "monitor stop"
  std::string object{};  ///< on what: "identity admin", "person 17"
  Actor actor{};
  std::optional<std::string> before{};  ///< JSON
  std::optional<std::string> after{};   ///< JSON
  std::string correlation{};            ///< what binds several records: a request, a run
  std::string text{};                   ///< erasable: reasons, names
  PersonNo text_about = 0;              ///< whose erasure takes `text` along; 0 = the actor's
  std::optional<Instant> happened{};    ///< when it was long before it could be written
  std::string spool{};                  ///< the spool's token for it, so that it is written once
};

/// The same value always gives the same bytes: keys sorted, no spaces. Error: malformed.
Result<std::string> canonical_json(std::string_view json);

/// A record as it lies in the store.
struct StoredRecord {
  std::int64_t seq = 0;  ///< 1, 2, 3 …, without gaps, in the order of the commits
  std::int64_t at_ms = 0;
  std::optional<std::int64_t> happened_ms{};
  std::string actor_kind;
  std::optional<std::int64_t> uid{};
  std::int64_t person_no = 0;
  std::string web, action, object;
  std::optional<std::string> before{}, after{};
  std::string correlation, spool;
  std::string login_digest, text_digest;  ///< 32 bytes, or empty when there is none
  std::string previous;                   ///< hash of the record before; 32 zeros for the first
  std::string hash;                       ///< over everything above
  bool operator==(StoredRecord const&) const = default;
};

/// What is hashed: every field but `hash`, in this order, with type and length before each, so that
/// different records never share their bytes.
///
///   bytes = "wardroom audit record 1" field*      field = 'n' | 'i' int64 | 't' length64 bytes
///   (numbers big-endian)
inline constexpr std::string_view record_name = "wardroom audit record 1";
std::string canonical_bytes(StoredRecord const& record);

/// Builds such bytes; also for heads and texts, each with a name of its own in front.
class Canonical {
 public:
  explicit Canonical(std::string_view what) { add(what); }
  Canonical& add(std::string_view text);
  Canonical& add(std::int64_t number);
  template <class T>
  Canonical& add(std::optional<T> const& value) {
    if (value) return add(*value);
    bytes_ += 'n';
    return *this;
  }
  std::string const& bytes() const { return bytes_; }

 private:
  void add_number(std::uint64_t number);
  std::string bytes_;
};

}  // namespace wardroom::audit
