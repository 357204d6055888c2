/// Logging: one line an event, with fields; to the systemd journal when run under it, else JSON
/// lines on stderr. Never put a token, password, cookie, code, state or coordinate in a field.
#pragma once
#include "base/result.hpp"

#include <fmt/format.h>

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace wardroom::log {

enum class Level { trace, debug, info, warning, error };

/// A named value beside the message; the name becomes WARDROOM_NAME in the journal.
struct Field {
  std::string_view name;
  std::string value;
  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, char const* v) : name(n), value(v) {}
  Field(std::string_view n, std::string v) : name(n), value(std::move(v)) {}
  template <class T>
    requires(std::integral<T> || std::floating_point<T>)
  Field(std::string_view n, T v) : name(n), value(fmt::to_string(v)) {}
};
using Fields = std::initializer_list<Field>;

/// Once, before the first thread. `journal` as told by $JOURNAL_STREAM.
void open(Level level, bool journal);
bool started_by_journal();

/// A file that gets the same lines as JSON, beside the journal or stderr.
struct File {
  std::string path;            ///< 0640; empty = none
  std::size_t megabytes = 10;  ///< then a.log becomes a.1.log, that one a.2.log …
  std::size_t kept = 5;        ///< so many of the older ones stay
};
/// Once, after open(). Error: the sentence why it cannot be written. A disk that fills later costs
/// lines of the file only.
Result<void> also_to(File const& file);

void set_level(Level level);
Level level();
/// "trace" … "error"; false for another word.
bool parse_level(std::string_view word, Level& out);
std::string_view name(Level level);

/// Safe from any thread; never blocks on a full pipe (lines are dropped and counted instead).
void write(Level level, std::string_view message, Fields fields = {});

/// What must get into the log whatever the level: the signed heads of the audit. Priority "notice".
void write_always(std::string_view message, Fields fields = {});

inline void trace(std::string_view m, Fields f = {}) { write(Level::trace, m, f); }
inline void debug(std::string_view m, Fields f = {}) { write(Level::debug, m, f); }
inline void info(std::string_view m, Fields f = {}) { write(Level::info, m, f); }
inline void warning(std::string_view m, Fields f = {}) { write(Level::warning, m, f); }
inline void error(std::string_view m, Fields f = {}) { write(Level::error, m, f); }

}  // namespace wardroom::log
