const MAX_TEXT = 2_000;

/** What to do about messages of Fabric that administrators meet. The first that fits counts. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/creator org unknown|creator is malformed|MSP .* is unknown/i, 'the channel does not know this organisation: check the MSP id and the MSP folder'],
  [/identity is not an admin|failed ACL check|access denied|Failed to authorize|policy for .*not satisfied/i, 'use an administrator’s MSP folder: its certificate has the organisational unit admin'],
  [/x509: |tls: |handshake failed/i, 'check the TLS root certificate of that address, and the client certificate where it asks for one'],
  [/connection refused/i, 'check that the peer or orderer runs at that address'],
  [/context deadline exceeded|Unavailable|failed to create new connection/i, 'check that the peer or orderer runs at that address, its TLS root certificate, and the client certificate where it asks for one'],
  [/attempted to redefine|requested sequence is/i, 'another definition was committed meanwhile: run the command again'],
  [/chaincode definition not agreed to/i, 'have more organisations approve the same definition'],
  [/could not build chaincode|docker build failed|no handler/i, 'the peer needs an external builder for packages of type ccaas in its core.yaml (chaincode.externalBuilders)'],
];

/** One text of a failed command: what ran, Fabric's message without colours and usage, and what to do. */
export function explainFailure(command: string, output: string): string {
  const [message = ''] = output.replaceAll(/\u001b\[[0-9;]*m/g, '').split(/^Usage:/m);
  const text = message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('; ')
    .slice(-MAX_TEXT);
  const advice = ADVICE.find(([pattern]) => pattern.test(text))?.[1];
  return `${command}: ${text === '' ? 'failed without a message' : text}${advice === undefined ? '' : ` — ${advice}`}`;
}
