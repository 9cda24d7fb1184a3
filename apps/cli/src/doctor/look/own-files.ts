import { X509Certificate } from 'node:crypto';
import { readFile, statfs } from 'node:fs/promises';
import { verifySignedProfile } from '@selvedge/policy';
import { readJson } from '@selvedge/service-kit/launch';
import { z } from 'zod';
import type { CertificateFacts, DiskFacts, ProfileFacts } from '../domain/facts.js';
import { profileFactsOf } from '../domain/ledger-facts.js';

const file = z.string().min(1).optional();
/** What the doctor reads of a service's configuration file; services/<service>/src/config.ts says all of it. */
const schema = z.looseObject({
  tls: z.union([z.literal('off'), z.looseObject({ certificate: file })]).optional(),
  identity: z.looseObject({ certificate: file, certificateFile: file }).optional(),
  operator: z.looseObject({ certificateFile: file }).optional(),
  tee: z.looseObject({ kind: z.string(), platformCertificateFile: file }).optional(),
  signedProfile: file,
  directory: file,
  storeDirectory: file,
  runDirectory: file,
  monitoring: z.looseObject({ listen: z.string() }).optional(),
});

/** What a process's configuration file on this machine says, and what lies where it points. */
export interface OwnFiles {
  readonly teeType: string | undefined;
  readonly profile: ProfileFacts | undefined;
  readonly certificates: readonly CertificateFacts[];
  readonly disks: readonly DiskFacts[];
  /** host:port of its monitoring page, where it is fixed. */
  readonly monitoring: string | undefined;
}

const NOTHING: OwnFiles = { teeType: undefined, profile: undefined, certificates: [], disks: [], monitoring: undefined };

/** Reads a service's configuration file; nothing where there is none that can be read. @param name the node */
export async function readOwnFiles(name: string, configFile: string | undefined): Promise<OwnFiles> {
  const parsed = configFile === undefined ? undefined : schema.safeParse(await readJson(configFile).catch(() => undefined));
  if (parsed?.success !== true) return NOTHING;
  const { tls, identity, operator, tee, signedProfile, directory, storeDirectory, runDirectory, monitoring } = parsed.data;
  const certificateFiles = [tls === 'off' ? undefined : tls?.certificate, identity?.certificate, identity?.certificateFile, operator?.certificateFile, tee?.platformCertificateFile];
  return {
    teeType: tee?.kind,
    profile: await attempt(signedProfile, async (path) => profileFactsOf(verifySignedProfile(new Uint8Array(await readFile(path))))),
    certificates: (await Promise.all(certificateFiles.map(async (path) => (await attempt(path, (found) => readCertificates(name, found))) ?? []))).flat(),
    disks: (await Promise.all([directory, storeDirectory, runDirectory].map((path) => attempt(path, readDisk)))).filter((disk) => disk !== undefined),
    monitoring: monitoring === undefined || monitoring.listen.endsWith(':0') ? undefined : monitoring.listen,
  };
}

/** undefined without a path, or where what it names cannot be read: that is not the doctor's to judge. */
async function attempt<T>(path: string | undefined, read: (path: string) => Promise<T>): Promise<T | undefined> {
  return path === undefined ? undefined : read(path).catch(() => undefined);
}

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM file. Throws for bytes that are none. */
export async function readCertificates(subject: string, path: string): Promise<CertificateFacts[]> {
  const blocks = (await readFile(path, 'utf8')).match(PEM) ?? [];
  return blocks.map((pem) => certificateFacts(subject, path, new X509Certificate(pem)));
}

export function certificateFacts(subject: string, use: string, { validFrom, validTo }: Pick<X509Certificate, 'validFrom' | 'validTo'>): CertificateFacts {
  return { subject, use, notBefore: new Date(validFrom), notAfter: new Date(validTo) };
}

async function readDisk(path: string): Promise<DiskFacts> {
  const { bavail, blocks, bsize } = await statfs(path, { bigint: true });
  return { path, freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}
