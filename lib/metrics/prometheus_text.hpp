/// Metrics as Prometheus exposition text, version 0.0.4. Pure.
#pragma once
#include "metrics/registry.hpp"

#include <span>
#include <string>

namespace wardroom::metrics {

/// Content-Type of the text.
inline constexpr std::string_view prometheus_type = "text/plain; version=0.0.4; charset=utf-8";

std::string prometheus_text(std::span<Family const> families);

}  // namespace wardroom::metrics
