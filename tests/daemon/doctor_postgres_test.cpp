// `doctor` on a site whose store is PostgreSQL.
#include "store_site.hpp"

namespace wardroom::test {
namespace {

using nlohmann::json;

TEST(DoctorOnPostgres, says_which_server_it_is_and_that_commits_are_on_its_disk) {
  Site site{one_fence};
  PostgresPlace const postgres;
  site.set_store(postgres.url());
  site.write_config(one_fence);
  site.start_daemon(with_postgres(site));
  auto const answer = http({.url = "http://wardroom/v1/doctor?area=store",
                            .unix_socket = site.folder() + "/control.sock",
                            .timeout = std::chrono::seconds(30)});
  EXPECT_NE(answer.body.find("\"sentence\":\"PostgreSQL 15"), std::string::npos) << answer.body;
  EXPECT_NE(answer.body.find("Commits are on the disk before they are answered"), std::string::npos)
      << answer.body;
  EXPECT_NE(answer.body.find("The store takes writes"), std::string::npos) << answer.body;
  EXPECT_EQ(answer.body.find("\"failed\","), std::string::npos) << answer.body;
  EXPECT_NE(answer.body.find("\"failed\":0"), std::string::npos) << answer.body;
}

}  // namespace
}  // namespace wardroom::test
