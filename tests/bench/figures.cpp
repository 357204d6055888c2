#include "bench/figures.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <stdexcept>
#include <sys/utsname.h>
#include <thread>
#include <time.h>

namespace wardroom::bench {

void Figures::add(Figure figure) { all_.push_back(std::move(figure)); }

void Figures::print() const {
  fmt::print("\n{:<4} {:<58} {:>12} {:<8} {:<40} {:>7}  {:<22} {}\n", "id", "what", "value", "unit",
             "reference", "ratio", "goal", "met");
  for (auto const& f : all_)
    fmt::print("{:<4} {:<58} {:>12.3f} {:<8} {:<40} {:>7}  {:<22} {}\n", f.id, f.what, f.value,
               f.unit, f.reference, f.ratio ? fmt::format("{:.2f}", *f.ratio) : "", f.goal,
               f.met ? (*f.met ? "yes" : "NO") : "");
}

void Figures::write(std::string const& folder) const {
  std::map<std::string, nlohmann::ordered_json> files;
  utsname machine{};
  uname(&machine);
  for (auto const& f : all_) {
    auto& file = files[f.id];
    if (file.is_null())
      file = {{"id", f.id},
              {"machine", fmt::format("{} {}, {} cores", machine.sysname, machine.machine,
                                      std::thread::hardware_concurrency())},
              {"commit", std::getenv("WARDROOM_COMMIT") ? std::getenv("WARDROOM_COMMIT") : ""}};
    nlohmann::ordered_json row{
        {"id", f.id}, {"what", f.what}, {"value", f.value}, {"unit", f.unit}};
    if (!f.reference.empty()) row["reference"] = f.reference;
    if (f.ratio) row["ratio"] = *f.ratio;
    if (!f.goal.empty()) row["goal"] = f.goal;
    if (f.met) row["met"] = *f.met;
    file["figures"].push_back(std::move(row));
  }
  for (auto const& [id, content] : files) {
    std::ofstream out(folder + "/" + id + ".json");
    out << content.dump(2) << '\n';
    if (!out.flush()) throw std::runtime_error("cannot write " + folder + "/" + id + ".json");
  }
}

double Latencies::percentile_ms(double p) {
  if (samples_.empty()) return 0;
  if (!sorted_) std::ranges::sort(samples_);
  sorted_ = true;
  auto const at = static_cast<std::size_t>(p / 100 * static_cast<double>(samples_.size() - 1));
  return static_cast<double>(samples_[at]) / 1e6;
}

std::int64_t now_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

}  // namespace wardroom::bench
