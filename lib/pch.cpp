// The translation unit that owns the precompiled header, and what is instantiated once for all.
#include "pch.hpp"

template class nlohmann::basic_json<>;
template class nlohmann::basic_json<nlohmann::ordered_map>;
