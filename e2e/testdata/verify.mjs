// Has @simplewebauthn/server verify what comes in as JSON: a list of ceremonies, each with what was asked for and what was answered. What goes out is a
// list of verdicts. COFACTOR_NPM is the folder of the packages.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.env.COFACTOR_NPM}/`);
const { verifyRegistrationResponse, verifyAuthenticationResponse } = await import(
  pathToFileURL(require.resolve('@simplewebauthn/server')).href
);

const verdicts = [];
for (const { origin, create, get } of JSON.parse(readFileSync(0, 'utf8'))) {
  const verdict = { create: '', get: '', format: '', algorithm: 0, counter: 0 };
  verdicts.push(verdict);
  const made = create.options.publicKey;
  const asked = get.options.publicKey;
  let credential;
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: create.response,
      expectedChallenge: made.challenge,
      expectedOrigin: origin,
      expectedRPID: made.rp.id,
      supportedAlgorithmIDs: made.pubKeyCredParams.map((p) => p.alg),
      requireUserVerification: true,
    });
    verdict.create = verified ? 'yes' : 'no';
    verdict.format = registrationInfo?.fmt;
    credential = registrationInfo?.credential;
  } catch (error) {
    verdict.create = `no: ${error.message}`;
    continue;
  }
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: get.response,
      expectedChallenge: asked.challenge,
      expectedOrigin: origin,
      expectedRPID: asked.rpId,
      credential,
      requireUserVerification: true,
    });
    verdict.get = verified ? 'yes' : 'no';
    verdict.counter = authenticationInfo?.newCounter;
  } catch (error) {
    verdict.get = `no: ${error.message}`;
  }
}
process.stdout.write(JSON.stringify(verdicts));
