import { useEffect, useState } from 'preact/hooks';
import type { RefusalView } from '../../src/api.js';
import { get, refusalOf } from './api-client.js';

/** What a page reads of the server, again and again. */
export interface Polled<T> {
  readonly value: T | undefined;
  readonly refusal: RefusalView | undefined;
}

/** Reads a path now and then again after each pause, while the tab is seen. */
export function usePolled<T>(path: string, pauseMs: number): Polled<T> {
  const [value, setValue] = useState<T>();
  const [refusal, setRefusal] = useState<RefusalView>();
  useEffect(() => {
    let isOver = false;
    let timer: number | undefined;
    const read = async (): Promise<void> => {
      if (document.visibilityState === 'visible') {
        try {
          const read = await get<T>(path);
          if (isOver) return;
          setValue(read);
          setRefusal(undefined);
        } catch (error) {
          if (isOver) return;
          setRefusal(refusalOf(error));
        }
      }
      timer = window.setTimeout(() => void read(), pauseMs);
    };
    void read();
    return () => {
      isOver = true;
      window.clearTimeout(timer);
    };
  }, [path, pauseMs]);
  return { value, refusal };
}

/** Whether the window is narrower than so many pixels. */
export function useIsNarrow(belowPx: number): boolean {
  const query = `(max-width: ${String(belowPx - 1)}px)`;
  const [isNarrow, setIsNarrow] = useState(() => window.matchMedia(query).matches);
  useEffect(() => {
    const list = window.matchMedia(query);
    const onChange = (): void => { setIsNarrow(list.matches); };
    list.addEventListener('change', onChange);
    return () => { list.removeEventListener('change', onChange); };
  }, [query]);
  return isNarrow;
}

/** The page that the address names, behind its #. */
export function useRoute(): string {
  const [route, setRoute] = useState(() => window.location.hash);
  useEffect(() => {
    const onChange = (): void => { setRoute(window.location.hash); };
    window.addEventListener('hashchange', onChange);
    return () => { window.removeEventListener('hashchange', onChange); };
  }, []);
  return route;
}
