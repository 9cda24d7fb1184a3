import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAuditHeadSigned, parseBrokerRoot, verifyAuditChain, verifyRootBirth } from '@selvedge/attestation';
import { backUpBrokerStore, BROKER_AUDIT_FILE, BROKER_STATE_FILE, restoreBrokerStore } from '@selvedge/attestation/process';
import { toHex } from '@selvedge/crypto';
import { createProfile, parseProfile, type Profile } from '@selvedge/policy';
import { EvidenceSchema, LIMITS, parseMessage } from '@selvedge/protocol';
import { MSP_IDS, profile, secretOf } from '../testdata/shares.js';
import { AT, BROKER_MEASUREMENT, createAttester, createState } from '../testdata/setting.js';
import type { BrokerState } from '../ports.js';
import { openBrokerStore, type BrokerStoreOptions } from './broker-store.js';
import { openEncryptedStore, readStoreSlots } from './encrypted-store.js';

const refusal = (code: string) => expect.objectContaining({ code }) as Error;
const EVENT = { event: 'released', at: '2026-11-20T12:00:00.000Z', nodeId: 'node-1' } as const;
let root: string;
let options: BrokerStoreOptions;
let statePath: string;
let auditPath: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'selvedge-broker-'));
  const directory = join(root, 'broker', 'store');
  options = { profile, directory, attester: createAttester(BROKER_MEASUREMENT), unlockSecret: undefined, now: () => new Date('2026-11-20T12:00:00Z'), randomBytes };
  statePath = join(directory, BROKER_STATE_FILE);
  auditPath = join(directory, BROKER_AUDIT_FILE);
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

/** Opens, by enough organisations' shares where there is a store, records something, closes. */
async function run(over: Partial<BrokerStoreOptions> = {}) {
  const opened = await open(over);
  opened.audit.append(EVENT);
  opened.audit.close();
  return opened.state;
}

async function open(over: Partial<BrokerStoreOptions> = {}) {
  const { directory } = { ...options, ...over };
  const slots = readStoreSlots(directory);
  const unlockSecret = 'unlockSecret' in over || slots === undefined ? over.unlockSecret : await secretOf(slots);
  return openBrokerStore({ ...options, ...over, unlockSecret });
}

/** What a host can do that knows the code: seal any state under a secret and slots of its own. */
function plant(state: BrokerState, secret: Uint8Array, slots: Uint8Array): void {
  openEncryptedStore(options.directory, { secret, slots }, () => undefined).save(state);
}

function flip(path: string, at: number): void {
  const content = readFileSync(path);
  content[at] = (content[at] ?? 0) ^ 1;
  writeFileSync(path, content);
}

