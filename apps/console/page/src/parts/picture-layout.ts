/** Where things stand in the picture of a network; units of the SVG, which are pixels at full size. */

export type GroupId = 'client' | 'key-broker' | 'compute' | 'business' | 'endorser' | 'ordering';

/** A role with its nodes. */
export interface PictureGroup {
  readonly id: GroupId;
  readonly title: string;
  /** Height of what stands in it, below its title. */
  readonly contentHeight: number;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A way between two roles. */
export interface PictureEdge {
  readonly from: GroupId;
  readonly to: GroupId;
  readonly path: string;
  readonly label: string;
  readonly labelX: number;
  readonly labelY: number;
}

export interface PictureLayout {
  readonly width: number;
  readonly height: number;
  readonly boxes: ReadonlyMap<GroupId, Box>;
  readonly edges: readonly PictureEdge[];
}

export const TITLE_HEIGHT = 34;
const PADDING_BELOW = 12;
const [WIDE, COLUMN, GAP_X, GAP_Y] = [1160, 300, 130, 74];
const [NARROW, NARROW_GAP] = [350, 34];

/** Two rows, as the README has them: whoever holds keys above, whoever sees hashes below. */
const ROWS: readonly (readonly GroupId[])[] = [['key-broker', 'compute', 'business'], ['client', 'endorser', 'ordering']];
/** One below the other, in the order in which a request meets them. */
const STACK: readonly GroupId[] = ['client', 'key-broker', 'compute', 'business', 'endorser', 'ordering'];
/** For the arc below the boxes. */
const ARC = 46;

export function layoutPicture(groups: readonly PictureGroup[], isNarrow: boolean): PictureLayout {
  return isNarrow ? stacked(groups) : inRows(groups);
}

function inRows(groups: readonly PictureGroup[]): PictureLayout {
  const boxes = new Map<GroupId, Box>();
  let y = 4;
  for (const row of ROWS) {
    const height = Math.max(...row.map((id) => heightOf(groups, id)));
    for (const [column, id] of row.entries()) boxes.set(id, { x: column * (COLUMN + GAP_X), y, width: COLUMN, height: heightOf(groups, id) });
    y += height + GAP_Y;
  }
  const height = y - GAP_Y + ARC;
  return { width: WIDE, height, boxes, edges: edgesInRows(boxes, height) };
}

function edgesInRows(boxes: ReadonlyMap<GroupId, Box>, height: number): PictureEdge[] {
  const box = (id: GroupId): Box => boxes.get(id) ?? { x: 0, y: 0, width: 0, height: 0 };
  const across = (from: GroupId, to: GroupId, label: string): PictureEdge => {
    const [a, b] = [box(from), box(to)];
    const y = a.y + Math.min(a.height, b.height) / 2;
    return { from, to, path: `M${String(a.x + a.width)} ${String(y)} H${String(b.x)}`, label, labelX: (a.x + a.width + b.x) / 2, labelY: y - 10 };
  };
  const [client, compute, business, endorser, ordering] = [box('client'), box('compute'), box('business'), box('endorser'), box('ordering')];
  const between = client.y - GAP_Y / 2;
  const [up, right] = [client.x + client.width * 0.72, compute.x + compute.width * 0.28];
  return [
    across('key-broker', 'compute', '0 · keys'),
    across('compute', 'business', '2, 3 · state'),
    across('client', 'endorser', '5, 6 · hashes'),
    { from: 'client', to: 'compute', path: `M${String(up)} ${String(client.y)} V${String(between)} H${String(right)} V${String(compute.y + compute.height)}`, label: '1, 4 · sealed request, target data', labelX: (up + right) / 2, labelY: between - 9 },
    { from: 'ordering', to: 'business', path: `M${String(ordering.x + ordering.width / 2)} ${String(ordering.y)} V${String(business.y + business.height)}`, label: '8 · blocks', labelX: ordering.x + ordering.width / 2 + 44, labelY: between + 4 },
    {
      from: 'client', to: 'ordering',
      path: `M${String(client.x + client.width / 2)} ${String(client.y + client.height)} V${String(height - 14)} H${String(ordering.x + ordering.width / 2)} V${String(ordering.y + ordering.height)}`,
      label: '7 · endorsed transaction', labelX: endorser.x + endorser.width / 2, labelY: height - 21,
    },
  ];
}

function stacked(groups: readonly PictureGroup[]): PictureLayout {
  const boxes = new Map<GroupId, Box>();
  const edges: PictureEdge[] = [];
  let y = 2;
  STACK.forEach((id, i) => {
    const height = heightOf(groups, id);
    boxes.set(id, { x: 0, y, width: NARROW, height });
    const next = STACK[i + 1];
    const bottom = y + height;
    if (next !== undefined) edges.push({ from: id, to: next, path: `M${String(NARROW / 2)} ${String(bottom)} V${String(bottom + NARROW_GAP)}`, label: '', labelX: 0, labelY: 0 });
    y = bottom + NARROW_GAP;
  });
  return { width: NARROW, height: y - NARROW_GAP + 2, boxes, edges };
}

function heightOf(groups: readonly PictureGroup[], id: GroupId): number {
  return TITLE_HEIGHT + (groups.find((group) => group.id === id)?.contentHeight ?? 0) + PADDING_BELOW;
}
