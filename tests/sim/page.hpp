/// The files of the simulator's page, compiled in (page.cpp is generated from page/).
#pragma once
#include <array>
#include <string_view>

namespace wardroom::sim {

struct PageFile {
  std::string_view path, type, text;
};
extern std::array<PageFile, 4> const page_files;

}  // namespace wardroom::sim
