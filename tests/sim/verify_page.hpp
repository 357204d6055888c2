/// The page on which a person types in the code that another machine shows.
#pragma once
#include "sim/organisation.hpp"

#include <string>

namespace wardroom::sim {

/// `code` fills the field in; `problem` = why the last try failed, or empty.
std::string verify_page(Organisation const& org, std::string const& code,
                        std::string const& problem);
std::string verify_done_page(std::string const& what);

}  // namespace wardroom::sim
