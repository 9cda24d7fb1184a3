import { withRole } from '@selvedge/errors';
import { LIMITS } from '@selvedge/protocol';
import { deferred } from './batch-overlay.js';
import type { responseOf, TargetItem } from './seal-answer.js';

/** Bytes of cores, packets, events and statements: half of a message, since answers travel beside them. */
const MAX_BATCH_BYTES = LIMITS.maxMessageBytes / 2;
/** What sealing adds to an answer, and what it holds beside text and payload. */
const ANSWER_OVERHEAD_BYTES = 1024;

/** Room in the message and the transaction that a batch becomes. Each throws BATCH_ITEM_DEFERRED when something does not fit beside what was taken before. */
export interface BatchRoom {
  /** An item's answer, and what it leads to, if anything. The first of each always fits. */
  take(outcome: { readonly response: ReturnType<typeof responseOf>; readonly item?: TargetItem }): void;
  /** What an item was refused with. */
  takeRefusal(error: unknown): void;
}

/** An empty batch. */
export function createBatchRoom(): BatchRoom {
  let items = 0;
  let bytes = 0;
  let answers = 0;
  let answerBytes = 0;
  const lists = { packets: 0, statements: 0, keyPolicies: 0 };

  const verifyAnswerFits = (more: number): void => {
    if (answers > 0 && answerBytes + more > LIMITS.maxBatchAnswerBytes) throw deferred('the answers of the batch are too large together');
  };
  const takeAnswer = (more: number): void => {
    answers += 1;
    answerBytes += more;
  };
  const takeItem = ({ core, packets, sealedEvents, statements, keyPolicies }: TargetItem): void => {
    const more = [core, ...packets, ...sealedEvents, ...statements.map(({ statement }) => statement)].reduce((sum, part) => sum + part.length, 0);
    const counts = { packets: lists.packets + packets.length, statements: lists.statements + statements.length, keyPolicies: lists.keyPolicies + keyPolicies.length };
    const isFull = bytes + more > MAX_BATCH_BYTES || Object.values(counts).some((count) => count > LIMITS.maxSectionEntries);
    if (items > 0 && isFull) throw deferred('the batch is full');
    items += 1;
    bytes += more;
    Object.assign(lists, counts);
  };
  return {
    take({ response, item }) {
      const more = answerSize(response);
      verifyAnswerFits(more);
      if (item !== undefined) takeItem(item);
      takeAnswer(more);
    },
    takeRefusal(error) {
      const { message, action } = withRole(error, 'compute');
      const more = ANSWER_OVERHEAD_BYTES + textBytes(message) + textBytes(action);
      verifyAnswerFits(more);
      takeAnswer(more);
    },
  };
}

/** Of content alone: replicas, whose views differ in height, count alike. */
function answerSize({ message, payload, event }: ReturnType<typeof responseOf>): number {
  return ANSWER_OVERHEAD_BYTES + textBytes(message) + (payload?.length ?? 0) + textBytes(event?.name) + (event?.payload?.length ?? 0);
}

function textBytes(text: string | undefined): number {
  return text === undefined ? 0 : Buffer.byteLength(text);
}
