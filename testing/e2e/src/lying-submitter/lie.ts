import { existsSync, readFileSync } from 'node:fs';
import type { ItemAnswer, SubmitterMessage } from '@selvedge/protocol';

/** swap: every client gets the answer of the one before. alter: a bit of each response is another. claim: nothing is ordered, and all is said to be. */
export const LIES = ['swap', 'alter', 'claim'] as const;
export type Lie = (typeof LIES)[number];

let before: ItemAnswer | undefined;

/** Whether the file that SELVEDGE_LIE names holds this lie. */
export function isToldTo(lie: Lie): boolean {
  const file = process.env.SELVEDGE_LIE ?? '';
  return existsSync(file) && readFileSync(file, 'utf8') === lie;
}

/** What a client is told. */
export async function* lieTo(messages: AsyncGenerator<SubmitterMessage, void>): AsyncGenerator<SubmitterMessage, void> {
  for await (const message of messages) {
    if (message.kind.case === 'answered') {
      const answer = message.kind.value;
      const own = { ...answer };
      if (isToldTo('swap') && before !== undefined) Object.assign(answer, before);
      before = own;
      if (isToldTo('alter') && answer.response !== undefined) {
        const ciphertext = Uint8Array.from(answer.response.ciphertext);
        ciphertext[0] = (ciphertext[0] ?? 0) ^ 1;
        answer.response.ciphertext = ciphertext;
      }
    }
    yield message;
  }
}
