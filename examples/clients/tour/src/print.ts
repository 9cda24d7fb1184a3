/** What the tour shows: headings, a progress bar, one table of hops, and the closing summary. */

const WIDTH = 28;
const isTerminal = process.stdout.isTTY;
const colour = (code: number, text: string): string => (isTerminal ? `\u001b[${String(code)}m${text}\u001b[0m` : text);

export const bold = (text: string): string => colour(1, text);
export const dim = (text: string): string => colour(2, text);
export const green = (text: string): string => colour(32, text);
export const yellow = (text: string): string => colour(33, text);

export function say(text = ''): void {
  process.stdout.write(`${text}\n`);
}

let chapter = 0;

export function heading(text: string): void {
  chapter += 1;
  say(`\n${bold(`${String(chapter)}. ${text}`)}`);
}

/** A bar that is redrawn on a terminal and printed in quarters elsewhere. */
export function createProgress(label: string, total: number): (done: number) => void {
  let quarter = 0;
  return (done) => {
    const filled = Math.round((done / total) * WIDTH);
    const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`;
    const text = `   ${label} ${bar} ${String(done)}/${String(total)}`;
    if (isTerminal) {
      process.stdout.write(`\r${text}${done === total ? '\n' : ''}`);
    } else if (Math.floor((done / total) * 4) > quarter) {
      quarter = Math.floor((done / total) * 4);
      say(text);
    }
  };
}

/** The first bytes of something, as hex, with its length. */
export function sample(bytes: Uint8Array, length = 20): string {
  return `${Buffer.from(bytes.subarray(0, length)).toString('hex')}… (${String(bytes.length)} bytes)`;
}
