/** Files that are read or copied at the same time: enough to keep Node's file threads busy. */
const WORKERS = 8;

/** Maps a list with a few calls in flight, keeping its order. The first failure stops the others from starting more. */
export async function mapConcurrently<Input, Output>(items: readonly Input[], task: (item: Input) => Promise<Output>): Promise<Output[]> {
  const results: Output[] = [];
  const queue = items.entries();
  let hasFailed = false;
  const work = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (hasFailed) return;
      try {
        results[index] = await task(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return results;
}