describe('the broker’s store', () => {
  it('keeps the evidence of how its root was made, which a store that a host made has not', async () => {
    const judge = ({ rootBirth, rootCertificate }: BrokerState): void => {
      const birth = rootBirth.length === 0 ? undefined : parseMessage(EvidenceSchema, rootBirth, LIMITS.maxEvidenceBytes);
      verifyRootBirth({ birth, rootCertificate, profile, at: AT });
    };
    await run();
    const genuine = await run();
    judge(genuine);
    const slots = readStoreSlots(options.directory) as Uint8Array;
    const secret = await secretOf(slots);
    const planted = createState();
    for (const rootBirth of [planted.rootBirth, genuine.rootBirth]) {
      unlinkSync(auditPath);
      plant({ ...planted, rootBirth }, secret, slots);
      const opened = await run();
      expect(() => {
        judge(opened);
      }).toThrow(refusal('BROKER_ROOT_UNPROVEN'));
    }
  });

  it('does not take a recorded certificate over a root of the host’s own', async () => {
    const genuine = await run();
    const slots = readStoreSlots(options.directory) as Uint8Array;
    plant({ ...createState(), rootCertificate: genuine.rootCertificate, rootBirth: genuine.rootBirth }, await secretOf(slots), slots);
    await expect(run()).rejects.toThrow(refusal('UNLOCK_FAILED'));
  });

  it('has the same root secret, root key and certificate after a restart', async () => {
    const first = await run();
    const second = await run();
    expect(toHex(second.rootSecret)).toBe(toHex(first.rootSecret));
    expect(toHex(second.rootCertificate)).toBe(toHex(first.rootCertificate));
    expect(second.rootKey.equals(first.rootKey)).toBe(true);
    expect(readFileSync(auditPath, 'utf8').split('\n')).toHaveLength(5);
  });

  it('remembers what was saved', async () => {
    const { store, state, audit } = await open();
    store.save({ ...state, recognised: true });
    audit.close();
    expect((await run()).recognised).toBe(true);
  });

  it('holds no secret in the clear, nor does its backup', async () => {
    const { rootSecret, rootKey } = await run();
    const unlockSecret = await secretOf(readStoreSlots(options.directory)!);
    const key = rootKey.export({ format: 'jwk' }).d ?? '';
    const backupPath = join(root, 'broker.backup');
    writeFileSync(backupPath, backUpBrokerStore(options.directory));
    for (const path of [statePath, auditPath, backupPath]) {
      const content = readFileSync(path);
      for (const secret of [Buffer.from(rootSecret), Buffer.from(key, 'base64url'), Buffer.from(unlockSecret)]) expect(content.includes(secret)).toBe(false);
      expect(content.includes(Buffer.from(rootSecret).toString('base64'))).toBe(false);
      expect(content.includes(Buffer.from(rootSecret).toString('hex'))).toBe(false);
    }
  });

  it('does not open with another unlock secret', async () => {
    await run();
    await expect(run({ unlockSecret: randomBytes(32) })).rejects.toThrow(refusal('UNLOCK_FAILED'));
  });

  it('does not open with any byte of the state changed, cut off or added', async () => {
    await run();
    const good = readFileSync(statePath);
    const unlockSecret = await secretOf(readStoreSlots(options.directory)!);
    const opened = async () => openBrokerStore({ ...options, unlockSecret });
    for (let at = 0; at < good.length; at += 1) {
      flip(statePath, at);
      await expect(opened(), `byte ${String(at)}`).rejects.toThrow(refusal('UNLOCK_FAILED'));
      writeFileSync(statePath, good);
    }
    for (const length of [0, 7, 40, good.length - 1]) {
      writeFileSync(statePath, good.subarray(0, length));
      await expect(opened()).rejects.toThrow(refusal('UNLOCK_FAILED'));
    }
    writeFileSync(statePath, Buffer.concat([good, Buffer.of(0)]));
    await expect(opened()).rejects.toThrow(refusal('UNLOCK_FAILED'));
  }, 120_000);

  it('shows no shares of a file that is no store', async () => {
    await run();
    flip(statePath, 0);
    expect(() => readStoreSlots(options.directory)).toThrow(refusal('UNLOCK_FAILED'));
  });

  it('does not make a new root silently when the state is gone', async () => {
    await run();
    unlinkSync(statePath);
    await expect(run()).rejects.toThrow(refusal('UNLOCK_FAILED'));
  });

  it('is of one network and channel', async () => {
    await run();
    const of = (change: object): Profile => parseProfile(createProfile({ ...profile.message, ...change }));
    await expect(run({ profile: of({ network: 'other' }) })).rejects.toThrow(refusal('WRONG_NETWORK'));
    await expect(run({ profile: of({ channel: 'other' }) })).rejects.toThrow(refusal('WRONG_CHANNEL'));
  });

  it('opens after a crash in the middle of a write', async () => {
    const first = await run();
    writeFileSync(`${statePath}.new`, 'half of it');
    appendFileSync(auditPath, '{"number":99,"bo');
    expect(toHex((await run()).rootSecret)).toBe(toHex(first.rootSecret));
    expect(toHex((await run()).rootSecret)).toBe(toHex(first.rootSecret));
  });
});

