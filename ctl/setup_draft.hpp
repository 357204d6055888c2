/// The configuration while it is being put together: the file as it is, or a fresh one, and the
/// keys that setup or import want in it.
#pragma once
#include "base/result.hpp"
#include "config/yaml_section.hpp"
#include "settings.hpp"

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::ctl {

/// `text` as one YAML scalar: plain where that is safe, else in double quotes.
std::string yaml_text(std::string_view text);
/// "[a, b]"
std::string yaml_list(std::vector<std::string> const& items);

/// Any value in one line, "{ a: [1, 2] }".
std::string yaml_flow(YAML::Node const& node);

class Draft {
 public:
  /// A file that is not there makes a fresh one. Errors: it cannot be read, is no YAML.
  static Result<Draft> open(std::string file);

  std::string const& file() const { return file_; }
  bool fresh() const { return fresh_; }
  /// Whether the file, or what was set since, has the key with a value, be it an empty one.
  bool has(std::string_view key) const;
  /// The scalar, or a list's scalars joined by ", "; empty when absent or deeper.
  std::string value(std::string_view key) const;
  YAML::Node node(std::string_view key) const;  ///< undefined when absent

  /// Puts a value in; `yaml` is its flow form ("8480", "[a, b]"), `comment` is for a fresh file.
  /// Error: the file is built in a way that the key cannot be put into.
  Result<void> set(std::string const& key, std::string const& yaml, std::string const& comment);
  std::vector<std::string> const& changed() const { return changed_; }

  /// The whole file as it is to be written.
  std::string const& text() const { return text_; }
  /// How the daemon reads it, and what it complains about; places are those of text().
  DaemonSettings read(config::Complaints& complaints) const;

 private:
  struct Entry {
    std::string key, yaml, comment;
  };
  Draft(std::string file, std::string text, bool fresh);
  Result<void> set_in_place(std::string const& key, std::string const& yaml);
  void refresh();
  std::string fresh_text() const;

  std::string file_, text_;
  bool fresh_ = false;
  YAML::Node root_;
  std::vector<Entry> entries_;  ///< of a fresh file, in the order of setting
  std::vector<std::string> changed_;
};

}  // namespace wardroom::ctl
