import type { ComponentChildren, JSX } from 'preact';
import { layoutPicture, TITLE_HEIGHT, type GroupId, type PictureGroup } from './picture-layout.js';

/** What the picture shows of one role. */
export interface DrawnGroup extends PictureGroup {
  /** Drawn with its origin at the group's left edge, below its title. @param width of the group */
  readonly draw: (width: number) => ComponentChildren;
}

interface PictureProps {
  /** What the picture says, for those who do not see it. */
  readonly title: string;
  readonly groups: readonly DrawnGroup[];
  readonly isNarrow: boolean;
  /** Ways that something has gone, as from→to; undefined: nothing is followed. */
  readonly used?: ReadonlySet<string> | undefined;
}

/** The roles of a network and the ways between them. */
export function Picture({ title, groups, isNarrow, used }: PictureProps): JSX.Element {
  const { width, height, boxes, edges } = layoutPicture(groups, isNarrow);
  const isUsed = (from: GroupId, to: GroupId): boolean => used !== undefined && (used.has(`${from}→${to}`) || used.has(`${to}→${from}`));
  return (
    <svg class="picture" viewBox={`0 0 ${String(width)} ${String(height)}`} role="img" aria-label={title} style={{ maxWidth: `${String(width)}px` }}>
      {edges.map(({ from, to, path }) => <path key={`${from}-${to}`} d={path} class={isUsed(from, to) ? 'edge used' : 'edge'} />)}
      {edges.map(({ from, to, label, labelX, labelY }) => (label === '' ? null : <text key={`${from}-${to}`} x={labelX} y={labelY} class="edge-label" text-anchor="middle">{label}</text>))}
      {groups.map(({ id, title: name, draw }) => {
        const box = boxes.get(id);
        if (box === undefined) return null;
        const isLit = used !== undefined && edges.some(({ from, to }) => (from === id || to === id) && isUsed(from, to));
        return (
          <g key={id} transform={`translate(${String(box.x)} ${String(box.y)})`}>
            <rect class={isLit ? 'group lit' : 'group'} x="0.5" y="0.5" width={box.width - 1} height={box.height - 1} rx="10" />
            <text class="group-title" x="14" y="22">{name}</text>
            <g transform={`translate(0 ${String(TITLE_HEIGHT)})`}>{draw(box.width)}</g>
          </g>
        );
      })}
    </svg>
  );
}
