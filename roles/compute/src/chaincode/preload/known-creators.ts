import type { PreloadContext } from './context.js';

/**
 * Lets fabric-shim parse the certificate of a transaction's creator once, and not for each of their transactions, which takes a quarter of
 * what a short one costs. Each transaction gets a ClientIdentity of its own, with attributes of its own.
 */
export function rememberCreators({ onLoad }: Pick<PreloadContext, 'onLoad'>): void {
  interface Stub {
    getCreator(): { readonly mspid: string; readonly idBytes: Uint8Array };
  }
  type IdentityClass = new (stub: Stub) => object;
  /** What follows from the certificate alone. */
  interface Known {
    readonly id: string;
    /** JSON. */
    readonly attributes: string;
  }
  const maxKnown = 256;

  const remember = (real: IdentityClass): IdentityClass => {
    const known = new Map<string, Known>();
    const learn = (certificate: string, identity: object): void => {
      const { stub, mspId, idBytes, id, attrs, ...others } = identity as Readonly<Record<string, unknown>>;
      // Of a shim whose identities hold something else nothing is remembered.
      const isUnderstood = typeof id === 'string' && typeof attrs === 'object' && attrs !== null && Object.keys(others).length === 0 && [stub, mspId, idBytes].every((value) => value !== undefined);
      if (!isUnderstood) return;
      const [oldest] = known.keys();
      if (known.size >= maxKnown && oldest !== undefined) known.delete(oldest);
      known.set(certificate, { id, attributes: JSON.stringify(attrs) });
    };
    return new Proxy(real, {
      construct(target, constructorArguments: [Stub], newTarget: IdentityClass) {
        const [stub] = constructorArguments;
        const { mspid: mspId, idBytes } = stub.getCreator();
        const certificate = Buffer.from(idBytes).toString('latin1');
        const found = known.get(certificate);
        if (found !== undefined) {
          return Object.assign(Object.create(newTarget.prototype as object) as object, { stub, mspId, idBytes, id: found.id, attrs: JSON.parse(found.attributes) as object });
        }
        const identity = Reflect.construct<[Stub], object>(target, constructorArguments, newTarget);
        learn(certificate, identity);
        return identity;
      },
    });
  };

  onLoad(/[\\/]fabric-shim[\\/]lib[\\/]chaincode\.js$/, (exported) => {
    const module = exported as { ClientIdentity?: IdentityClass };
    if (typeof module.ClientIdentity === 'function') module.ClientIdentity = remember(module.ClientIdentity);
  });
}
