import { readFileSync } from 'node:fs';
import { LIMITS, PacketHeaderSchema, PacketSchema, parseMessage, type SetAnswer, type SetRead } from '@selvedge/protocol';

/** What a business node may do to the entries of a set that it serves. */
export const LIES = ['leave out', 'add', 'repeat', 'swap', 'older'] as const;
export type Lie = (typeof LIES)[number];

/** Packets of every entry as they were served, newest last, by owner set, dataset and ledger key. */
const served = new Map<string, Map<string, Uint8Array[]>>();

const ledgerKeyOf = (packet: Uint8Array): string => {
  const { header } = parseMessage(PacketSchema, packet, LIMITS.maxPacketBytes);
  return Buffer.from(parseMessage(PacketHeaderSchema, header, LIMITS.maxHeaderBytes).ledgerKey).toString('hex');
};

/** Which lie the file that SELVEDGE_LIE names asks for now; none while there is no such file, as for an honest node. */
function presentLie(): string {
  try {
    return readFileSync(process.env.SELVEDGE_LIE ?? '', 'utf8');
  } catch {
    return '';
  }
}

/** Runs in the test's own build of the business node, on each set that it is about to serve. Packets are genuine, of this network, or have been. */
export function lieAbout(read: SetRead, answer: SetAnswer): SetAnswer {
  const place = JSON.stringify([read.ownerSet, read.dataset, Buffer.from(read.datasetTag).toString('hex')]);
  const known = served.get(place) ?? new Map<string, Uint8Array[]>();
  served.set(place, known);
  const lie = presentLie();
  if (lie === '') {
    for (const packet of answer.packets) {
      const key = ledgerKeyOf(packet);
      const versions = known.get(key) ?? [];
      if (!versions.some((version) => Buffer.compare(version, packet) === 0)) known.set(key, [...versions, packet]);
    }
    return answer;
  }
  return { ...answer, packets: told(lie as Lie, answer.packets, known) };
}

function told(lie: Lie, packets: readonly Uint8Array[], known: ReadonlyMap<string, readonly Uint8Array[]>): Uint8Array[] {
  const keys = packets.map(ledgerKeyOf);
  const [first, second, ...others] = packets as [Uint8Array, Uint8Array, ...Uint8Array[]];
  if (lie === 'leave out') return [second, ...others];
  if (lie === 'repeat') return [first, first, second, ...others];
  if (lie === 'swap') return [second, first, ...others];
  if (lie === 'add') {
    const gone = [...known].find(([key]) => !keys.includes(key));
    if (gone === undefined) throw new Error('there is no entry that was deleted');
    return [...packets, gone[1].at(-1) as Uint8Array].sort((a, b) => (ledgerKeyOf(a) < ledgerKeyOf(b) ? -1 : 1));
  }
  const replaced = packets.map((packet, i) => (known.get(keys[i] as string) ?? []).find((version) => Buffer.compare(version, packet) !== 0) ?? packet);
  if (replaced.every((packet, i) => packet === packets[i])) throw new Error('there is no older version of an entry');
  return replaced;
}
