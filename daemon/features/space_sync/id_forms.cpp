#include "features/space_sync/id_forms.hpp"

#include "base/encoding.hpp"

#include <array>
#include <cstring>
#include <stdexcept>

namespace wardroom::space_sync {
namespace {

constexpr std::uint32_t form_mark = 0x8000'0000;  // the rest is the form's number
constexpr std::size_t most_forms = 64, most_strangers = 1'000;
constexpr std::size_t uuid_length = 36;
constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Two characters for each 12 bits.
constexpr auto pairs = [] {
  std::array<std::array<char, 2>, 4096> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = {alphabet[i >> 6], alphabet[i & 63]};
  return out;
}();
constexpr auto hex_pairs = [] {
  std::array<std::array<char, 2>, 256> out{};
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = {"0123456789abcdef"[i >> 4], "0123456789abcdef"[i & 15]};
  return out;
}();

void write_text(Uuid const& id, char* out) {
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
    std::memcpy(out, hex_pairs[id.bytes[i]].data(), 2);
    out += 2;
  }
}

/// Base64 without padding; `bytes` may be read up to two further on. Gives the end.
char* encode(unsigned char const* bytes, std::size_t count, char* out) {
  for (; count >= 3; count -= 3, bytes += 3, out += 4) {
    auto const bits = std::uint32_t(bytes[0]) << 16 | std::uint32_t(bytes[1]) << 8 | bytes[2];
    std::memcpy(out, pairs[bits >> 12].data(), 2);
    std::memcpy(out + 2, pairs[bits & 0xFFF].data(), 2);
  }
  if (count == 0) return out;
  auto const second = count == 2 ? bytes[1] : 0u;
  auto const bits = std::uint32_t(bytes[0]) << 16 | second << 8;
  *out++ = alphabet[bits >> 18];
  *out++ = alphabet[(bits >> 12) & 63];
  if (count == 2) *out++ = alphabet[(bits >> 6) & 63];
  return out;
}

std::string unpadded(std::string_view bytes) {
  auto out = to_base64(bytes);
  while (out.ends_with('=')) out.pop_back();
  return out;
}

/// The part of a written id that the UUID is in: at most 2 + 36 + 2 bytes, so 54 characters.
struct Middle {
  std::array<char, 60> text;
  std::size_t length;
};
Middle middle(std::string_view carried, Uuid const& person, std::string_view filled) {
  std::array<unsigned char, 48> bytes{};
  std::memcpy(bytes.data(), carried.data(), carried.size());
  write_text(person, reinterpret_cast<char*>(bytes.data() + carried.size()));
  auto const so_far = carried.size() + uuid_length;
  std::memcpy(bytes.data() + so_far, filled.data(), filled.size());
  Middle out;
  auto* const end = encode(bytes.data(), so_far + filled.size(), out.text.data());
  out.length = std::size_t(end - out.text.data());
  return out;
}

}  // namespace

WrittenId IdForms::add(std::string_view written, Uuid const& person) {
  if (written.empty()) return WrittenId::none;
  auto const known = [&] { return WrittenId(form_mark | std::uint32_t(latest_)); };
  if (latest_ < forms_.size() && fits(forms_[latest_], written, person)) return known();
  for (std::size_t i = 0; i < forms_.size(); ++i)
    if (i != latest_ && fits(forms_[i], written, person)) {
      latest_ = i;
      return known();
    }
  auto const before = forms_.size();
  learn(written, person);
  if (forms_.size() > before) {
    latest_ = before;
    return known();
  }
  if (written.size() > TextArena::longest) throw std::length_error("an id is longer than 64 KiB");
  auto const where = texts_.add(written);
  if (where >= form_mark) throw std::length_error("a list of people is longer than 2 GiB");
  return WrittenId(where);
}

std::string IdForms::at(WrittenId id, Uuid const& person) const {
  auto const where = std::uint32_t(id);
  if ((where & form_mark) == 0) return std::string(texts_.at(where));
  return write(forms_[where & ~form_mark], person);
}

std::string IdForms::write(Form const& form, Uuid const& person) {
  auto const between =
      middle(std::string_view(form.before).substr(form.fixed_before), person,
             std::string_view(form.after).substr(0, form.after.size() - form.fixed_after));
  return form.head + std::string(between.text.data(), between.length) + form.tail;
}

bool IdForms::fits(Form const& form, std::string_view written, Uuid const& person) {
  if (!written.starts_with(form.head) || !written.ends_with(form.tail)) return false;
  auto const between =
      middle(std::string_view(form.before).substr(form.fixed_before), person,
             std::string_view(form.after).substr(0, form.after.size() - form.fixed_after));
  return written.size() == form.head.size() + between.length + form.tail.size() &&
         std::memcmp(written.data() + form.head.size(), between.text.data(), between.length) == 0;
}

void IdForms::learn(std::string_view written, Uuid const& person) {
  if (forms_.size() == most_forms || strangers_ == most_strangers) return;
  ++strangers_;
  auto const plain = from_base64(written);
  auto const at = plain ? plain->find(person.text()) : std::string::npos;
  if (at == std::string::npos) return;
  Form form{.before = plain->substr(0, at), .after = plain->substr(at + uuid_length)};
  form.fixed_before = form.before.size() / 3 * 3;
  auto const fill = (3 - (form.before.size() + uuid_length) % 3) % 3;
  form.fixed_after = form.after.size() - std::min(fill, form.after.size());
  form.head = unpadded(std::string_view(form.before).substr(0, form.fixed_before));
  form.tail = unpadded(std::string_view(form.after).substr(form.after.size() - form.fixed_after));
  if (!fits(form, written, person)) return;  // another alphabet, upper case, padding
  --strangers_;
  forms_.push_back(std::move(form));
}

}  // namespace wardroom::space_sync
