import { Context, Contract, Info, Returns, Transaction } from 'fabric-contract-api';

/** What stands in the world state. */
interface Asset {
  readonly id: string;
  readonly colour: string;
  /** MSP id of the organisation that it belongs to. */
  readonly owner: string;
}

@Info({ title: 'Assets', description: 'Assets, whose they are, and what an owner thinks that they are worth' })
export class AssetContract extends Contract {
  constructor() {
    super('AssetContract');
  }

  /** Registers an asset of the caller's organisation. */
  @Transaction()
  async create(ctx: Context, id: string, colour: string): Promise<void> {
    if ((await ctx.stub.getState(id)).length > 0) throw new Error(`asset ${id} exists already`);
    await putAsset(ctx, { id, colour, owner: ctx.clientIdentity.getMSPID() });
    ctx.stub.setEvent('Created', Buffer.from(id));
  }

  /** An asset, as JSON. */
  @Transaction(false)
  @Returns('string')
  async read(ctx: Context, id: string): Promise<string> {
    return JSON.stringify(await readAsset(ctx, id));
  }

  /** Notes what an asset is worth: the transient field `value`. The collection's members see it, and nobody else. */
  @Transaction()
  async appraise(ctx: Context, id: string): Promise<void> {
    await readAsset(ctx, id);
    await ctx.stub.putPrivateData('appraisals', id, transientField(ctx, 'value'));
  }

  /** What an asset is worth. */
  @Transaction(false)
  @Returns('string')
  async appraisal(ctx: Context, id: string): Promise<string> {
    return Buffer.from(await ctx.stub.getPrivateData('appraisals', id)).toString();
  }

  // Your functions go here.
}

async function readAsset(ctx: Context, id: string): Promise<Asset> {
  const bytes = await ctx.stub.getState(id);
  if (bytes.length === 0) throw new Error(`there is no asset ${id}`);
  return JSON.parse(Buffer.from(bytes).toString()) as Asset;
}

async function putAsset(ctx: Context, asset: Asset): Promise<void> {
  await ctx.stub.putState(asset.id, Buffer.from(JSON.stringify(asset)));
}

function transientField(ctx: Context, name: string): Uint8Array {
  const value = ctx.stub.getTransient().get(name);
  if (value === undefined) throw new Error(`the transient field ${name} is missing`);
  return value;
}
