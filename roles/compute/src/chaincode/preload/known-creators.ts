import type { PreloadContext } from './context.js';

/**
 * Lets fabric-shim parse the certificate of a transaction's creator once, and not for each of their transactions, which takes a quarter of
 * what a short one costs it. Each transaction gets a ClientIdentity of its own, with attributes of its own.
 */
export function rememberCreators({ onLoad }: Pick<PreloadContext, 'onLoad'>): void {
  interface Stub {
    getCreator(): { readonly mspid: unknown; readonly idBytes: unknown };
  }
  type StubClass = new (...values: never[]) => Stub;
  type IdentityClass = new (stub: Stub) => object;
  interface ShimModule {
    ClientIdentity?: IdentityClass;
    readonly ChaincodeStub?: StubClass;
  }
  /** What follows from the certificate alone. */
  interface Known {
    readonly id: string;
    /** JSON. */
    readonly attributes: string;
  }
  const maxKnown = 256;
  /** At this level the shim tells how it reads a certificate. */
  const isTold = (): boolean => /^debug$/i.test(process.env.CORE_CHAINCODE_LOGGING_LEVEL ?? '');

  const remember = (real: IdentityClass, stubClass: StubClass): IdentityClass => {
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
    const remembering = new Proxy(real, {
      construct(target, constructorArguments: [Stub], newTarget: IdentityClass) {
        const construct = (): object => Reflect.construct<[Stub], object>(target, constructorArguments, newTarget);
        const [stub] = constructorArguments;
        if (!(stub instanceof stubClass) || isTold()) return construct();
        const { mspid: mspId, idBytes } = stub.getCreator();
        if (!(idBytes instanceof Uint8Array)) return construct();
        const certificate = Buffer.from(idBytes).toString('latin1');
        const found = known.get(certificate);
        if (found !== undefined) {
          return Object.assign(Object.create(newTarget.prototype as object) as object, { stub, mspId, idBytes, id: found.id, attrs: JSON.parse(found.attributes) as object });
        }
        const identity = construct();
        learn(certificate, identity);
        return identity;
      },
    });
    (real.prototype as { constructor: unknown }).constructor = remembering;
    return remembering;
  };

  onLoad(/[\\/]fabric-shim[\\/]lib[\\/]chaincode\.js$/, (exported) => {
    const module = exported as ShimModule;
    const { ClientIdentity, ChaincodeStub } = module;
    if (typeof ClientIdentity === 'function' && typeof ChaincodeStub === 'function') module.ClientIdentity = remember(ClientIdentity, ChaincodeStub);
  });
}
