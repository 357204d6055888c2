#include "metrics/registry.hpp"

#include <algorithm>
#include <stdexcept>

namespace wardroom::metrics {
namespace {

bool is_name(std::string_view name) {
  auto const good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
         std::all_of(name.begin(), name.end(), good);
}

void check(Kind kind, std::string_view name, Labels const& labels) {
  bool const total = name.ends_with("_total");
  if (!name.starts_with("wardroom_") || !is_name(name) || total != (kind == Kind::counter))
    throw std::logic_error(
        "not a metric name (wardroom_…, counters end in _total, others do not): " +
        std::string(name));
  for (auto const& [label, value] : labels)
    if (!is_name(label) || label.starts_with("__") || label == "le")
      throw std::logic_error("not a label name of " + std::string(name) + ": " + label);
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {
  if (bounds_.empty() ||
      std::adjacent_find(bounds_.begin(), bounds_.end(), std::greater_equal<>()) != bounds_.end())
    throw std::logic_error("the bounds of a histogram rise, and there is at least one");
}

void Histogram::observe(double value) {
  auto const bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  ++counts_[static_cast<std::size_t>(bucket)];
  sum_ += value;
  ++count_;
}

std::vector<double> latency_bounds() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
          0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
}

Registry::Entry& Registry::entry(Kind kind, std::string_view name, std::string_view help,
                                 Labels const& labels) {
  check(kind, name, labels);
  auto const [place, fresh] = entries_.try_emplace(std::string(name));
  auto& entry = place->second;
  if (fresh) {
    entry.help = help;
    entry.kind = kind;
  }
  if (entry.kind != kind || entry.help != help)
    throw std::logic_error("two meanings of the metric " + std::string(name));
  return entry;
}

template <class T>
T* Registry::known(Entry& entry, Labels const& labels) {
  for (auto& metric : entry.metrics) {
    if (metric.labels != labels) continue;
    if (auto* const found = std::get_if<std::unique_ptr<T>>(&metric.what)) return found->get();
    throw std::logic_error("a metric is both counted and watched: " + entry.help);
  }
  return nullptr;
}

template <class T>
T& Registry::add(Entry& entry, Labels labels, std::unique_ptr<T> fresh) {
  auto& added = *fresh;
  entry.metrics.push_back({std::move(labels), std::move(fresh)});
  return added;
}

Counter& Registry::counter(std::string_view name, std::string_view help, Labels labels) {
  auto& where = entry(Kind::counter, name, help, labels);
  if (auto* const found = known<Counter>(where, labels)) return *found;
  return add(where, std::move(labels), std::make_unique<Counter>());
}

Gauge& Registry::gauge(std::string_view name, std::string_view help, Labels labels) {
  auto& where = entry(Kind::gauge, name, help, labels);
  if (auto* const found = known<Gauge>(where, labels)) return *found;
  return add(where, std::move(labels), std::make_unique<Gauge>());
}

Histogram& Registry::histogram(std::string_view name, std::string_view help,
                               std::vector<double> bounds, Labels labels) {
  auto& where = entry(Kind::histogram, name, help, labels);
  if (auto* const found = known<Histogram>(where, labels)) return *found;
  return add(where, std::move(labels), std::make_unique<Histogram>(std::move(bounds)));
}

void Registry::watch(Kind kind, std::string_view name, std::string_view help, Labels labels,
                     std::function<double()> read) {
  if (kind == Kind::histogram) throw std::logic_error("a histogram cannot be watched");
  auto& where = entry(kind, name, help, labels);
  for (auto const& metric : where.metrics)
    if (metric.labels == labels)
      throw std::logic_error("two sources of the metric " + std::string(name));
  where.metrics.push_back({std::move(labels), std::move(read)});
}

std::vector<Family> Registry::read() const {
  std::vector<Family> families;
  families.reserve(entries_.size());
  for (auto const& [name, entry] : entries_) {
    Family family{name, entry.help, entry.kind, {}};
    for (auto const& metric : entry.metrics) {
      Sample sample{metric.labels, 0.0};
      if (auto const* counter = std::get_if<std::unique_ptr<Counter>>(&metric.what))
        sample.value = static_cast<double>((*counter)->value());
      else if (auto const* gauge = std::get_if<std::unique_ptr<Gauge>>(&metric.what))
        sample.value = (*gauge)->value();
      else if (auto const* histogram = std::get_if<std::unique_ptr<Histogram>>(&metric.what))
        sample.value = histogram->get();
      else
        sample.value = std::get<Read>(metric.what)();
      family.samples.push_back(std::move(sample));
    }
    families.push_back(std::move(family));
  }
  return families;
}

}  // namespace wardroom::metrics
