/// Location posts as complete requests, and the fix each of them leaves in the store.
#pragma once
#include "people/fix_batch.hpp"
#include "support/site.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace wardroom::bench {

/// The post of prefilled person `index`; everybody's coordinates are their own.
std::string location_post(std::string const& host, int index);
/// Of `count` different ones among `people`, scattered over them: neighbours in time are none in
/// the store.
std::vector<std::string> scattered_posts(test::Site const& site, int people, int count);
/// Who sends post number `n` of scattered_posts.
int scattered_person(int people, int n);
/// Whether what is stored of prefilled person `index` is what their post said.
bool is_of_post(people::StoredFix const& fix, int index);

std::uint16_t port_of(test::Site const& site);

}  // namespace wardroom::bench
