/// Reads tests/fixtures/http_probes.txt; its format is described there.
#pragma once
#include <string>
#include <vector>

namespace wardroom::http {

struct Probe {
  std::string name, request;
  std::vector<int> statuses;
  bool closes = false;
};

std::vector<Probe> read_probes();

}  // namespace wardroom::http
