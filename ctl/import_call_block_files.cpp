#include "env_file.hpp"
#include "import_call_block.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <optional>

namespace wardroom::ctl {
namespace {

namespace fs = std::filesystem;
using Fate = ImportLine::Fate;

constexpr std::size_t longest_file = 1u << 20;
constexpr std::array subfolders{"", "app/config", "config", "app"};
constexpr std::string_view not_run = "; nothing is executed here";

/// "" when the prototype's folder has none; the first of its usual places.
std::string find_file(std::string const& folder, std::string_view name) {
  std::error_code trouble;
  for (auto const* sub : subfolders) {
    auto const path = fs::path(folder) / sub / name;
    if (fs::is_regular_file(path, trouble)) return path.lexically_relative(folder).string();
  }
  return "";
}

/// nullopt when it cannot be read.
std::optional<std::string> content(fs::path const& path) {
  std::ifstream in(path, std::ios::binary);
  std::error_code trouble;
  if (!in || fs::file_size(path, trouble) > longest_file || trouble) return std::nullopt;
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

class Reading {
 public:
  void env(std::string const& folder, std::string const& file) {
    auto const text = text_of(folder, file);
    if (!text) return;
    auto const parsed = parse_env(*text);
    for (auto const& entry : parsed.entries)
      keep(entry.key, {file, entry.line, {PythonValue::Kind::text, entry.value}});
    for (auto const& trouble : parsed.troubles)
      note(file, trouble.line, trouble.key, Fate::cannot, trouble.sentence);
  }
  void settings(std::string const& folder, std::string const& file) {
    auto const text = text_of(folder, file);
    if (!text) return;
    for (auto const& setting : parse_python_settings(*text)) {
      auto const why = setting.trouble.empty()
                           ? std::string()
                           : fmt::format("not understood: {}{}", setting.trouble, not_run);
      if (setting.name.empty())
        note(file, setting.line, "", Fate::cannot, why);
      else
        keep(setting.name, {file, setting.line, setting.value, why});
    }
  }

  CallBlockFiles out;

 private:
  std::optional<std::string> text_of(std::string const& folder, std::string const& file) {
    if (file.empty()) return std::nullopt;
    auto text = content(fs::path(folder) / file);
    if (!text)
      note(file, 0, "", Fate::cannot, "the file cannot be read, or is no such file at all");
    return text;
  }
  void note(std::string file, int line, std::string key, Fate fate, std::string why) {
    out.notes.push_back({std::move(file), line, std::move(key), fate, "", "", std::move(why)});
  }
  /// The last one counts.
  void keep(std::string const& name, FoundValue found) {
    auto const before = out.values.find(name);
    if (before == out.values.end())
      out.order.push_back(name);
    else
      note(before->second.file, before->second.line, name, Fate::not_needed,
           before->second.file == found.file
               ? fmt::format("line {} says it again, and the last one counts", found.line)
               : found.file + " says it too, and that one counted");
    out.values.insert_or_assign(name, std::move(found));
  }
};

}  // namespace

CallBlockFiles read_call_block_files(std::string const& folder) {
  Reading reading;
  reading.env(folder, find_file(folder, ".env"));
  reading.settings(folder, find_file(folder, "settings.py"));
  return std::move(reading.out);
}

}  // namespace wardroom::ctl
