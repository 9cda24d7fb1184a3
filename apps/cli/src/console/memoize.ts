/** Calls of `read` share an answer while it is under way, however long, and for ms after; a failure is shared with those that wait for it alone. */
export function memoize<T>(ms: number, read: () => Promise<T>, nowMs: () => number = () => performance.now()): () => Promise<T> {
  let last: { readonly at: number; readonly answer: Promise<T> } | undefined;
  return () => {
    if (last !== undefined && nowMs() - last.at < ms) return last.answer;
    const own = { at: Infinity, answer: read() };
    last = own;
    own.answer.then(
      () => {
        own.at = nowMs();
      },
      () => {
        if (last === own) last = undefined;
      },
    );
    return own.answer;
  };
}
