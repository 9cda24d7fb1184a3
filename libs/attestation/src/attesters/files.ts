import { constants, mkdir, open, rmdir } from 'node:fs/promises';
import { SelvedgeError } from '@selvedge/errors';

/** The files by which a kernel or Gramine attests. Nothing but these is native about attestation. */
export interface AttestationFiles {
  /** The whole content. Throws ATTESTATION_UNAVAILABLE, also above the limit. */
  read(file: string, maxBytes: number): Promise<Uint8Array>;
  /** One write: the kernel takes what is written when the file is closed. Throws ATTESTATION_UNAVAILABLE. */
  write(file: string, content: Uint8Array): Promise<void>;
  makeFolder(folder: string): Promise<void>;
  removeFolder(folder: string): Promise<void>;
}

/** Those of this machine. */
export const machineFiles: AttestationFiles = {
  read: (file, maxBytes) => attempt(`read ${file}`, () => readAtMost(file, maxBytes)),
  write: (file, content) => attempt(`write ${file}`, () => writeOnce(file, content)),
  makeFolder: (folder) =>
    attempt(`make ${folder}`, async () => {
      await mkdir(folder);
    }),
  removeFolder: (folder) => attempt(`remove ${folder}`, () => rmdir(folder)),
};

async function attempt<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof SelvedgeError) throw cause;
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it failed';
    throw new SelvedgeError('ATTESTATION_UNAVAILABLE', `cannot ${what}: ${reason}`, { cause });
  }
}

/** Opened for writing alone, as configfs demands of files that cannot be read; never made. */
async function writeOnce(file: string, content: Uint8Array): Promise<void> {
  const handle = await open(file, constants.O_WRONLY);
  try {
    const { bytesWritten } = await handle.write(content);
    if (bytesWritten !== content.length) throw new SelvedgeError('ATTESTATION_UNAVAILABLE', `${file}: took ${String(bytesWritten)} of ${String(content.length)} bytes`);
  } finally {
    await handle.close();
  }
}

/** Files of a kernel have no size of their own: they are read until they end. */
async function readAtMost(file: string, maxBytes: number): Promise<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length < buffer.length; length += got) got = (await handle.read(buffer, length, buffer.length - length, null)).bytesRead;
    if (length > maxBytes) throw new SelvedgeError('ATTESTATION_UNAVAILABLE', `${file}: more than ${String(maxBytes)} bytes`);
    return new Uint8Array(buffer.subarray(0, length));
  } finally {
    await handle.close();
  }
}

/** What a text file of a kernel says, without the line's end. */
export async function readText(files: AttestationFiles, file: string, maxBytes = 4096): Promise<string> {
  return Buffer.from(await files.read(file, maxBytes)).toString('latin1').trim();
}
