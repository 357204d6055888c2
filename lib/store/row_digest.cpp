#include "store/row_digest.hpp"

#include "base/encoding.hpp"

#include <sodium.h>

#include <bit>

namespace wardroom::store {
namespace {

constexpr std::size_t digest_bytes = 16;

void append_number(std::string& out, std::uint64_t number) {
  for (int i = 0; i < 8; ++i) out += static_cast<char>(number >> (8 * i));
}

void append_bytes(std::string& out, char type, std::string const& bytes) {
  out += type;
  append_number(out, bytes.size());
  out += bytes;
}

}  // namespace

void append_row(std::string& out, Table const& table, std::vector<Value> const& row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    auto const& value = row[i];
    if (auto const* whole = std::get_if<std::int64_t>(&value)) {
      // SQLite keeps 1.0 as 1 where that is shorter.
      bool const real = table.columns.at(i).kind == ColumnKind::real;
      out += real ? 'r' : 'i';
      append_number(out, real ? std::bit_cast<std::uint64_t>(static_cast<double>(*whole))
                              : static_cast<std::uint64_t>(*whole));
    } else if (auto const* number = std::get_if<double>(&value)) {
      out += 'r';
      append_number(out, std::bit_cast<std::uint64_t>(*number));
    } else if (auto const* text = std::get_if<std::string>(&value)) {
      append_bytes(out, 't', *text);
    } else if (auto const* blob = std::get_if<Blob>(&value)) {
      append_bytes(out, 'b', blob->bytes);
    } else {
      out += 'n';
    }
  }
}

struct RowDigest::State {
  crypto_generichash_state hash;
};

RowDigest::RowDigest() : state_(std::make_unique<State>()) {
  crypto_generichash_init(&state_->hash, nullptr, 0, digest_bytes);
}
RowDigest::~RowDigest() = default;
RowDigest::RowDigest(RowDigest&&) noexcept = default;
RowDigest& RowDigest::operator=(RowDigest&&) noexcept = default;

void RowDigest::add(std::string_view bytes) {
  crypto_generichash_update(&state_->hash, reinterpret_cast<unsigned char const*>(bytes.data()),
                            bytes.size());
}

void RowDigest::add(Table const& table, std::vector<Value> const& row) {
  scratch_.clear();
  append_row(scratch_, table, row);
  add(scratch_);
}

std::string RowDigest::hex() const {
  auto copy = state_->hash;
  std::string out(digest_bytes, '\0');
  crypto_generichash_final(&copy, reinterpret_cast<unsigned char*>(out.data()), out.size());
  return to_hex(out);
}

}  // namespace wardroom::store
