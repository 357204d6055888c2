#include "config/yaml_dress.hpp"

#include <algorithm>
#include <utility>

namespace wardroom::config {
namespace {

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < text.size();) {
    auto const end = text.find('\n', at);
    auto const next = end == text.npos ? text.size() : end + 1;
    out.push_back(text.substr(at, next - at));
    at = next;
  }
  return out;
}

std::string_view without_end(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// How many lines two texts share at the begin and at the end, whatever ends them.
std::pair<std::size_t, std::size_t> shared(std::vector<std::string_view> const& a,
                                           std::vector<std::string_view> const& b) {
  auto const most = std::min(a.size(), b.size());
  std::size_t front = 0, back = 0;
  while (front < most && without_end(a[front]) == without_end(b[front])) ++front;
  while (back < most - front &&
         without_end(a[a.size() - 1 - back]) == without_end(b[b.size() - 1 - back]))
    ++back;
  return {front, back};
}

}  // namespace

ChangedLines changed_lines(std::string_view before, std::string_view after) {
  auto const a = split_lines(before), b = split_lines(after);
  auto const [front, back] = shared(a, b);
  ChangedLines out{front + 1, {}, {}};
  for (auto i = front; i < a.size() - back; ++i) out.before.emplace_back(without_end(a[i]));
  for (auto i = front; i < b.size() - back; ++i) out.after.emplace_back(without_end(b[i]));
  return out;
}

std::string dressed_as(std::string_view original, std::string_view edited) {
  std::string out;
  if (original.starts_with("\xEF\xBB\xBF")) {
    out = original.substr(0, 3);
    original.remove_prefix(3);
  }
  auto const old_lines = split_lines(original), new_lines = split_lines(edited);
  auto const [front, back] = shared(old_lines, new_lines);
  std::string_view const end =
      !old_lines.empty() && old_lines.front().ends_with("\r\n") ? "\r\n" : "\n";
  for (std::size_t i = 0; i < new_lines.size(); ++i) {
    if (i < front) {
      out += old_lines[i].ends_with('\n') ? old_lines[i] : std::string(old_lines[i]).append(end);
    } else if (i >= new_lines.size() - back) {
      out += old_lines[old_lines.size() - (new_lines.size() - i)];
    } else {
      out.append(without_end(new_lines[i])).append(end);
    }
  }
  return out;
}

}  // namespace wardroom::config
