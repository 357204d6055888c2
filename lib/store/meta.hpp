/// Single named values of the store (table meta); for use inside a unit or a read.
#pragma once
#include "store/database.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace wardroom::store {

std::optional<std::string> get_meta(Sql& sql, std::string_view key);
void set_meta(Sql& sql, std::string_view key, std::string value);
void remove_meta(Sql& sql, std::string_view key);

}  // namespace wardroom::store