describe('the shares of the unlock secret', () => {
  const otherHolders = (change: (organisation: Profile['message']['organisations'][number], i: number) => object, over: object = {}): Profile =>
    parseProfile(createProfile({ ...profile.message, organisations: profile.message.organisations.map((organisation, i) => ({ ...organisation, ...change(organisation, i) })), ...over }));

  it('open the store of a stolen disk with k organisations, on another machine too, and with fewer nothing', async () => {
    const { rootSecret } = await run();
    const elsewhere = join(root, 'new machine', 'store');
    restoreBrokerStore(backUpBrokerStore(options.directory), elsewhere);
    const slots = readStoreSlots(elsewhere)!;
    expect(toHex((await run({ directory: elsewhere, unlockSecret: await secretOf(slots, MSP_IDS.slice(-4)) })).rootSecret)).toBe(toHex(rootSecret));
    await expect(secretOf(slots, MSP_IDS.slice(0, 3))).rejects.toThrow('3 shares');
    await expect(run({ unlockSecret: undefined })).rejects.toThrow(refusal('BROKER_LOCKED'));
    await expect(run({ unlockSecret: randomBytes(32) })).rejects.toThrow(refusal('UNLOCK_FAILED'));
  });

  it('are made anew when the profile names another holder or another threshold: the old ones open nothing then', async () => {
    const { rootSecret } = await run();
    const old = await secretOf(readStoreSlots(options.directory)!);
    for (const next of [otherHolders((_organisation, i) => (i === 0 ? { unlockKey: new Uint8Array(0) } : {})), parseProfile(createProfile({ ...profile.message, adminQuorum: 5 }))]) {
      const slots = readStoreSlots(options.directory)!;
      await run({ profile: next, unlockSecret: await secretOf(slots, MSP_IDS) });
      expect(toHex(readStoreSlots(options.directory)!)).not.toBe(toHex(slots));
    }
    await expect(run({ unlockSecret: old })).rejects.toThrow(refusal('UNLOCK_FAILED'));
    expect(toHex((await run({ unlockSecret: await secretOf(readStoreSlots(options.directory)!, MSP_IDS) })).rootSecret)).toBe(toHex(rootSecret));
  });

  it('stay as they are while the profile does', async () => {
    await run();
    const slots = toHex(readStoreSlots(options.directory)!);
    await run();
    expect(toHex(readStoreSlots(options.directory)!)).toBe(slots);
  });

  it('need enough holders', async () => {
    await expect(run({ profile: otherHolders((_organisation, i) => (i < 4 ? { unlockKey: new Uint8Array(0) } : {}), { appraisalPolicies: [] }) })).rejects.toThrow(refusal('INVALID_CONFIGURATION'));
    expect(existsSync(statePath)).toBe(false);
  });
});

describe('the audit log', () => {
  const broken = (what: string) => refusal(`AUDIT_LOG_${what}`);

  it('is verified at every start: a changed byte stops it', async () => {
    await run();
    flip(auditPath, 60);
    await expect(run()).rejects.toThrow(broken('EDITED'));
  });

  it('may not lose entries from before the last start', async () => {
    await run();
    await run();
    const lines = readFileSync(auditPath, 'utf8').trimEnd().split('\n');
    writeFileSync(auditPath, `${lines.slice(0, -2).join('\n')}\n`);
    await expect(run()).rejects.toThrow(broken('TRUNCATED'));
    truncateSync(auditPath, 0);
    await expect(run()).rejects.toThrow(broken('TRUNCATED'));
    unlinkSync(auditPath);
    await expect(run()).rejects.toThrow(broken('TRUNCATED'));
  });

  it('may not be another broker’s', async () => {
    await run();
    const other = join(root, 'other', 'store');
    await run({ directory: other });
    await run({ directory: other });
    writeFileSync(auditPath, readFileSync(join(other, BROKER_AUDIT_FILE)));
    await expect(run()).rejects.toThrow(broken('EDITED'));
  });

  it('verifies without the broker, by its root certificate and a head that it signed', async () => {
    const { audit, state } = await open();
    audit.append(EVENT);
    const head = audit.head();
    audit.close();
    const { publicKey } = parseBrokerRoot(state.rootCertificate);
    expect(isAuditHeadSigned(head, publicKey)).toBe(true);
    const lines = readFileSync(auditPath, 'utf8').trimEnd().split('\n');
    expect(verifyAuditChain(lines, publicKey, head)).toEqual(head);
    expect(() => verifyAuditChain(lines.slice(0, -1), publicKey, head)).toThrow(broken('TRUNCATED'));
  });
});
