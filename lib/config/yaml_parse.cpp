// From text to nodes: what yaml-cpp would take silently or tell unclearly is found here.
#include "base/encoding.hpp"
#include "config/config_file.hpp"
#include "config/yaml_text.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>

#include <sstream>

namespace wardroom::config {
namespace {

constexpr std::size_t most_of_a_kind = 20;
/// Beyond them a file is no configuration, and looking keys up would take minutes.
constexpr std::size_t most_values = 100'000, most_in_one_section = 4'000;

struct TooMuch {
  YAML::Mark mark;
  std::string what;
};

/// Looks at the text as it is parsed, before anything is built from it.
class Shape final : public YAML::EventHandler {
 public:
  Shape(YamlText const& text, std::string const& file, Complaints& complaints)
      : text_(text), file_(file), complaints_(complaints) {}

  void OnDocumentStart(YAML::Mark const& mark) override {
    if (++documents_ != 2) return;
    auto const rest = text_.text().substr(text_.at(mark));
    complain(mark, rest.starts_with("---")
                       ? "a second document begins here (---): one file is one configuration"
                       : "what begins here does not belong to what stands above: is a bracket "
                         "closed that was never opened, or the line indented otherwise?");
  }
  void OnDocumentEnd() override {}
  int documents() const { return documents_; }
  void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override { look(mark, anchor); }
  void OnAlias(YAML::Mark const& mark, YAML::anchor_t) override {
    count(mark);
    complain(mark, "aliases (*name) are not taken: write the value out");
  }
  void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                std::string const&) override {
    look(mark, anchor);
    auto const at = text_.at(mark);
    bool const quoted = tag == "!" && at < text_.text().size() &&
                        (text_.text()[at] == '"' || text_.text()[at] == '\'');
    if (quoted && !text_.end_of_quoted(at))
      complain(mark, "the quote opened here is never closed: the rest of the file is lost in it");
  }
  void OnSequenceStart(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    look(mark, anchor);
    sizes_.push_back({false, 0});
  }
  void OnSequenceEnd() override { sizes_.pop_back(); }
  void OnMapStart(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    look(mark, anchor);
    sizes_.push_back({true, 0});
  }
  void OnMapEnd() override { sizes_.pop_back(); }

 private:
  /// Keys and values alike: a section has two of them an entry.
  void count(YAML::Mark const& mark) {
    if (++values_ > most_values)
      throw TooMuch{mark, fmt::format("it has more than {} values", most_values)};
    if (!sizes_.empty() && sizes_.back().section &&
        ++sizes_.back().values > 2 * most_in_one_section)
      throw TooMuch{mark, fmt::format("a section has more than {} entries", most_in_one_section)};
  }
  void look(YAML::Mark const& mark, YAML::anchor_t anchor) {
    count(mark);
    if (anchor != 0) complain(mark, "anchors (&name) are not taken: write the value out");
  }
  void complain(YAML::Mark const& mark, char const* what) {
    if (++told_ <= most_of_a_kind)
      complaints_.push_back({file_, mark.line + 1, mark.column + 1, "", what});
  }

