import type { PreloadContext, TransactionContext } from './context.js';

/** Runs each transaction that fabric-shim takes from its peer in a context of its own, with the time and seed that came with it. */
export function enterTransactions({ onLoad, run, createRandom, idleTimeMs, idleRandom }: PreloadContext, names: { readonly seed: string; readonly time: string }): void {
  interface ShimMessage {
    readonly payload?: unknown;
    readonly channel_id?: unknown;
    readonly txid?: unknown;
  }
  type Handle = (this: unknown, message: ShimMessage) => unknown;

  /** Fields of one protobuf message, length-delimited ones only (protobuf encoding, "Message Structure"). */
  const readFields = (bytes: Uint8Array): { field: number; value: Uint8Array }[] => {
    const fields: { field: number; value: Uint8Array }[] = [];
    let at = 0;
    const varint = (): number => {
      let value = 0;
      for (let shift = 1; ; shift *= 128) {
        const byte = bytes[at++];
        if (byte === undefined) throw new Error('the chaincode input is cut off');
        value += (byte & 127) * shift;
        if (byte < 128) return value;
      }
    };
    while (at < bytes.length) {
      const tag = varint();
      const length = varint();
      if ((tag & 7) !== 2) continue;
      fields.push({ field: tag >>> 3, value: bytes.subarray(at, at + length) });
      at += length;
    }
    return fields;
  };
  /** ChaincodeInput.decorations is field 2, a map of text to bytes. */
  const readDecorations = (input: Uint8Array): Map<string, Uint8Array> => {
    const entries = readFields(input).filter(({ field }) => field === 2).map(({ value }) => readFields(value));
    return new Map(entries.map((entry) => {
      const part = (number: number): Uint8Array => entry.find(({ field }) => field === number)?.value ?? new Uint8Array(0);
      return [Buffer.from(part(1)).toString(), part(2)];
    }));
  };
  const contextOf = (message: ShimMessage): TransactionContext => {
    const decorations = readDecorations(message.payload as Uint8Array);
    const [seed, time] = [decorations.get(names.seed), decorations.get(names.time)];
    return {
      channel: String(message.channel_id),
      txId: String(message.txid),
      timeMs: time === undefined ? idleTimeMs : Number(Buffer.from(time).toString()),
      random: seed === undefined ? idleRandom : createRandom(seed),
    };
  };

  const wrapHandlers = (exported: unknown): void => {
    const classes = typeof exported === 'function' ? [exported] : Object.values(exported as object).filter((value) => typeof value === 'function');
    for (const { prototype } of classes as { prototype?: Record<string, unknown> }[]) {
      for (const name of ['handleInit', 'handleTransaction']) {
        const real = prototype?.[name];
        if (prototype === undefined || typeof real !== 'function') continue;
        prototype[name] = function handle(this: unknown, message: ShimMessage): unknown {
          return run(contextOf(message), () => (real as Handle).call(this, message));
        };
      }
    }
  };

  onLoad(/[\\/]fabric-shim[\\/]lib[\\/]handler\.js$/, wrapHandlers);
}
