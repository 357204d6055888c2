/// Live pages of an administrator: opened, read for a while, cut, and read on from where they were.
/// Every frame is JSON, and the journal's stream misses no entry (promise "people").
#pragma once
#include "people_window.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace wardroom::world {

class LivePages {
 public:
  LivePages(WindowWatch& watch, Window& window) : watch_(watch), window_(window) {}

  /// Opens one of them and reads it for so long; ends earlier when it is cut.
  Task<void> read(std::string path, Milliseconds time);
  static constexpr std::string_view journal = "/api/v1/journal/stream";

  std::size_t open() const { return open_; }
  /// What the journal's page showed last: kinds by sequence number.
  std::map<std::int64_t, std::string> const& seen() const { return seen_; }

 private:
  class Reader;
  void entry(std::int64_t seq, std::string kind);
  void again(std::int64_t seq);

  WindowWatch& watch_;
  Window& window_;
  std::size_t open_ = 0;
  bool journal_open_ = false;
  std::int64_t last_ = 0;  ///< read up to here; 0 = nothing yet
  std::map<std::int64_t, std::string> seen_;
};

}  // namespace wardroom::world
