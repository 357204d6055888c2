#include "base/log.hpp"

#include "base/log_ear.hpp"
#include "base/time_text.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/async.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>

namespace wardroom::log {
namespace {

std::atomic<Level> threshold{Level::info};
bool to_journal = false;
// Set once at the start, before the first thread.
std::shared_ptr<spdlog::async_logger> lines, file_lines;

Ear& ear() {
  static Ear one;
  return one;
}

int syslog_priority(Level level) {
  switch (level) {
    case Level::trace:
    case Level::debug:
      return 7;
    case Level::info:
      return 6;
    case Level::warning:
      return 4;
    case Level::error:
      return 3;
  }
  return 6;
}

constexpr int notice = 5;

void write_journal(int priority, std::string_view message, Fields fields) {
  std::vector<std::string> texts;
  texts.reserve(fields.size() + 2);
  texts.push_back(fmt::format("MESSAGE={}", message));
  texts.push_back(fmt::format("PRIORITY={}", priority));
  for (auto const& field : fields) {
    std::string key = "WARDROOM_";
    for (char c : field.name)
      key += std::isalnum(static_cast<unsigned char>(c))
                 ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                 : '_';
    texts.push_back(key + "=" + field.value);
  }
  std::vector<iovec> parts;
  parts.reserve(texts.size());
  for (auto& text : texts) parts.push_back({text.data(), text.size()});
  sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

/// A queue with a thread of its own: a reader of stderr that stops reading, or a slow disk, must
/// not stop the loop. Each place of the queue costs 400 bytes from the start on.
std::shared_ptr<spdlog::async_logger> logger_to(spdlog::sink_ptr sink) {
  if (!spdlog::thread_pool()) spdlog::init_thread_pool(1024, 1);
  auto out =
      std::make_shared<spdlog::async_logger>("wardroom", std::move(sink), spdlog::thread_pool(),
                                             spdlog::async_overflow_policy::overrun_oldest);
  out->set_pattern("%v");
  out->set_level(spdlog::level::trace);
  out->flush_on(spdlog::level::trace);
  return out;
}

std::string json_line(std::string_view level, std::string_view message, Fields fields) {
  nlohmann::ordered_json line;
  line["time"] =
      iso_text(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
  line["level"] = level;
  line["message"] = message;
  for (auto const& field : fields) line[std::string(field.name)] = field.value;
  // Control characters come out escaped; broken UTF-8 is replaced, never fatal.
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void open(Level level, bool journal) {
  threshold = level;
  to_journal = journal;
  if (!journal && !lines) lines = logger_to(std::make_shared<spdlog::sinks::stderr_sink_mt>());
}

Result<void> also_to(File const& file) {
  if (file.path.empty()) return {};
  spdlog::file_event_handlers handlers;
  handlers.after_open = [](spdlog::filename_t const&, std::FILE* opened) {
    ::fchmod(::fileno(opened), 0640);
  };
  try {
    file_lines = logger_to(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        file.path, file.megabytes << 20, file.kept, false, handlers));
  } catch (spdlog::spdlog_ex const& e) {
    return failure(ErrorKind::unavailable,
                   fmt::format("the log file {} cannot be written: {}", file.path, e.what()));
  }
  return {};
}

bool started_by_journal() {
  char const* stream = std::getenv("JOURNAL_STREAM");
  if (!stream) return false;
  unsigned long device = 0;
  unsigned long inode = 0;
  struct stat actual{};
  return std::sscanf(stream, "%lu:%lu", &device, &inode) == 2 &&
         fstat(STDERR_FILENO, &actual) == 0 && actual.st_dev == device && actual.st_ino == inode;
}

void set_level(Level l) { threshold = l; }
Level level() { return threshold; }

std::string_view name(Level l) {
  switch (l) {
    case Level::trace:
      return "trace";
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return "info";
}

bool parse_level(std::string_view word, Level& out) {
  for (Level l : {Level::trace, Level::debug, Level::info, Level::warning, Level::error}) {
    if (word == name(l)) {
      out = l;
      return true;
    }
  }
  return false;
}

namespace {
void put(int priority, std::string_view level, std::string_view message, Fields fields) {
  if (to_journal) write_journal(priority, message, fields);
  if (!lines && !file_lines) return;
  auto const line = json_line(level, message, fields);
  for (auto const& to : {lines, file_lines})
    if (to) to->log(spdlog::level::info, "{}", line);
}
}  // namespace

void write(Level l, std::string_view message, Fields fields) {
  if (l < threshold.load(std::memory_order_relaxed)) return;
  if (ear()) ear()(l, message, fields);
  put(syslog_priority(l), name(l), message, fields);
}

void listen_with(Ear other) { ear() = std::move(other); }

void write_always(std::string_view message, Fields fields) {
  if (ear()) ear()(Level::info, message, fields);
  put(notice, "notice", message, fields);
}

}  // namespace wardroom::log
