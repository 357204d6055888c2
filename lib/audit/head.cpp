#include "audit/head.hpp"

#include "audit/record.hpp"
#include "base/encoding.hpp"
#include "base/secret.hpp"
#include "base/time_text.hpp"

#include <fmt/format.h>

#include <charconv>

namespace wardroom::audit {
namespace {

std::string bytes_of(Head const& head) {
  return Canonical("wardroom audit head 1")
      .add(head.seq)
      .add(unix_ms(head.at))
      .add(head.hash)
      .add(head.key_id)
      .bytes();
}

std::string_view word(std::string_view line, std::string_view name) {
  auto const begin = line.find(fmt::format(" {}=", name));
  if (begin == std::string_view::npos) return {};
  auto const value = line.substr(begin + name.size() + 2);
  return value.substr(0, value.find_first_of(" \r\n\"\\"));
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Head sign_head(AuditKey const& key, std::int64_t seq, std::string hash, Instant at) {
  Head head{.seq = seq, .at = at, .hash = std::move(hash), .key_id = key.id()};
  head.signature = key.mac(bytes_of(head));
  return head;
}

bool is_genuine(AuditKey const& key, Head const& head) {
  return same_bytes(key.mac(bytes_of(head)), head.signature);
}

std::string head_text(Head const& head) {
  return fmt::format("audit-head v1 seq={} at={} ms={} hash={} key={} sig={}", head.seq,
                     iso_text(head.at), unix_ms(head.at), to_hex(head.hash), head.key_id,
                     to_hex(head.signature));
}

std::optional<Head> parse_head(std::string_view line) {
  auto const begin = line.find("audit-head v1 ");
  if (begin == std::string_view::npos) return std::nullopt;
  line.remove_prefix(begin);
  auto const seq = number(word(line, "seq"));
  auto const ms = number(word(line, "ms"));
  auto const hash = from_hex(word(line, "hash"));
  auto const signature = from_hex(word(line, "sig"));
  if (!seq || !ms || !hash || !signature) return std::nullopt;
  return Head{*seq, from_unix_ms(*ms), *hash, std::string(word(line, "key")), *signature};
}

}  // namespace wardroom::audit
