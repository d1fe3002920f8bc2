// Signs FILE with sigstore-js against an instance: key, certificate, timestamp, log entry, bundle.
// node sign.mjs --instance DIR [--token FILE|-] --bundle OUT FILE      (token: standard input by default)
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { options, read, readJson, run, sigstore, Usage } from './common.mjs';

const TIMEOUT_MS = 30000;

// The signing configuration says where to go, as for every other client.
function service(config, list, version) {
  const found = (config[list] ?? []).find((entry) => entry.majorApiVersion === version);
  if (!found) throw new Usage(`signing_config.json: no ${list} with majorApiVersion ${version}`);
  return found.url.replace(/\/$/, '');
}

// instance.json and signing_config.json are written by two hands: they must agree.
function checkAgreement(instance, config) {
  const pairs = [['fulcio', 'caUrls', 1], ['rekor', 'rekorTlogUrls', 2], ['tsa', 'tsaUrls', 1]];
  for (const [member, list, version] of pairs) {
    const url = service(config, list, version);
    if (instance[member]?.replace(/\/$/, '') !== url)
      throw new Usage(`instance.json ${member} is ${instance[member]}, signing_config.json says ${url}`);
  }
}

await run('sign.mjs', async () => {
  const chosen = options(['instance', 'bundle'], ['token']);
  const { FulcioSigner, MessageSignatureBundleBuilder, RekorWitness, TSAWitness } = sigstore('sign');
  const { bundleToJSON } = sigstore('bundle');
  const config = readJson(join(chosen.instance, 'signing_config.json'));
  checkAgreement(readJson(join(chosen.instance, 'instance.json')), config);
  const token = read(chosen.token ?? '-').toString('utf8').trim();

  const limits = { timeout: TIMEOUT_MS, retry: 0 };
  const signer = new FulcioSigner({
    ...limits,
    fulcioBaseURL: service(config, 'caUrls', 1),
    identityProvider: { getToken: async () => token },
  });
  // TSAWitness appends the path itself; the configuration holds the full endpoint.
  const tsaBaseURL = service(config, 'tsaUrls', 1).replace(/\/api\/v1\/timestamp$/, '');
  const witnesses = [
    new RekorWitness({
      ...limits, rekorBaseURL: service(config, 'rekorTlogUrls', 2), majorApiVersion: 2,
    }),
    new TSAWitness({ ...limits, tsaBaseURL }),
  ];
  const builder = new MessageSignatureBundleBuilder({ signer, witnesses });
  const bundle = await builder.create({ data: read(chosen.file) });
  writeFileSync(chosen.bundle, JSON.stringify(bundleToJSON(bundle)));
  console.log(`signed ${chosen.file}`);
});
