import type { EndorsedTransaction, ExecutedTransaction } from '@selvedge/client';
import { sha256, toHex } from '@selvedge/crypto';
import { LIMITS, parseCore, parseMessage, parsePacket, SealedRequestSchema, type Core, type TargetData, type WriteEntry } from '@selvedge/protocol';
import type { SightView, WriteView } from '../api.js';

const SAMPLE_BYTES = 24;
const sampleOf = (bytes: Uint8Array): string => toHex(bytes.subarray(0, SAMPLE_BYTES));
const count = (n: number, one: string, many = `${one}s`): string => `${String(n)} ${n === 1 ? one : many}`;

/** What the way to the TEE showed of a request. @param sealedRequest SealedRequest bytes, as they travelled */
export function sightsOfSealed(sealedRequest: Uint8Array): SightView[] {
  const { ciphertext } = parseMessage(SealedRequestSchema, sealedRequest, LIMITS.maxMessageBytes);
  return [{ station: 'compute', saw: 'a sealed request', sample: sampleOf(ciphertext), bytes: ciphertext.length, hidden: 'Function, arguments and caller are opened inside the TEE alone; its host has these bytes.' }];
}

/** What the roles saw of an execution that is to be committed. */
export function sightsOfExecution({ targetData, executedBy }: Pick<ExecutedTransaction, 'targetData' | 'executedBy'>): SightView[] {
  const cores = coresOf(targetData);
  const reads = cores.flatMap(({ sections }) => sections.flatMap((section) => section.reads));
  const packets = targetData.attachments?.packets ?? [];
  const [firstRead] = reads;
  const [firstPacket] = packets;
  const ciphertext = firstPacket === undefined ? undefined : parsePacket(firstPacket).ciphertext;
  return [
    {
      station: 'business',
      saw: reads.length === 0 ? 'no question: nothing was read' : `a question for ${count(reads.length, 'ledger key')}, unless the TEE had the answer in memory`,
      ...(firstRead === undefined ? {} : { sample: sampleOf(firstRead.ledgerKey), bytes: firstRead.ledgerKey.length }),
      hidden: 'A ledger key is a keyed hash: not the key’s name, and not who asks.',
    },
    {
      station: 'endorser',
      saw: `hashes of ${count(reads.length, 'read')} and ${count(cores.flatMap(({ sections }) => sections.flatMap((section) => section.writes)).length, 'write')}, ${count(packets.length, 'packet')}, the signature of ${executedBy.join(', ')}`,
      ...(ciphertext === undefined ? {} : { sample: sampleOf(ciphertext), bytes: ciphertext.length }),
      hidden: 'No value, key name or argument: an endorser holds no data key.',
    },
  ];
}

/** What ordering and business nodes get of an endorsed transaction. */
export function sightsOfEndorsed({ message, declaredTargets }: Pick<EndorsedTransaction, 'message' | 'declaredTargets'>): SightView[] {
  const owners = [...new Set(declaredTargets.flatMap((target) => target.owners))];
  return [
    { station: 'ordering', saw: `cores of ${count(message.cores.reduce((sum, core) => sum + core.length, 0), 'byte')} with ${count(message.endorsements.length, 'endorsement')}: hashes and signatures`, hidden: 'Packets go to their owners and not through ordering.' },
    { station: 'business', saw: owners.length === 0 ? 'hashes alone' : `packets for ${owners.join(', ')}; others got hashes`, hidden: 'Packets are ciphertext; their keys stay in TEEs.' },
  ];
}

/** What a transaction wrote, as the ledger has it. */
export function writesOf({ targetData }: Pick<ExecutedTransaction, 'targetData'>): WriteView[] {
  const sizes = new Map((targetData.attachments?.packets ?? []).map((packet) => [toHex(sha256(packet)), packet.length]));
  return coresOf(targetData).flatMap(({ sections }) => sections.flatMap(({ contract, writes }) => writes.map((entry) => writeView(contract, entry, sizes))));
}

function writeView(contract: string, { dataset, ledgerKey, effect }: WriteEntry, sizes: ReadonlyMap<string, number>): WriteView {
  const packetHash = effect.case === 'packetHash' ? toHex(effect.value) : undefined;
  return { contract, collection: dataset, ledgerKey: toHex(ledgerKey), effect: packetHash === undefined ? (effect.case ?? 'none') : 'write', packetHash, packetBytes: packetHash === undefined ? undefined : sizes.get(packetHash) };
}

const coresOf = ({ cores }: TargetData): Core[] => cores.map((core) => parseCore(core));
