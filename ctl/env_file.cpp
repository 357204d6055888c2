#include "env_file.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace wardroom::ctl {
namespace {

bool is_name_part(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-';
}

/// Not long, and not of small letters, capitals and figures mixed as only random things are.
bool looks_like_name(std::string_view text) {
  auto const any = [&](int (*is)(int)) {
    return std::ranges::any_of(text, [&](unsigned char c) { return is(c) != 0; });
  };
  return text.size() <= 40 && !(any([](int c) { return std::islower(c); }) &&
                                any([](int c) { return std::isupper(c); }));
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }

  EnvFile read() {
    for (; !rest_.empty(); next_line()) {
      skip_blanks();
      if (rest_.empty() || at_end_of_line() || rest_.front() == '#') continue;
      entry();
    }
    return std::move(out_);
  }

 private:
  bool at_end_of_line() const { return rest_.empty() || rest_[0] == '\n' || rest_[0] == '\r'; }
  void skip_blanks() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t')) rest_.remove_prefix(1);
  }
  char take() {
    char const c = rest_.front();
    rest_.remove_prefix(1);
    if (c == '\n') ++line_;
    return c;
  }
  void next_line() {
    while (!rest_.empty() && rest_[0] != '\n') rest_.remove_prefix(1);
    if (!rest_.empty()) take();
  }
  void trouble(int line, std::string key, std::string sentence) {
    out_.troubles.push_back({line, std::move(key), std::move(sentence)});
  }

  std::string name() {
    char const quote = rest_.front() == '\'' ? '\'' : 0;
    if (quote) rest_.remove_prefix(1);
    std::string out;
    while (!rest_.empty() && is_name_part(rest_[0])) out += take();
    if (quote && !rest_.empty() && rest_[0] == quote) rest_.remove_prefix(1);
    return out;
  }

  void entry() {
    int const line = line_;
    auto key = name();
    if (key == "export" && !rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t')) {
      skip_blanks();
      key = name();
    }
    skip_blanks();
    if (key.empty()) return trouble(line, "", "is not KEY=VALUE");
    // A line of a key in PEM is no name, and is shown to nobody.
    auto const shown = looks_like_name(key) ? key : std::string();
    if (at_end_of_line() || rest_[0] == '#')
      return trouble(line, shown, "has no value: there is no =");
    if (rest_[0] != '=') return trouble(line, shown, "is not KEY=VALUE");
    rest_.remove_prefix(1);
    skip_blanks();
    auto const value = at_end_of_line()                      ? std::optional(std::string())
                       : rest_[0] == '"' || rest_[0] == '\'' ? quoted(line, key)
                                                             : plain();
    if (!value) return;
    auto const resolved = resolve(line, key, *value);
    if (resolved) out_.entries.push_back({line, key, *resolved});
  }

  std::optional<std::string> plain() {
    std::string out;
    while (!at_end_of_line()) {
      bool const comment =
          rest_[0] == '#' && (out.empty() || out.back() == ' ' || out.back() == '\t');
      if (comment) break;
      out += take();
    }
    while (!out.empty() && (out.back() == ' ' || out.back() == '\t')) out.pop_back();
    return out;
  }

  std::optional<std::string> quoted(int line, std::string const& key) {
    char const quote = take();
    std::string out;
    while (!rest_.empty() && rest_[0] != quote) {
      char const c = take();
      if (c != '\\' || rest_.empty()) {
        if (c != '\r' || rest_.empty() || rest_[0] != '\n') out += c;
        continue;
      }
      escape(quote, out);
    }
    if (rest_.empty()) {
      trouble(line, key, "begins with a quote that never ends");
      return std::nullopt;
    }
    take();
    skip_blanks();
    if (!at_end_of_line() && rest_[0] != '#') {
      trouble(line, key, "goes on behind its closing quote");
      return std::nullopt;
    }
    return out;
  }

  void escape(char quote, std::string& out) {
    char const c = take();
    static constexpr std::string_view names = "abfnrtv", means = "\a\b\f\n\r\t\v";
    if (c == '\\' || c == '\'')
      out += c;
    else if (quote == '"' && c == '"')
      out += c;
    else if (auto const at = names.find(c); quote == '"' && at != names.npos)
      out += means[at];
    else
      (out += '\\') += c;
  }

  /// ${NAME} and ${NAME:-otherwise} of what stands above.
  std::optional<std::string> resolve(int line, std::string const& key, std::string const& value) {
    std::string out;
    for (std::size_t at = 0; at < value.size();) {
      auto const begin = value.find("${", at);
      auto const end = begin == value.npos ? value.npos : value.find('}', begin);
      if (end == value.npos) return out + value.substr(at);
      out += value.substr(at, begin - at);
      auto name = value.substr(begin + 2, end - begin - 2);
      std::optional<std::string> otherwise;
      if (auto const minus = name.find(":-"); minus != name.npos) {
        otherwise = name.substr(minus + 2);
        name.resize(minus);
      }
      auto const known = std::find_if(out_.entries.rbegin(), out_.entries.rend(),
                                      [&](EnvEntry const& entry) { return entry.key == name; });
      if (known != out_.entries.rend()) {
        out += known->value;
      } else if (otherwise) {
        out += *otherwise;
      } else {
        trouble(line, key, "refers to ${" + name + "}, which does not stand above it");
        return std::nullopt;
      }
      at = end + 1;
    }
    return out;
  }

  std::string_view rest_;
  int line_ = 1;
  EnvFile out_;
};

}  // namespace

EnvFile parse_env(std::string_view text) { return Reader(text).read(); }

}  // namespace wardroom::ctl
