/// The example documents of tests/fixtures/xsi.
#pragma once
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace wardroom::test {

inline std::string xsi_fixture(std::string const& name) {
  std::ifstream file(WARDROOM_SOURCE_DIR "/tests/fixtures/xsi/" + name, std::ios::binary);
  if (!file) throw std::runtime_error("no fixture " + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Everything that can come over a stream.
inline std::vector<std::string> const& stream_documents() {
  static std::vector<std::string> const all = [] {
    std::vector<std::string> out;
    for (auto const* name :
         {"channel.xml", "channel_heartbeat.xml", "e01_call_received.xml",
          "e02_call_originated.xml", "e03_call_answered_internal.xml", "e04_call_released.xml",
          "e05_call_updated_private.xml", "e06_call_held.xml", "e07_snapshot.xml",
          "e08_hook_status.xml", "e09_subscription_terminated.xml", "e10_call_redirected.xml",
          "e11_emergency_originated.xml", "channel_terminated.xml"})
      out.push_back(xsi_fixture(name));
    return out;
  }();
  return all;
}

inline std::string replaced(std::string text, std::string const& what, std::string const& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

/// Events end without white space, as on the wire.
inline std::string without_trailing_space(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace wardroom::test
