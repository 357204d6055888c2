#include "process/systemd.hpp"

#include "runtime/task_group.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <cstdlib>
#include <time.h>

namespace wardroom::systemd {

void notify_ready(std::string_view status) {
  sd_notify(0, fmt::format("READY=1\nSTATUS={}", status).c_str());
}
void notify_status(std::string_view status) {
  sd_notify(0, fmt::format("STATUS={}", status).c_str());
}
void StartProgress::step(std::string what) {
  what_ = std::move(what);
  tell();
}
void StartProgress::tell() {
  constexpr auto every = std::chrono::seconds(5);
  constexpr auto more = std::chrono::microseconds(std::chrono::seconds(30));
  sd_notify(
      0, fmt::format("EXTEND_TIMEOUT_USEC={}\nSTATUS=starting: {}", more.count(), what_).c_str());
  next_ = clock_.after(every, [this] { tell(); });
}
void notify_reloading() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  sd_notify(0,
            fmt::format("RELOADING=1\nMONOTONIC_USEC={}", t.tv_sec * 1'000'000LL + t.tv_nsec / 1000)
                .c_str());
}
void notify_stopping(std::string_view status) {
  sd_notify(0, fmt::format("STOPPING=1\nSTATUS={}", status).c_str());
}

std::map<std::string, std::vector<int>> take_sockets() {
  std::map<std::string, std::vector<int>> out;
  char** names = nullptr;
  int const count = sd_listen_fds_with_names(1, &names);
  for (int i = 0; i < count; ++i) {
    out[names[i]].push_back(SD_LISTEN_FDS_START + i);
    std::free(names[i]);
  }
  std::free(static_cast<void*>(names));
  return out;
}

std::optional<Milliseconds> watchdog_interval() {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return Milliseconds(microseconds / 2000);
}

Task<void> feed_watchdog(Clock& clock, Milliseconds every) {
  co_await finish_politely();
  for (;;) {
    sd_notify(0, "WATCHDOG=1");
    co_await clock.sleep_for(every);
  }
}

}  // namespace wardroom::systemd
