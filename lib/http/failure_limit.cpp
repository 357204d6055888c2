#include "http/failure_limit.hpp"

#include <arpa/inet.h>
#include <cstring>
#include <random>

namespace wardroom::http {
namespace {

constexpr std::string_view answer =
    "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Length: 166\r\n\r\n"
    R"({"error":{"code":"throttled","message":"Too many requests from this address have failed.",)"
    R"("remedy":"Wait a second; sign in at /user/login if the session has ended."}})";
static_assert(answer.size() - answer.find("\r\n\r\n") - 4 == 166);

std::uint64_t random_salt() {
  std::random_device dice;
  return std::uint64_t{dice()} << 32 | dice();
}

}  // namespace

FailureLimit::FailureLimit() : FailureLimit(random_salt()) {}

std::string_view FailureLimit::too_many() { return answer; }

std::optional<std::uint64_t> FailureLimit::key_of(std::string_view address) {
  char text[INET6_ADDRSTRLEN];
  address = address.substr(0, address.find('%'));  // a zone: the link, not the sender
  if (address.size() >= sizeof text) return std::nullopt;
  text[address.copy(text, sizeof text - 1)] = '\0';
  std::uint32_t v4 = 0;
  if (::inet_pton(AF_INET, text, &v4) == 1) return v4;
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text, &v6) != 1) return std::nullopt;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    std::memcpy(&v4, v6.s6_addr + 12, sizeof v4);
    return v4;
  }
  std::uint64_t network = 0;
  std::memcpy(&network, v6.s6_addr, sizeof network);
  return network ^ 0x8000'0000'0000'0000ULL;  // "::" is not 0.0.0.0
}

bool FailureLimit::exceeded(std::string_view remote, Uptime now) {
  auto const key = key_of(remote);
  return key && table_.take(*key, now).count() > 0;
}

}  // namespace wardroom::http
