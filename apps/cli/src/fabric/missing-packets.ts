import { open } from 'node:fs/promises';

/** Packets that a business node's peer has not got yet. */
export interface MissingPackets {
  readonly count: number;
  /** A block that has some. */
  readonly block: string;
}

const TAIL_BYTES = 65_536;

/**
 * What a business node has last said of missing packets in its log, which tells of each change; undefined when it has
 * said nothing, or that none are missing any more.
 */
export function lastMissing(log: string): MissingPackets | undefined {
  for (const line of log.split('\n').reverse()) {
    const said = parseLine(line);
    if (said !== undefined) return said.count > 0 ? said : undefined;
  }
  return undefined;
}

/** The same, out of the end of a log file. */
export async function readMissing(logFile: string): Promise<MissingPackets | undefined> {
  const file = await open(logFile, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return lastMissing(buffer.toString('utf8'));
  } finally {
    await file.close();
  }
}

function parseLine(line: string): MissingPackets | undefined {
  if (!line.includes('"missing"')) return undefined;
  try {
    const { missing, block } = JSON.parse(line) as { readonly missing?: unknown; readonly block?: unknown };
    return typeof missing === 'number' ? { count: missing, block: typeof block === 'string' ? block : '' } : undefined;
  } catch {
    // The first line of the tail may be half a line.
    return undefined;
  }
}