  YamlText const& text_;
  std::string const& file_;
  Complaints& complaints_;
  struct Size {
    bool section;
    std::size_t values;
  };
  int documents_ = 0;
  std::size_t told_ = 0, values_ = 0;
  std::vector<Size> sizes_;  ///< of what is open
};

/// What people usually did when yaml-cpp says this.
std::string_view hint(std::string_view message) {
  struct Row {
    std::string_view says, hint;
  };
  static constexpr Row rows[] = {
      {"illegal map value",
       "is this line indented like its neighbours? A text that holds ': ' needs quotes"},
      {"end of map not found", "is this line indented like its neighbours?"},
      {"end of sequence not found", "is this line indented like its neighbours?"},
      {"end of sequence flow", "a '[' is not closed, or a comma is missing"},
      {"end of map flow", "a '{' is not closed, or a comma is missing"},
      {"illegal flow end", "a bracket is closed here that was never opened"},
      {"unknown token", "a text that begins with @, %, ` or | needs quotes"},
      {"unknown escape", "in \"…\" a backslash is written \\\\; or use '…'"},
      {"anchor is not defined", "a text that begins with * needs quotes"},
      {"illegal block entry", "is this '-' indented like its neighbours?"},
      {"bad file", "it is nested too deeply"},
  };
  for (auto const& row : rows)
    if (message.contains(row.says)) return row.hint;
  return "is this line indented like its neighbours, with all quotes and brackets closed?";
}

/// The nearest tab among the indentation of the lines up to the one where parsing failed.
std::optional<YAML::Mark> tab_before(std::string_view text, int line) {
  std::optional<YAML::Mark> out;
  int number = 0;
  for (std::size_t at = 0; at < text.size() && number <= line; ++number) {
    auto const end = std::min(text.find('\n', at), text.size());
    auto const row = text.substr(at, end - at);
    auto const content = std::min(row.find_first_not_of(" \t"), row.size());
    if (auto const tab = row.substr(0, content).find('\t');
        tab != row.npos && content < row.size()) {
      out = YAML::Mark();
      out->line = number;
      out->column = static_cast<int>(tab);
    }
    at = end + 1;
  }
  return out;
}

Complaint syntax_error(YAML::Exception const& error, std::string_view text,
                       std::string const& file) {
  if (auto const tab = tab_before(text, error.mark.line))
    return {file, tab->line + 1, tab->column + 1, "",
            "a tab stands in the indentation: YAML takes spaces only"};
  return {file, error.mark.line + 1, error.mark.column + 1, "",
          fmt::format("cannot be read on from here, {}: {}", error.msg, hint(error.msg))};
}

/// The first byte that no text file holds; npos when all is well.
std::size_t first_strange(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f) return i;
  }
  for (std::size_t i = 0; i < text.size();) {
    auto const c = static_cast<unsigned char>(text[i]);
    std::size_t const length = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (!is_valid_utf8(text.substr(i, length))) return i;
    i += length;
  }
  return text.npos;
}

}  // namespace

YAML::Node parse_yaml(std::string_view given, std::string const& file, Complaints& complaints) {
  if (given.starts_with("\xFF\xFE") || given.starts_with("\xFE\xFF")) {
    complaints.push_back({file, 1, 1, "", "is written in UTF-16: save it as UTF-8"});
    return {};
  }
  auto const text = plain_lines(given);
  YamlText const lines(text);
  if (auto const strange = first_strange(text); strange != text.npos) {
    auto const line = lines.line_of(strange);
    auto const begin = strange == 0 ? text.npos : text.rfind('\n', strange - 1);
    auto const column = begin == text.npos ? strange : strange - begin - 1;
    complaints.push_back({file, static_cast<int>(line) + 1, static_cast<int>(column) + 1, "",
                          static_cast<unsigned char>(text[strange]) < 0x80
                              ? "holds a control character, which no text file does: remove it"
                              : "holds bytes that are no UTF-8: save the file as UTF-8"});
    return {};
  }
  try {
    auto const before = complaints.size();
    std::istringstream in(text);
    YAML::Parser parser(in);
    Shape shape(lines, file, complaints);
    // Two at most: before a stray bracket yaml-cpp finds one empty document after the other.
    while (shape.documents() < 2 && parser.HandleNextDocument(shape)) {
    }
    if (complaints.size() != before) return {};
    return YAML::Load(text);
  } catch (TooMuch const& found) {
    complaints.push_back({file, found.mark.line + 1, found.mark.column + 1, "",
                          found.what + ": is it the right file?"});
    return {};
  } catch (YAML::Exception const& error) {
    complaints.push_back(syntax_error(error, text, file));
    return {};
  }
}

}  // namespace wardroom::config
