import { createRequire } from 'node:module';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createDevCa } from '@selvedge/identity';
import { rememberCreators } from './known-creators.js';

interface Identity {
  readonly attrs: Record<string, string>;
  readonly stub: unknown;
  getID(): string;
  getMSPID(): string;
  getIDBytes(): Uint8Array;
  getAttributeValue(name: string): string | null;
}
type IdentityClass = new (stub: object) => Identity;

const require = createRequire(import.meta.url);
const file = require.resolve('fabric-shim/lib/chaincode.js');
const { Certificate } = createRequire(file)('@fidm/x509') as { Certificate: { fromPEM: (pem: unknown) => unknown } };
const { ClientIdentity: Real, ChaincodeStub } = require(file) as { ClientIdentity: IdentityClass; ChaincodeStub: { readonly prototype: object } };

let ClientIdentity: IdentityClass;
let certificates: Buffer[];
const parsed = vi.spyOn(Certificate, 'fromPEM');
const stubOf = (idBytes: Uint8Array): object => Object.assign(Object.create(ChaincodeStub.prototype) as object, { creator: { mspid: 'AuroraMSP', idBytes }, channel_id: 'trade', txId: 'aa'.repeat(32) });
const remembering = (real: IdentityClass): IdentityClass => {
  const module = { ClientIdentity: real, ChaincodeStub };
  rememberCreators({ onLoad: (pattern, use) => { if (pattern.test(file)) use(module); } });
  return module.ClientIdentity;
};

beforeAll(async () => {
  const ca = await createDevCa('AuroraMSP');
  const issue = async (commonName: string): Promise<Buffer> => Buffer.from((await ca.issue({ commonName, role: 'client', attributes: { colour: 'blue' } })).certificatePem);
  const [one, ...others] = await Promise.all(Array.from({ length: 30 }, (_, i) => issue(`user${String(10 + i)}`)));
  // Of equal length, which signatures are not always.
  certificates = [one as Buffer, others.find(({ length }) => length === one?.length) as Buffer];
});
beforeEach(() => {
  ClientIdentity = remembering(Real);
  parsed.mockClear();
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test('a creator who comes again is as they were, and their certificate is not parsed again', () => {
  const [certificate] = certificates as [Buffer];
  const stubs = [stubOf(certificate), stubOf(Buffer.from(certificate))] as const;
  const [first, second] = [new ClientIdentity(stubs[0]), new ClientIdentity(stubs[1])];
  expect(parsed).toHaveBeenCalledTimes(1);
  expect(second).toBeInstanceOf(Real);
  for (const identity of [first, second]) {
    expect([identity.getMSPID(), identity.getAttributeValue('colour'), identity.getAttributeValue('size')]).toEqual(['AuroraMSP', 'blue', null]);
    expect(Buffer.from(identity.getIDBytes())).toEqual(certificate);
  }
  expect(second.getID()).toBe(first.getID());
  expect(first.getID()).toMatch(/^x509::.*user10/);
  expect(second.constructor).toBe(ClientIdentity);
  expect(second.stub).toBe(stubs[1]);
  expect(Object.keys(second).sort()).toEqual(Object.keys(first).sort());
});

test('what one transaction does to its attributes no other sees', () => {
  const [certificate] = certificates as [Buffer];
  for (let transaction = 0; transaction < 3; transaction += 1) {
    const identity = new ClientIdentity(stubOf(certificate));
    expect(identity.getAttributeValue('colour')).toBe('blue');
    identity.attrs.colour = 'red';
  }
});

test('another creator is another, however alike', () => {
  expect(certificates[1]).toHaveLength((certificates[0] as Buffer).length);
  const [one, two] = certificates.map((certificate) => new ClientIdentity(stubOf(certificate)).getID());
  expect(one).not.toBe(two);
});

test('a certificate that does not parse is refused each time', () => {
  for (const certificate of ['no certificate', 'no certificate']) expect(() => new ClientIdentity(stubOf(Buffer.from(certificate)))).toThrow(/start line or end line/);
});

test('a contract’s own subclass is built as one', () => {
  class Named extends ClientIdentity {
    readonly name = `${this.getMSPID()}!`;
  }
  const [certificate] = certificates as [Buffer];
  for (const identity of [new Named(stubOf(certificate)), new Named(stubOf(certificate))]) {
    expect([identity instanceof Named, identity.name, identity.getAttributeValue('colour')]).toEqual([true, 'AuroraMSP!', 'blue']);
  }
});

test('so many are remembered, and the first is the first to go', () => {
  const [certificate] = certificates as [Buffer];
  const variant = (n: number): Buffer => Buffer.concat([Buffer.from(`${String(n)}\n`), certificate]);
  for (let n = 0; n <= 256; n += 1) new ClientIdentity(stubOf(variant(n)));
  parsed.mockClear();
  new ClientIdentity(stubOf(variant(256)));
  expect(parsed).not.toHaveBeenCalled();
  new ClientIdentity(stubOf(variant(0)));
  expect(parsed).toHaveBeenCalledTimes(1);
});

test('with a stub that is not the shim’s own nothing is remembered, nor while the shim tells how it reads certificates', () => {
  const [certificate] = certificates as [Buffer];
  const plain = { getCreator: () => ({ mspid: 'AuroraMSP', idBytes: certificate }), getChannelID: () => 'trade', getTxID: () => 'aa'.repeat(32) };
  for (const stub of [plain, plain]) expect(new ClientIdentity(stub).getAttributeValue('colour')).toBe('blue');
  expect(parsed).toHaveBeenCalledTimes(2);
  new ClientIdentity(stubOf(certificate));
  vi.stubEnv('CORE_CHAINCODE_LOGGING_LEVEL', 'debug');
  new ClientIdentity(stubOf(certificate));
  expect(parsed).toHaveBeenCalledTimes(4);
});

test('of a shim whose identities hold something else nothing is remembered', () => {
  class Other {
    readonly stub: object;
    readonly mspId = 'AuroraMSP';
    readonly idBytes = new Uint8Array(1);
    readonly id = 'x509::1';
    readonly attrs = {};
    /** Different each time. */
    readonly secret = Math.random();
    constructor(stub: object) {
      this.stub = stub;
    }
  }
  const Remembering = remembering(Other as unknown as IdentityClass) as unknown as typeof Other;
  const [certificate] = certificates as [Buffer];
  const secrets = [1, 2].map(() => new Remembering(stubOf(certificate)).secret);
  expect(new Set(secrets).size).toBe(2);
});
