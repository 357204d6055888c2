// wardroom-bench [ID…]: measures the P-figures beside their references and prints one table.
#include "bench/runs.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sodium.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sys/resource.h>
#include <unistd.h>

namespace {

/// Seconds of CPU the whole machine has used, and those of this process and its ended children.
double machine_seconds() {
  std::ifstream in("/proc/stat");
  std::string word;
  double user = 0, nice = 0, system = 0;
  in >> word >> user >> nice >> system;
  return (user + nice + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}
double own_seconds() {
  double total = 0;
  for (int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    ::getrusage(who, &used);
    for (auto const& t : {used.ru_utime, used.ru_stime})
      total += static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  }
  return total;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace wardroom::bench;
  std::map<std::string, void (*)(Figures&)> const runs{
      {"P1", run_p1}, {"P2", run_p2}, {"P3", run_p3}, {"P4", run_p4}, {"P5", run_p5},
      {"P6", run_p6}, {"P7", run_p7}, {"P8", run_p8}, {"P9", run_p9}, {"P11", run_p11}};
  std::vector<std::string> ids;
  std::string out = "build/bench";
  CLI::App flags(
      "Measures Wardroom's performance goals; each figure beside a reference of the same run.",
      "wardroom-bench");
  flags.add_option("ids", ids, "which (all unless given): P1 P2 P3 P4 P5 P6 P7 P8 P9 P11");
  flags.add_option("--out", out, "folder for <id>.json")->capture_default_str();
  CLI11_PARSE(flags, argc, argv);
  if (ids.empty())
    for (auto const& [id, run] : runs) ids.push_back(id);
  if (sodium_init() < 0) return 70;
  Figures figures;
  int failed = 0;
  for (auto const& id : ids) {
    auto const found = runs.find(id);
    if (found == runs.end()) {
      fmt::print(stderr, "there is no benchmark {}; there are P1 P2 P3 P4 P5 P6 P7 P8 P9 P11\n",
                 id);
      return 2;
    }
    fmt::print(stderr, "==> {}\n", id);
    auto const began = now_ns();
    auto const others = machine_seconds() - own_seconds();
    try {
      found->second(figures);
    } catch (std::exception const& e) {
      fmt::print(stderr, "{} could not be measured: {}\n", id, e.what());
      ++failed;
    }
    // Every process of the run has ended: what is left was used by somebody else.
    figures.add({id, "CPU other programs used meanwhile",
                 (machine_seconds() - own_seconds() - others) /
                     (static_cast<double>(now_ns() - began) * 1e-9),
                 "cores"});
  }
  figures.print();
  std::filesystem::create_directories(out);
  figures.write(out);
  return failed ? 1 : 0;
}
