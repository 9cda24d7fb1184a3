import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { FollowView, RefusalView, RequestInput, RoleStation, SessionView, SightView } from '../../../src/api.js';
import { post, readEvents, refusalOf } from '../api-client.js';
import { useIsNarrow } from '../hooks.js';
import { joinCalls, waysOf } from '../parts/calls.js';
import { beginFollowed, withEvent, type Followed } from '../parts/followed.js';
import { GROUP_TITLES } from '../parts/groups.js';
import { Picture, type DrawnGroup } from '../parts/picture.js';
import type { GroupId } from '../parts/picture-layout.js';
import { RefusalNote } from '../parts/refusal-note.js';
import { RequestForm } from '../parts/request-form.js';
import { Waterfall } from '../parts/waterfall.js';

const GROUPS: readonly GroupId[] = ['client', 'key-broker', 'compute', 'business', 'endorser', 'ordering'];

export function FollowPage({ session }: { readonly session: SessionView }): JSX.Element {
  const [followed, setFollowed] = useState<Followed>();
  const [refusal, setRefusal] = useState<RefusalView>();
  const [isBusy, setIsBusy] = useState(false);
  const reading = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => { reading.current?.abort(); }, []);

  const send = (input: RequestInput): void => {
    reading.current?.abort();
    const stop = new AbortController();
    reading.current = stop;
    setIsBusy(true);
    setRefusal(undefined);
    setFollowed(undefined);
    const follow = async (): Promise<void> => {
      const { id } = await post<FollowView>('requests', input);
      setFollowed(beginFollowed(id));
      await readEvents(id, stop.signal, (event) => {
        setFollowed((before) => (before === undefined ? before : withEvent(before, event)));
        if (event.type === 'ended') setIsBusy(false);
      });
    };
    follow().catch((error: unknown) => {
      if (!stop.signal.aborted) setRefusal(refusalOf(error));
    }).finally(() => {
      if (reading.current === stop) setIsBusy(false);
    });
  };

  return (
    <>
      <h1>Follow a request</h1>
      <RequestForm session={session} isBusy={isBusy} onSend={send} />
      {refusal !== undefined && <RefusalNote refusal={refusal} />}
      {followed !== undefined && <FollowedRequest followed={followed} session={session} />}
    </>
  );
}

function FollowedRequest({ followed, session }: { readonly followed: Followed; readonly session: SessionView }): JSX.Element {
  const isNarrow = useIsNarrow(760);
  const calls = joinCalls(followed.hops);
  return (
    <div class="followed" aria-busy={followed.ms === undefined}>
      <Outcome followed={followed} />
      <Picture title="The path of the request: the ways that it has gone so far are drawn strong; the tables below say the same." isNarrow={isNarrow} groups={drawGroups(followed, session)} used={waysOf(followed.hops)} />
      <section>
        <h2>Hops</h2>
        {calls.length === 0 ? <p class="quiet">None has been told yet.</p> : <Waterfall calls={calls} totalMs={followed.ms ?? 0} />}
      </section>
      <section>
        <h2>What each role could see</h2>
        <ul class="sights">{followed.sights.map((sight) => <Sight key={`${sight.station}-${sight.saw}`} sight={sight} />)}</ul>
      </section>
      {followed.writes.length > 0 && <Writes followed={followed} />}
      {followed.wires.length > 0 && <Wires followed={followed} />}
    </div>
  );
}

function Outcome({ followed: { refusal, result, transactionId, ms } }: { readonly followed: Followed }): JSX.Element {
  return (
    <section aria-live="polite">
      <h2>{ms === undefined ? 'Under way …' : refusal === undefined ? `Done in ${ms.toFixed(0)} ms` : `Refused after ${ms.toFixed(0)} ms`}</h2>
      <p class="quiet">Transaction <span class="mono">{transactionId}</span></p>
      {refusal !== undefined && <RefusalNote refusal={refusal} />}
      {result !== undefined && (
        <>
          {result.block !== undefined && <p><strong class="code ok">{result.validationCode}</strong> in block {result.block}</p>}
          {result.text === '' ? <p class="quiet">The function returned nothing.</p> : <><p class="quiet">Result, opened with your own transaction key{result.isText ? '' : ' (not text: base64)'}:</p><pre class="value" tabIndex={0}>{result.text}</pre></>}
        </>
      )}
    </section>
  );
}

