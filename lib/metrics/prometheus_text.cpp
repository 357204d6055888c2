#include "metrics/prometheus_text.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace wardroom::metrics {
namespace {

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  // Exact up to 2^53, and without an exponent, which reads better.
  if (value == std::floor(value) && std::fabs(value) < 9007199254740992.0)
    return fmt::format("{}", static_cast<std::int64_t>(value));
  return fmt::format("{}", value);
}

std::string escape(std::string_view text, bool quotes) {
  std::string out;
  for (char const c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"' && quotes)
      out += "\\\"";
    else
      out += c;
  }
  return out;
}

std::string label_set(Labels const& labels, std::string_view le = {}) {
  std::string out;
  for (auto const& [name, value] : labels)
    out += fmt::format("{}{}=\"{}\"", out.empty() ? "{" : ",", name, escape(value, true));
  if (!le.empty()) out += fmt::format("{}le=\"{}\"", out.empty() ? "{" : ",", le);
  return out.empty() ? out : out + "}";
}

void add_histogram(std::string& out, std::string_view name, Labels const& labels,
                   Histogram const& histogram) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < histogram.counts().size(); ++i) {
    below += histogram.counts()[i];
    auto const bound = i < histogram.bounds().size() ? number(histogram.bounds()[i]) : "+Inf";
    fmt::format_to(std::back_inserter(out), "{}_bucket{} {}\n", name, label_set(labels, bound),
                   below);
  }
  fmt::format_to(std::back_inserter(out), "{0}_sum{1} {2}\n{0}_count{1} {3}\n", name,
                 label_set(labels), number(histogram.sum()), histogram.count());
}

std::string_view word(Kind kind) {
  switch (kind) {
    case Kind::counter:
      return "counter";
    case Kind::gauge:
      return "gauge";
    case Kind::histogram:
      return "histogram";
  }
  return "untyped";
}

}  // namespace

std::string prometheus_text(std::span<Family const> families) {
  std::string out;
  auto const end = std::back_inserter(out);
  for (auto const& family : families) {
    fmt::format_to(end, "# HELP {} {}\n# TYPE {} {}\n", family.name, escape(family.help, false),
                   family.name, word(family.kind));
    for (auto const& sample : family.samples) {
      if (auto const* histogram = std::get_if<Histogram const*>(&sample.value))
        add_histogram(out, family.name, sample.labels, **histogram);
      else
        fmt::format_to(end, "{}{} {}\n", family.name, label_set(sample.labels),
                       number(std::get<double>(sample.value)));
    }
  }
  return out;
}

}  // namespace wardroom::metrics
