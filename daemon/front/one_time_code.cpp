#include "front/one_time_code.hpp"

#include "base/encoding.hpp"
#include "base/secret.hpp"

#include <cctype>

namespace wardroom::front {
namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";  // Crockford's base 32
constexpr std::size_t digits = 16;

std::string normal(std::string_view code) {
  std::string out;
  for (char c : code.substr(0, 64)) {
    if (c == '-' || c == ' ') continue;
    auto upper = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (upper == 'O') upper = '0';
    if (upper == 'I' || upper == 'L') upper = '1';
    out += upper;
  }
  return out;
}

}  // namespace

std::string OneTimeCode::make() {
  std::string plain, shown;
  for (unsigned char byte : random_.bytes(digits)) {
    if (!plain.empty() && plain.size() % 4 == 0) shown += '-';
    plain += alphabet[byte % alphabet.size()];
    shown += plain.back();
  }
  digest_ = sha256(plain);
  ++serial_;
  ends_ = clock_.uptime() + life;
  return shown;
}

std::optional<std::uint64_t> OneTimeCode::match(std::string_view code) const {
  bool const right =
      !digest_.empty() && clock_.uptime() < ends_ && same_bytes(sha256(normal(code)), digest_);
  return right ? std::optional(serial_) : std::nullopt;
}

}  // namespace wardroom::front