function drawGroups({ hops }: Followed, session: SessionView): DrawnGroup[] {
  return GROUPS.map((id) => {
    const nodes = [...new Set(hops.filter(({ to, side }) => to === id && side === 'server').map(({ node }) => node))].sort();
    const shown = id === 'client' ? [session.commonName] : nodes;
    const spent = hops.filter(({ to, side }) => to === id && side === 'server').reduce((sum, { durationMs }) => sum + durationMs, 0);
    const rows = 2;
    return {
      id,
      title: GROUP_TITLES[id],
      contentHeight: rows * 20 + 6,
      draw: () => (
        <>
          <text class="node-line" x="14" y="16">{shown.length === 0 ? 'not asked yet' : fit(shown.join(', '))}</text>
          <text class="node-line strong" x="14" y="38">{id === 'client' ? 'sends, opens the result' : nodes.length === 0 ? '' : `${String(hops.filter(({ to, side }) => to === id && side === 'server').length)} calls, ${spent.toFixed(1)} ms`}</text>
        </>
      ),
    };
  });
}

const fit = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

const STATIONS: Readonly<Record<RoleStation, string>> = { client: 'Client', 'key-broker': 'Key broker', compute: 'Host of a compute node', business: 'Business node', endorser: 'Endorser', ordering: 'Ordering' };

function Sight({ sight: { station, saw, sample, bytes, hidden } }: { readonly sight: SightView }): JSX.Element {
  return (
    <li class="sight">
      <h3>{STATIONS[station]}</h3>
      <p>saw {saw}</p>
      {sample !== undefined && <p><code class="sample">{sample.replace(/(.{8})/g, '$1 ').trim()} …</code>{bytes === undefined ? '' : <span class="quiet"> {bytes} bytes</span>}</p>}
      <p class="hidden-note">{hidden}</p>
    </li>
  );
}

function Writes({ followed: { writes } }: { readonly followed: Followed }): JSX.Element {
  return (
    <section>
      <h2>Packets written</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Packets, table">
        <table>
          <thead><tr><th scope="col">Contract</th><th scope="col">Collection</th><th scope="col">Effect</th><th scope="col">Ledger key</th><th scope="col">Packet hash</th><th scope="col" class="number">Packet</th></tr></thead>
          <tbody>{writes.map(({ contract, collection, effect, ledgerKey, packetHash, packetBytes }) => <tr key={ledgerKey}><th scope="row">{contract}</th><td>{collection === '' ? 'world state' : collection}</td><td>{effect}</td><td class="mono">{ledgerKey.slice(0, 16)}…</td><td class="mono">{packetHash === undefined ? '' : `${packetHash.slice(0, 16)}…`}</td><td class="number">{packetBytes === undefined ? '' : `${String(packetBytes)} B`}</td></tr>)}</tbody>
        </table>
      </div>
    </section>
  );
}

function Wires({ followed: { wires } }: { readonly followed: Followed }): JSX.Element {
  return (
    <section>
      <h2>Bytes between you and the network</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Bytes on the wire, table">
        <table>
          <thead><tr><th scope="col">Hop</th><th scope="col">Peer</th><th scope="col" class="number">Sent</th><th scope="col" class="number">Received</th><th scope="col" class="number">Time</th><th scope="col">Ended</th></tr></thead>
          <tbody>{wires.map(({ hop, peer, sentBytes, receivedBytes, ms, code }, i) => <tr key={String(i)}><th scope="row">{hop}</th><td>{peer}</td><td class="number">{sentBytes} B</td><td class="number">{receivedBytes} B</td><td class="number">{ms.toFixed(1)} ms</td><td class="code">{code}</td></tr>)}</tbody>
        </table>
      </div>
    </section>
  );
}
