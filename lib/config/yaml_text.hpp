/// The text of a YAML file by lines and columns, and where in it a value ends: what yaml-cpp does
/// not say. Pure.
#pragma once
#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::config {

/// Without a byte order mark, every line's end a "\n": lines and columns stay what they are.
std::string plain_lines(std::string_view text);

class YamlText {
 public:
  explicit YamlText(std::string_view text);

  std::string_view text() const { return text_; }
  std::size_t at(YAML::Mark mark) const;
  std::size_t line_of(std::size_t offset) const;      ///< from 0
  std::size_t end_of_line(std::size_t offset) const;  ///< of its "\n", or the text's end

  /// One past the quote that closes the one at `begin`; nullopt when none does.
  std::optional<std::size_t> end_of_quoted(std::size_t begin) const;
  /// One past the bracket that closes the one at `begin`.
  std::optional<std::size_t> end_of_flow(std::size_t begin) const;
  /// One past a plain text that begins and ends in this line.
  std::size_t end_of_plain(std::size_t begin, bool in_flow) const;
  /// One past the last line of a text that begins with | or > and hangs below a key of this column.
  std::size_t end_of_block_text(std::size_t begin, std::size_t key_column) const;
  /// Where the value of the key at `key` begins; its line's end, or a closing bracket, when the
  /// key has none.
  std::size_t value_of(YAML::Mark key) const;

 private:
  std::string_view text_;
  std::vector<std::size_t> lines_;
};

}  // namespace wardroom::config
