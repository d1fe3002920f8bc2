// What sign.mjs and verify.mjs share: finding sigstore-js, options, exit statuses.
// Exit status: 0 done or verified, 1 refused, 2 wrong usage or a file that cannot be read.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

export class Usage extends Error {}

// ES module imports ignore NODE_PATH, so the folder is named and required from.
export function sigstore(name) {
  const folder = process.env.MAYFLY_SIGSTORE_JS;
  if (!folder) throw new Usage('MAYFLY_SIGSTORE_JS must name the folder of sigstore-js');
  return createRequire(join(folder, 'package.json'))(`@sigstore/${name}`);
}

export function options(required, optional = []) {
  const known = [...required, ...optional];
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: Object.fromEntries(known.map((name) => [name, { type: 'string' }])),
    });
  } catch (error) {
    throw new Usage(error.message);
  }
  const missing = required.find((name) => !parsed.values[name]);
  if (missing) throw new Usage(`--${missing} is missing`);
  if (parsed.positionals.length !== 1) throw new Usage('exactly one FILE is wanted');
  return { ...parsed.values, file: parsed.positionals[0] };
}

export function read(path) {
  try {
    return readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    throw new Usage(`${path}: ${error.message}`);
  }
}

export const readJson = (path) => JSON.parse(read(path).toString('utf8'));

function explain(error) {
  const causes = [];
  for (let at = error; at; at = at.cause) causes.push(`${at.code ?? at.name}: ${at.message}`);
  return causes.join(' <- ');
}

export async function run(name, work) {
  try {
    await work();
  } catch (error) {
    console.error(`${name}: ${explain(error)}`);
    process.exitCode = error instanceof Usage ? 2 : 1;
  }
}
