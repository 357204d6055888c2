#include "bench/bench_store.hpp"

#include "bench/child.hpp"
#include "bench/prefill.hpp"
#include "store/postgres_connection.hpp"
#include "store/sqlite_connection.hpp"

#include <filesystem>

namespace wardroom::bench {
namespace {

std::vector<std::string> const server_options{"-cshared_buffers=512MB", "-cmax_wal_size=4GB",
                                              "-cautovacuum=on"};

}  // namespace

BenchStore::BenchStore(store::Engine engine, test::Site const& site) {
  if (engine == store::Engine::postgres) {
    server_ = std::make_unique<test::PostgresServer>(server_options);
    url_ = server_->new_database().url;
  } else {
    path_ = site.folder() + "/state/wardroom.db";
    url_ = "sqlite:" + path_;
  }
}

void BenchStore::fill(int people, bool with_fixes) { prefill(url_, people, with_fixes); }

std::unique_ptr<store::Sql> BenchStore::open() const {
  if (!server_)
    return std::make_unique<store::SqliteConnection>(path_, store::SqliteConnection::Use::read);
  return std::make_unique<store::PostgresConnection>(store::PostgresSettings{.url = url_},
                                                     store::PostgresConnection::Use::read);
}

std::int64_t BenchStore::number(std::string_view sql) { return open()->one(sql)->integer(0); }

people::LoadedFixes BenchStore::fixes(PersonNo people) {
  return people::load_fixes(*open(), people);
}

double BenchStore::mib() {
  if (server_)
    return static_cast<double>(number("SELECT pg_database_size(current_database())")) / 1048576;
  double bytes = 0;
  for (auto const* end : {"", "-wal"})
    if (std::error_code none; std::filesystem::exists(path_ + end, none))
      bytes += static_cast<double>(std::filesystem::file_size(path_ + end));
  return bytes / 1048576;
}

double BenchStore::server_seconds() {
  if (!server_) return 0;
  double total = 0;
  open()->query("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()", {},
                [&](store::Row const& row) {
                  total += Child::watch(static_cast<pid_t>(row.integer(0))).cpu_seconds();
                });
  return total;
}

}  // namespace wardroom::bench
