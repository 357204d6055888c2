// wardroom-bench [ID…]: measures the P-figures beside their references and prints one table.
#include <fmt/format.h>
#include <sodium.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>

#include "bench/runs.hpp"

int main(int argc, char** argv) {
  using namespace wardroom::bench;
  std::map<std::string, void (*)(Figures&)> const runs{{"P1", run_p1}, {"P3", run_p3}, {"P8", run_p8}, {"P9", run_p9}};
  std::vector<std::string> ids;
  std::string out = "build/bench";
  CLI::App flags("Measures Wardroom's performance goals; each figure beside a reference of the same run.", "wardroom-bench");
  flags.add_option("ids", ids, "which (all unless given): P1 P3 P8 P9");
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
      fmt::print(stderr, "there is no benchmark {}; there are P1 P3 P8 P9\n", id);
      return 2;
    }
    fmt::print(stderr, "==> {}\n", id);
    try {
      found->second(figures);
    } catch (std::exception const& e) {
      fmt::print(stderr, "{} could not be measured: {}\n", id, e.what());
      ++failed;
    }
  }
  figures.print();
  std::filesystem::create_directories(out);
  figures.write(out);
  return failed ? 1 : 0;
}
