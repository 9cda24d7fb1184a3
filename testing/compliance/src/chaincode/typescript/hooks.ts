import { Context, Contract } from 'fabric-contract-api';

/** A context of its own, as many contracts have. */
class Traced extends Context {
  readonly trace: string[] = [];
}

/** A second contract in the package, with every hook of the contract API. */
export class Hooks extends Contract {
  constructor() {
    super('org.example.hooks');
  }
  override createContext(): Traced {
    return new Traced();
  }
  override async beforeTransaction(ctx: Traced): Promise<void> {
    await Promise.resolve();
    ctx.trace.push('before');
  }
  override async aroundTransaction(ctx: Traced, fn: Parameters<Contract['aroundTransaction']>[1], parameters: unknown): Promise<void> {
    ctx.trace.push('around');
    return super.aroundTransaction(ctx, fn, parameters);
  }
  override async afterTransaction(ctx: Traced, result: unknown): Promise<void> {
    await ctx.stub.putState('hooks', Buffer.from([...ctx.trace, 'after', result].join(' ')));
  }
  override async unknownTransaction(ctx: Traced): Promise<void> {
    await ctx.stub.putState('hooks.unknown', Buffer.from(ctx.stub.getFunctionAndParameters().fcn));
  }
  async act(ctx: Traced): Promise<string> {
    await Promise.resolve();
    return ctx.trace.join(' ');
  }
  async fail(): Promise<never> {
    await Promise.resolve();
    throw new Error('refused by the contract');
  }
  async ownName(): Promise<string> {
    await Promise.resolve();
    return this.getName();
  }
  async asBuffer(): Promise<Buffer> {
    await Promise.resolve();
    return Buffer.from('00ff80', 'hex');
  }
  async asObject(): Promise<object> {
    await Promise.resolve();
    return { b: 1, a: [true, null, 'ü'] };
  }
  async asNothing(): Promise<void> {
    await Promise.resolve();
  }
}
