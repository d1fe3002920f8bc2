// Verifies a bundle over FILE with sigstore-js.
// node verify.mjs --trusted-root F --bundle B --identity I --issuer U FILE
import { options, read, readJson, run, sigstore } from './common.mjs';

const THRESHOLDS = { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1 };

// The library takes the name as a regular expression; ours is exact.
const exactly = (text) => `^${text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}$`;

await run('verify.mjs', async () => {
  const chosen = options(['trusted-root', 'bundle', 'identity', 'issuer']);
  const { toSignedEntity, toTrustMaterial, Verifier } = sigstore('verify');
  const { bundleFromJSON } = sigstore('bundle');
  const { TrustedRoot } = sigstore('protobuf-specs');

  const material = toTrustMaterial(TrustedRoot.fromJSON(readJson(chosen['trusted-root'])));
  const entity = toSignedEntity(bundleFromJSON(readJson(chosen.bundle)), read(chosen.file));
  new Verifier(material, THRESHOLDS).verify(entity, {
    subjectAlternativeName: exactly(chosen.identity),
    extensions: { issuer: chosen.issuer },
  });
  console.log(`verified ${chosen.file}`);
});
