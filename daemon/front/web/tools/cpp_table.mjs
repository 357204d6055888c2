// Writes the built pages as one C++ file: a table of embedded files.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';

const types = {
  html: 'text/html; charset=utf-8', css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8',
  json: 'application/json', svg: 'image/svg+xml', txt: 'text/plain; charset=utf-8',
};

/**
 * files: [{ path (in the browser), file (absolute), immutable }];
 * at: where the C++ file will lie, to name the others from there.
 */
export function cppTable(files, at) {
  const rows = files.map(({ path, file, immutable }, i) => {
    // The digest also makes this file change with every embedded one, which compiler caches rely on.
    const etag = createHash('sha256').update(readFileSync(file)).digest('base64url').slice(0, 22);
    const type = types[file.split('.').at(-1)];
    if (!type) throw new Error(`no content type is known for ${file}`);
    return { path, file, immutable, etag, type, name: `file_${i}` };
  });
  const data = rows.map(({ name, file }) => `constexpr char ${name}[] = {\n#embed ${JSON.stringify(relative(dirname(at), file))}\n};`);
  const table = rows.map(({ path, type, name, etag, immutable }) =>
    `    {${JSON.stringify(path)}, ${JSON.stringify(type)}, {${name}, sizeof ${name}}, "\\"${etag}\\"", ${immutable}},`);
  return `/// Made by build.mjs from the built pages; not edited by hand.
#include "front/web/assets.hpp"

namespace wardroom::front {
namespace {

${data.join('\n')}

constexpr http::Asset table[] = {
${table.join('\n')}
};

}  // namespace

std::span<http::Asset const> web_assets() { return table; }

}  // namespace wardroom::front
`;
}
