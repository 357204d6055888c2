#include "people/fix_batch.hpp"

#include <boost/crc.hpp>

#include <limits>

namespace wardroom::people {

namespace {

constexpr char version = 1;
constexpr std::size_t head_bytes = 5;
constexpr std::size_t smallest_row = 1 + 4 + 4 + 1 + 1 + 1;

std::uint32_t crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

void put_fixed(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(value >> shift));
}

void put(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

void put_signed(std::string& out, std::int64_t value) {
  put(out, (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

/// Reads from the front; `broken` once the bytes run out or a number does not fit.
struct Reader {
  std::string_view rest;
  bool broken = false;

  std::uint32_t fixed() {
    if (rest.size() < 4) return fail();
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
      value |= std::uint32_t{static_cast<unsigned char>(rest[i])} << (8 * i);
    rest.remove_prefix(4);
    return value;
  }
  std::uint64_t number(std::uint64_t limit = std::numeric_limits<std::uint64_t>::max()) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest.empty()) return fail();
      auto const byte = static_cast<unsigned char>(rest.front());
      rest.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if ((byte & 0x80) == 0) return value <= limit ? value : fail();
    }
    return fail();
  }
  std::int64_t signed_number() {
    auto const value = number();
    return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }
  std::uint32_t number32() {
    return static_cast<std::uint32_t>(number(std::numeric_limits<std::uint32_t>::max()));
  }

 private:
  std::uint32_t fail() {
    broken = true;
    rest = {};
    return 0;
  }
};

/// Differences and sums wrap instead of overflowing; the wrapped value finds its way back.
std::int64_t minus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

}  // namespace

std::string encode_batch(std::vector<StoredFix> const& rows) {
  StoredFix const base = rows.empty() ? StoredFix{} : rows.front();
  std::string out;
  out.reserve(32 + rows.size() * 18);
  out.assign(head_bytes, '\0');
  put_signed(out, base.boot_no);
  put_signed(out, base.boot_ms);
  put_signed(out, base.wall_ms);
  put(out, rows.size());
  for (auto const& row : rows) {
    auto const later = minus(row.boot_ms, base.boot_ms);
    put(out, row.person);
    put_fixed(out, static_cast<std::uint32_t>(row.latitude_e7));
    put_fixed(out, static_cast<std::uint32_t>(row.longitude_e7));
    put(out, row.accuracy_dm);
    put_signed(out, later);
    put_signed(out, minus(minus(row.wall_ms, base.wall_ms), later));
  }
  std::string head(1, version);
  put_fixed(head, crc32c(std::string_view(out).substr(head_bytes)));
  out.replace(0, head_bytes, head);
  return out;
}

Result<std::vector<StoredFix>> decode_batch(std::string_view blob) {
  if (blob.size() < head_bytes) return failure(ErrorKind::malformed, "it is cut short");
  if (blob.front() != version)
    return failure(ErrorKind::malformed,
                   "its format has version " +
                       std::to_string(static_cast<unsigned char>(blob.front())) +
                       ", this program " + "knows version 1");
  Reader reader{blob.substr(1)};
  auto const checksum = reader.fixed();
  if (checksum != crc32c(reader.rest))
    return failure(ErrorKind::malformed, "its checksum is wrong");
  StoredFix base;
  base.boot_no = reader.signed_number();
  base.boot_ms = reader.signed_number();
  base.wall_ms = reader.signed_number();
  auto const count = reader.number(reader.rest.size() / smallest_row);
  std::vector<StoredFix> rows;
  rows.reserve(count);
  for (std::uint64_t i = 0; i < count && !reader.broken; ++i) {
    StoredFix row{.boot_no = base.boot_no};
    row.person = reader.number32();
    row.latitude_e7 = static_cast<std::int32_t>(reader.fixed());
    row.longitude_e7 = static_cast<std::int32_t>(reader.fixed());
    row.accuracy_dm = reader.number32();
    auto const later = reader.signed_number();
    row.boot_ms = plus(base.boot_ms, later);
    row.wall_ms = plus(plus(base.wall_ms, later), reader.signed_number());
    rows.push_back(row);
  }
  if (reader.broken || !reader.rest.empty())
    return failure(ErrorKind::malformed, "its length does not fit its content");
  return rows;
}

}  // namespace wardroom::people
