/// The tables of people, sessions and fixes: schema steps 10 to 19, and 57.
#pragma once
#include "store/database.hpp"

#include <span>

namespace wardroom::people {

std::span<store::Migration const> migrations();

}  // namespace wardroom::people
