#include "crypto/sealing.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>
#include <sodium.h>

namespace wardroom::crypto {
namespace {

constexpr char version = 1;
constexpr std::size_t id_bytes = 8;
constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t head_bytes = 1 + id_bytes + nonce_bytes;
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == key_bytes);

/// Lengths stand before the texts, so that no two cells share their bytes.
std::string associated_data(Cell const& cell) {
  return fmt::format("{}:{}|{}:{}|{}:{}|{}", cell.table.size(), cell.table, cell.row.size(),
                     cell.row, cell.column.size(), cell.column, cell.generation);
}

unsigned char const* raw(std::string_view text) {
  return reinterpret_cast<unsigned char const*>(text.data());
}
unsigned char* raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

std::optional<std::string> sealing_key_id(std::string_view sealed) {
  if (sealed.size() < head_bytes + tag_bytes || sealed[0] != version) return std::nullopt;
  return to_hex(sealed.substr(1, id_bytes));
}

Sealer::Sealer(MasterKey const& key, Random& random)
    : key_(key.derive(SubKey::sealing)), key_id_(key.id()), random_(random) {}

void Sealer::also_open(MasterKey const& old) {
  if (old.id() != key_id_) old_ = Old{old.derive(SubKey::sealing), old.id()};
}

std::string Sealer::seal(Secret const& plain, Cell cell) const {
  auto const text = plain.reveal();
  auto const about = associated_data(cell);
  auto const nonce = random_.bytes(nonce_bytes);
  std::string out(1, version);
  out += *from_hex(key_id_);
  out += nonce;
  out.resize(head_bytes + text.size() + tag_bytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(raw(out) + head_bytes, nullptr, raw(text), text.size(),
                                             raw(about), about.size(), nullptr, raw(nonce),
                                             key_.data());
  return out;
}

Result<Secret> Sealer::open(std::string_view sealed, Cell cell) const {
  auto const where = fmt::format("{} of {} \"{}\"", cell.column, cell.table, cell.row);
  if (!sealing_key_id(sealed))
    return failure(ErrorKind::malformed,
                   fmt::format("{} is not a value this version sealed", where));
  auto const id = sealing_key_id(sealed);
  bool const with_old = old_ && *id == old_->id;
  if (*id != key_id_ && !with_old)
    return failure(
        ErrorKind::denied,
        fmt::format("{} was sealed with master key {}, but the key in use is {}: put the "
                    "right key back (secrets.master_key_file)",
                    where, *id, key_id_));
  auto const nonce = sealed.substr(1 + id_bytes, nonce_bytes);
  auto const box = sealed.substr(head_bytes);
  auto const about = associated_data(cell);
  bool genuine = false;
  auto plain = Secret::filled(box.size() - tag_bytes, [&](std::span<char> to) {
    genuine =
        crypto_aead_xchacha20poly1305_ietf_decrypt(
            reinterpret_cast<unsigned char*>(to.data()), nullptr, nullptr, raw(box), box.size(),
            raw(about), about.size(), raw(nonce), (with_old ? old_->key : key_).data()) == 0;
  });
  if (!genuine)
    return failure(
        ErrorKind::malformed,
        fmt::format("{} was altered, swapped or rolled back in the store: restore a backup, "
                    "or log in again",
                    where));
  return plain;
}

}  // namespace wardroom::crypto
