#include "lib/http/probe_file.hpp"

#include <cctype>
#include <fstream>
#include <sstream>
#include <string_view>

namespace wardroom::http {
namespace {

std::string unescape(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\') {
      out += line[i];
      continue;
    }
    char const c = line.at(++i);
    if (c == 'r') out += '\r';
    if (c == 'n') out += '\n';
    if (c == 't') out += '\t';
    if (c == '0') out += '\0';
    if (c == '\\') out += '\\';
    if (c == 'x') {
      out += static_cast<char>(std::stoi(std::string(line.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    }
    if (c != '(') continue;
    auto const star = line.find('*', i);
    auto const close = line.find(')', star);
    auto const piece = unescape(line.substr(i + 1, star - i - 1));
    for (int n = std::stoi(std::string(line.substr(star + 1, close - star - 1))); n > 0; --n)
      out += piece;
    i = close;
  }
  return out;
}

}  // namespace

std::vector<Probe> read_probes() {
  std::ifstream file(WARDROOM_SOURCE_DIR "/tests/fixtures/http_probes.txt");
  std::vector<Probe> probes;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("=== ")) {
      probes.push_back({line.substr(4), "", {}, false});
      inside = true;
    } else if (line.starts_with("--- ")) {
      std::istringstream words(line.substr(4));
      for (std::string word; words >> word;) {
        if (word == "closes") probes.back().closes = true;
        if (std::isdigit(static_cast<unsigned char>(word[0])))
          probes.back().statuses.push_back(std::stoi(word));
      }
      inside = false;
    } else if (inside) {
      probes.back().request += unescape(line);
    }
  }
  return probes;
}

}  // namespace wardroom::http
