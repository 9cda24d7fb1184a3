import type { JSX } from 'preact';
import type { EvidenceView, NetworkView, NodeView, SessionView } from '../../../src/api.js';
import { useIsNarrow, usePolled } from '../hooks.js';
import { GROUP_TITLES, groupNodes } from '../parts/groups.js';
import { Picture, type DrawnGroup } from '../parts/picture.js';
import type { GroupId } from '../parts/picture-layout.js';
import { RefusalNote } from '../parts/refusal-note.js';

const PAUSE_MS = 4_000;
const [NODE_GAP, MARGIN] = [8, 12];
/** By the number of lines below its name. */
const nodeHeight = (lines: number): number => 32 + lines * 19;
const GROUPS: readonly GroupId[] = ['client', 'key-broker', 'compute', 'business', 'endorser', 'ordering'];

export function NetworkPage({ session }: { readonly session: SessionView }): JSX.Element {
  const { value, refusal } = usePolled<NetworkView>('network', PAUSE_MS);
  const isNarrow = useIsNarrow(760);
  return (
    <>
      <h1>Network</h1>
      {refusal !== undefined && <RefusalNote refusal={refusal} />}
      {value === undefined ? <p class="quiet" role="status">Looking at every process …</p> : (
        <>
          <Summary network={value} />
          <Picture title={`${String(value.nodes.length)} processes in six groups: client, key broker, compute nodes, business nodes, endorsers, ordering. The table below says the same.`} isNarrow={isNarrow} groups={drawGroups(value.nodes, session)} />
          <Findings network={value} />
          <NodeTable nodes={value.nodes} />
        </>
      )}
    </>
  );
}

function Summary({ network: { nodes, findings } }: { readonly network: NetworkView }): JSX.Element {
  const ready = nodes.filter(({ state }) => state === 'ready').length;
  const heights = nodes.flatMap(({ height }) => (height === undefined ? [] : [Number(height)]));
  const faults = findings.filter(({ severity }) => severity === 'error').length;
  return (
    <dl class="figures">
      <div><dt>Processes ready</dt><dd>{ready} of {nodes.length}</dd></div>
      <div><dt>Ledger height</dt><dd>{heights.length === 0 ? 'unknown' : Math.max(...heights)}</dd></div>
      <div><dt>Furthest behind</dt><dd>{heights.length === 0 ? 'unknown' : `${String(Math.max(...heights) - Math.min(...heights))} blocks`}</dd></div>
      <div><dt>Faults</dt><dd class={faults === 0 ? '' : 'bad'}>{faults}</dd></div>
    </dl>
  );
}

/** What is drawn of a node. */
interface DrawnNodeProps {
  readonly name: string;
  readonly lines: readonly string[];
  readonly state: NodeView['state'];
}

function drawGroups(nodes: readonly NodeView[], session: SessionView): DrawnGroup[] {
  const grouped = groupNodes(nodes);
  return GROUPS.map((id) => {
    const own: DrawnNodeProps[] = id === 'client' ? [{ name: session.commonName, lines: [`you, of ${session.mspId}`], state: 'ready' }] : (grouped.get(id) ?? []).map((node) => ({ name: node.name, lines: linesOf(node), state: node.state }));
    const tops = own.map((_node, i) => own.slice(0, i).reduce((y, { lines }) => y + nodeHeight(lines.length) + NODE_GAP, 0));
    const contentHeight = own.reduce((y, { lines }) => y + nodeHeight(lines.length) + NODE_GAP, 0) - NODE_GAP;
    return { id, title: GROUP_TITLES[id], contentHeight: Math.max(contentHeight, 0), draw: (width) => own.map((node, i) => <DrawnNode key={node.name} width={width} y={tops[i] ?? 0} {...node} />) };
  });
}

function linesOf({ height, teeType, reason, evidence, mspId }: NodeView): string[] {
  if (reason !== '') return [fit(reason)];
  const first = [height === undefined ? '' : `height ${height}`, teeType === undefined ? '' : `${teeType} TEE`].filter((part) => part !== '').join(' · ');
  return [first === '' ? mspId : first, ...(evidence === undefined ? [] : [fit(EVIDENCE[evidence.verdict])])];
}

const EVIDENCE: Readonly<Record<EvidenceView['verdict'], string>> = { verified: 'evidence verified here', accepted: 'evidence accepted by the broker', refused: 'evidence refused', unknown: 'evidence not seen' };
const fit = (text: string): string => (text.length > 36 ? `${text.slice(0, 35)}…` : text);

const MARKS: Readonly<Record<NodeView['state'], string>> = { ready: '✓', 'not ready': '!', unreachable: '✕' };

function DrawnNode({ width, y, name, lines, state }: DrawnNodeProps & { readonly width: number; readonly y: number }): JSX.Element {
  return (
    <g transform={`translate(${String(MARGIN)} ${String(y)})`}>
      <rect class={`node ${state.replace(' ', '-')}`} x="0.5" y="0.5" width={width - 2 * MARGIN - 1} height={nodeHeight(lines.length) - 1} rx="7" />
      <text class="node-name" x="12" y="22">{name.length > 30 ? `${name.slice(0, 29)}…` : name}</text>
      <text class={`mark ${state.replace(' ', '-')}`} x={width - 2 * MARGIN - 14} y="22" text-anchor="end">{MARKS[state]} {state}</text>
      {lines.map((line, i) => <text key={line} class="node-line" x="12" y={41 + i * 19}>{line}</text>)}
    </g>
  );
}

function Findings({ network: { findings, unchecked } }: { readonly network: NetworkView }): JSX.Element {
  return (
    <section>
      <h2>What to mend</h2>
      {findings.length === 0 ? <p>Nothing: "selvedge doctor" finds no fault.</p> : (
        <ul class="findings">
          {findings.map(({ code, severity, subject, text, action }) => <li key={`${code}-${subject}-${text}`} class={severity}><strong class="code">{code}</strong> at {subject}: {text}<br /><span class="quiet">What to do:</span> {action}</li>)}
        </ul>
      )}
      {unchecked.length > 0 && <p class="quiet">Not looked at: {unchecked.join('; ')}</p>}
    </section>
  );
}

function NodeTable({ nodes }: { readonly nodes: readonly NodeView[] }): JSX.Element {
  return (
    <section>
      <h2>Processes</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Processes, table">
        <table>
          <thead><tr><th scope="col">Process</th><th scope="col">Organisation</th><th scope="col">Address</th><th scope="col">State</th><th scope="col" class="number">Height</th><th scope="col">TEE</th><th scope="col">Evidence</th><th scope="col">Key epochs</th></tr></thead>
          <tbody>
            {nodes.map(({ name, mspId, address, state, reason, height, teeType, evidence, epochs }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{mspId}</td>
                <td class="mono address">{address}</td>
                <td><span class={`state ${state.replace(' ', '-')}`}>{MARKS[state]} {state}</span>{reason === '' ? '' : ` ${reason}`}</td>
                <td class="number">{height ?? ''}</td>
                <td>{teeType === undefined ? '' : teeType === 'simulated' ? <span class="tag">simulated</span> : teeType}</td>
                <td>{evidence === undefined ? '' : <span class={evidence.verdict === 'refused' ? 'bad' : ''}>{evidence.text}</span>}</td>
                <td>{Object.entries(epochs).map(([contract, epoch]) => `${contract === '@channel' ? 'envelope' : contract} ${String(epoch)}`).join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="quiet">Heights, TEE types and epochs are what nodes say of themselves. “Accepted” is a node’s word about the key broker; “verified” was checked here. Endorsers check certificates themselves.</p>
    </section>
  );
}
